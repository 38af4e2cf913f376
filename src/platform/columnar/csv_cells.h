// What a cell of a CSV file is: nothing, a truth value, a number, a point in time, or text.
#pragma once

#include <cstdint>
#include <string_view>

#include "platform/columnar/table.h"

namespace rondo::columnar {

// What pandas takes as missing by default: empty, NA, N/A, NaN, null, None and their like.
bool is_missing(std::string_view cell);

// The value in the sense of Column::numbers; false when the cell is none of this type. Integers of
// more than 18 digits are numbers. Times are ISO 8601: 2026-11-28, 2026-11-28T10:20:30.25+01:00.
bool parse_cell(std::string_view cell, Type type, double& value);

// The smallest type that holds a cell.
Type type_of_cell(std::string_view cell);
// The smallest type that holds both.
Type joined(Type a, Type b);

}  // namespace rondo::columnar
