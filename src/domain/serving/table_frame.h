// Rows of a CSV table as a frame.
#pragma once

#include <span>

#include "domain/data/table.h"
#include "domain/serving/frame.h"

namespace rondo::serving {

// Names a column that is missing or a cell that does not fit its type.
Result<Frame> frame_of(const data::Table& table, std::span<const size_t> rows,
                       const Schema& schema);

}  // namespace rondo::serving
