#include "domain/stats/weights.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace rondo::stats {

Status need_weights(std::span<const double> weights, size_t rows) {
    if (weights.size() != rows)
        return fail(
            Code::invalid,
            std::to_string(weights.size()) + " weights for " + std::to_string(rows) + " rows",
            "weights");
    double sum = 0;
    for (size_t i = 0; i < rows; ++i) {
        if (!(weights[i] >= 0) || !std::isfinite(weights[i]))
            return fail(Code::invalid,
                        "row " + std::to_string(i) +
                            " has a weight that is not a finite number of at least 0",
                        "weights");
        sum += weights[i];
    }
    if (rows > 0 && !(sum > 0 && std::isfinite(sum)))
        return fail(Code::invalid, "the weights have to sum to a finite number above 0", "weights");
    return ok();
}

double weighted_median(std::span<Weighted> values) {
    std::ranges::sort(values, {}, &Weighted::value);
    double whole = 0;
    for (const Weighted& v : values) whole += v.weight;
    double reached = 0;
    for (size_t i = 0; i < values.size(); ++i) {
        reached += values[i].weight;
        if (reached < whole / 2) continue;
        // scikit-learn takes what is less than this above the half for the half itself.
        if (reached - whole / 2 > std::numeric_limits<double>::epsilon()) return values[i].value;
        const auto next = std::ranges::find_if(values.subspan(i + 1),
                                               [](const Weighted& v) { return v.weight > 0; });
        return next == values.end() ? values[i].value : (values[i].value + next->value) / 2;
    }
    return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace rondo::stats
