// Rows as one statement for PostgreSQL: "INSERT ... SELECT * FROM unnest($1::bigint[], ...)", a
// binary array for each column. The text of the statement does not depend on how many rows there
// are, so that it stays prepared. No threads, no failure; costs a copy of the values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/store/bulk.h"

namespace rondo::store {

struct Unnested {
    std::string sql;
    std::vector<std::string> arrays;  // what args point to
    std::vector<Arg> args;
};
// Nothing when a column tells no single type: only nulls, or values of two types. One row needs no
// array: it comes as VALUES.
std::optional<Unnested> unnested(std::string_view head, const Rows& rows, std::string_view tail);

}  // namespace rondo::store
