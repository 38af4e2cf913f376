#include "domain/serving/trees/linear.h"

#include <utility>

namespace rondo::serving::trees {

Result<Linear> Linear::make(std::vector<float> weights, size_t features, size_t groups) {
    // Neither product overflows: groups is at least 1 and at most kMaxGroups.
    if (weights.size() % groups != 0 || weights.size() / groups != features + 1)
        return fail(Code::invalid, "'weights' has to hold one number a feature and one more",
                    "weights");
    return Linear(std::move(weights));
}

void Linear::add_to(std::span<float> sums, std::span<const float> rows, size_t features,
                    size_t groups) const {
    for (size_t i = 0; i < sums.size(); ++i) {
        const std::span<const float> row = rows.subspan(i / groups * features, features);
        const size_t group = i % groups;
        float sum = sums[i] + weights_[features * groups + group];
        for (size_t feature = 0; feature < features; ++feature) {
            const float value = row[feature];
            if (value == value) sum += value * weights_[feature * groups + group];
        }
        sums[i] = sum;
    }
}

}  // namespace rondo::serving::trees
