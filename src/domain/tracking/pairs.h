// Narrow tables of (owner, key, value): tags and params of everything.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "platform/store/bulk.h"

namespace rondo::tracking {

// Appends the pairs of all owners, each to what list_of(owner) returns, in order of their keys.
// `table` and `owner` are SQL of our own.
template <class ListOf>
Status load_pairs(store::Tx& tx, std::string_view table, std::string_view owner,
                  std::span<const store::Arg> ids, ListOf list_of) {
    const std::string column(owner);
    return store::each_of(
        tx,
        "SELECT " + column + ", key, value FROM " + std::string(table) + " WHERE " + column +
            " IN ",
        ids, " ORDER BY " + column + ", key", [&](const store::Row& row) {
            list_of(row.integer(0)).push_back({row.get<std::string>(1), row.get<std::string>(2)});
            return true;
        });
}

}  // namespace rondo::tracking
