// Intervals for a fixed number of values.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "base/result.h"

namespace rondo::stats {

struct MeanEstimate {
    int64_t count = 0;
    double mean = 0;
    double standard_error = 0;  // of the mean; 0 for fewer than two values
    // One-sided lower limit: mean - t(confidence, count - 1) * standard_error (Student 1908).
    double lower = 0;
};

// Student's t-limit of the mean of independent values. Fewer than two values have no limit:
// lower is then minus infinity.
MeanEstimate mean_with_limit(std::span<const double> values, double confidence);

struct Bounds {
    double lower = 0, upper = 0;
};

// Two-sided intervals of a proportion that cover with probability `confidence`: Wilson's score
// interval (1927), right on average; and Clopper and Pearson's (1934), right at least. Fail without
// trials, with more successes than trials, or a confidence outside (0, 1).
Result<Bounds> wilson_interval(double successes, double trials, double confidence);
Result<Bounds> clopper_pearson_interval(double successes, double trials, double confidence);

inline constexpr size_t kMaxResamples = 100000;

// The percentile bootstrap (Efron 1979) of any metric of rows: `metric` gets the numbers of the
// rows drawn, as many as there are, with repetition. Reproducible by the seed. Resamples whose
// metric is NaN do not count. Costs `resamples` calls. Fails on no rows, a confidence outside
// (0, 1), fewer than 20 resamples or more than kMaxResamples, or when half of them count for
// nothing.
Result<Bounds> bootstrap_interval(size_t rows,
                                  const std::function<double(std::span<const uint32_t>)>& metric,
                                  double confidence, size_t resamples, uint64_t seed);

}  // namespace rondo::stats
