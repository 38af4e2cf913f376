// Kolmogorov and Smirnov's test of two samples: the largest distance of their empirical
// distributions. Sensitive to any difference, most in the middle of the distribution.
#pragma once

#include "domain/stats/sample.h"
#include "domain/stats/test_result.h"

namespace rondo::stats {

enum class KsMethod {
    automatic,   // exact while both samples have at most kKsExactLimit values, as scipy
    exact,       // counts the paths; refused beyond kKsExactCells
    asymptotic,  // Kolmogorov's distribution for round(n m / (n + m)) values
};

inline constexpr size_t kKsExactLimit = 10000;
inline constexpr size_t kKsExactCells = 400'000'000;  // n times m: about 0.3 s

struct KsResult : TestResult {
    double location = std::numeric_limits<double>::quiet_NaN();  // the value at which the distance
                                                                 // was found first
    int sign = 1;  // 1: x's distribution function is above y's there
};

// Null: x and y come from one continuous distribution (with ties the test is conservative).
// greater: x's distribution function lies above y's (x tends to be smaller); less: below.
// Statistic: sup |F_x - F_y|, or the one-sided supremum, in [0, 1]. p: exact by the probability
// that a random path leaves the band (Hodges 1958), computed without cancellation, in O(n m);
// else Simard and L'Ecuyer 2011, one-sided by Hodges' approximation 5.3.
// Infinite values are ordered as numbers. Fails on an empty sample.
Result<KsResult> ks_2samp(const Sample& x, const Sample& y,
                          Alternative alternative = Alternative::two_sided,
                          KsMethod method = KsMethod::automatic);

}  // namespace rondo::stats
