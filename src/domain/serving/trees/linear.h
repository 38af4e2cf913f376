// A linear booster (gblinear): bias plus the weighted sum of the features that are there.
// Immutable, thread-safe.
#pragma once

#include <span>
#include <vector>

#include "base/result.h"

namespace rondo::serving::trees {

class Linear {
  public:
    // weights: (features + 1) x groups, row-major, the bias being the last row.
    static Result<Linear> make(std::vector<float> weights, size_t features, size_t groups);

    // rows: n x features, NaN where a value is missing; sums: n x groups. Adds in XGBoost's order:
    // the bias, then feature by feature.
    void add_to(std::span<float> sums, std::span<const float> rows, size_t features,
                size_t groups) const;

    size_t trees() const { return 0; }
    size_t bytes() const { return weights_.capacity() * sizeof(float); }

  private:
    explicit Linear(std::vector<float> weights) : weights_(std::move(weights)) {}

    std::vector<float> weights_;
};

}  // namespace rondo::serving::trees
