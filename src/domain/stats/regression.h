// How good predicted numbers are. Semantics are scikit-learn's; all in one pass except the median.
#pragma once

#include <span>

#include "base/result.h"

namespace rondo::stats {

struct RegressionScores {
    size_t rows = 0;
    double mean_absolute_error = 0;       // in the unit of the target
    double mean_squared_error = 0;        // in its square
    double root_mean_squared_error = 0;   // in the unit of the target
    double mean_absolute_percentage = 0;  // of |error| / max(|truth|, 2^-52); 1 is 100 %
    double median_absolute_error = 0;     // in the unit of the target
    double max_error = 0;
    double mean_error = 0;  // bias: prediction - truth
    // 1 - sum of squares / sum of squares around the mean of the truth. For a constant truth 1
    // when all is right and 0 else; NaN for one row.
    double r2 = 0;
    double explained_variance = 0;  // as r2 with the bias taken out
};

// Fails on unlike lengths, no rows, a value that is NaN or infinite, and weights that
// need_weights() refuses; without weights each row has a weight of 1. A weight of 0 does not take a
// row out of max_error. O(n), with weights O(n log n).
Result<RegressionScores> regression_scores(std::span<const double> truth,
                                           std::span<const double> predictions,
                                           std::span<const double> weights = {});

// The pinball loss of a predicted `quantile` in [0, 1]: mean of q (y - f) where y >= f, else
// (1 - q) (f - y). In the unit of the target.
Result<double> quantile_loss(std::span<const double> truth, std::span<const double> predictions,
                             double quantile, std::span<const double> weights = {});

}  // namespace rondo::stats
