// Sorting of a few numbers in an unpredictable order: what a comparison decides is moved, never
// jumped over, so no guess of the processor can be wrong. Several times as quick as std::sort at
// the sizes that sketches have, and no quicker on what is in order already.
#pragma once

#include <span>

namespace rondo::stats {

// Ascending; equal numbers, 0 and -0 too, in any order. No NaN. Allocates beyond 256 numbers.
void sort_without_branches(std::span<double> values);

}  // namespace rondo::stats
