// Intervals for a fixed number of values.
#pragma once

#include <cstdint>
#include <span>

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

}  // namespace rondo::stats
