// Evidently's permutation test of the total variation distance, with its very permutations: numpy's
// legacy generator with seed 0 shuffles both sides together, 1,000 times.
#pragma once

#include <span>

#include "base/result.h"

namespace rondo::drift {

// Both sides together; a test of so many takes about a minute.
inline constexpr size_t kMostPermuted = 5'000'000;

// The share of shuffles whose distance is at least the observed one. Distances are compared as
// whole numbers, so that equal ones are equal. Values in the file's order.
Result<double> total_variation_p(std::span<const double> reference,
                                 std::span<const double> current);

}  // namespace rondo::drift
