// Where a point stands in its series, as bytes whose order is the order of the points: the key of a
// chunk on both engines, without a word about how an engine compares numbers.
#pragma once

#include <string>

#include "domain/series/model.h"

namespace rondo::series {

inline constexpr size_t kPlaceBytes = 25;

// Big-endian timestamp, step and value, each mapped so that less is less, and the mark of NaN.
std::string place_of(const Point& point);

}  // namespace rondo::series
