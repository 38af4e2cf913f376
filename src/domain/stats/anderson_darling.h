// The k-sample test of Anderson and Darling: distances of the empirical distributions weighted so
// that the tails count as much as the middle.
#pragma once

#include <span>

#include "domain/stats/sample.h"
#include "domain/stats/test_result.h"

namespace rondo::stats {

enum class AndersonVariant {
    midrank,  // scipy's default, for ties
    right,    // right-continuous distribution functions
};

// Null: all samples come from one distribution. Statistic: A^2_kN standardised by its mean and
// variance under the null (Scholz and Stephens 1987, equations 6, 7 and 4). p: interpolated
// between their tabled points by a parabola through the logarithms, and capped to [0.001, 0.25]:
// the table says no more. O(N log N) over all N values.
// Fails with fewer than 2 samples, an empty sample, fewer than 4 values, or one distinct value.
Result<TestResult> anderson_ksamp(std::span<const Sample> samples,
                                  AndersonVariant variant = AndersonVariant::midrank);

}  // namespace rondo::stats
