// The maximum mean discrepancy of two samples with a Gaussian kernel, and its permutation test:
// any difference between distributions, at quadratic cost.
#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"
#include "domain/stats/test_result.h"

namespace rondo::stats {

inline constexpr size_t kMmdRows = 10000;  // of both samples: about 2 s with 100 permutations
inline constexpr size_t kMaxPermutations = 1000;

struct MmdOptions {
    double bandwidth = 0;  // sigma of exp(-d^2 / (2 sigma^2)); 0: the median heuristic
    size_t permutations = 100;
    uint64_t seed = 0;  // of the permutations: the same seed gives the same p
};

struct MmdResult : TestResult {
    double bandwidth = 0;
    // The share of permutations with a statistic at least as large, as Evidently reports it. It
    // can be 0, which no test should claim; p_value counts the observed one among them.
    double share = 0;
};

// Null: x and y come from one distribution. Statistic: the unbiased squared discrepancy (Gretton
// et al. 2012, lemma 6) of one column of numbers; may be negative. Median heuristic: sigma^2 is
// half the median of the squared distances within x (each value with each, itself too), 1/2 when
// that is 0, as Evidently 0.7. O((n + m)^2 permutations). NaN for a NaN or an infinity.
// Fails with fewer than 2 values in a sample, or more than kMmdRows in both (draw a random part).
Result<MmdResult> mmd_2samp(std::span<const double> x, std::span<const double> y,
                            const MmdOptions& options = {});

}  // namespace rondo::stats
