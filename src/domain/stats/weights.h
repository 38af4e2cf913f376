// Weights of rows, with the semantics of scikit-learn's sample_weight: a row of weight 2 counts as
// two rows, one of weight 0 not at all, and only the proportions matter to a mean.
#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"

namespace rondo::stats {

// Fails unless there is one weight for each row, all of them finite and at least 0, and their sum
// is a finite number above 0.
Status need_weights(std::span<const double> weights, size_t rows);

// Where no weights are a weight of 1 each: nothing to check.
inline Status need_weights_if_any(std::span<const double> weights, size_t rows) {
    return weights.empty() ? ok() : need_weights(weights, rows);
}
inline double weight_at(std::span<const double> weights, size_t row) {
    return weights.empty() ? 1 : weights[row];
}

// The value at which half of the weight is reached, in ascending order; the mean of it and the next
// one that has weight when it is reached exactly (scikit-learn 1.9). Sorts what it is given.
struct Weighted {
    double value = 0, weight = 0;
};
double weighted_median(std::span<Weighted> values);

}  // namespace rondo::stats
