#include "domain/stats/multiple_tests.h"

#include <algorithm>
#include <cmath>

namespace rondo::stats {

std::vector<double> adjusted(std::span<const double> p_values, Adjustment adjustment) {
    std::vector<double> out(p_values.begin(), p_values.end());
    std::vector<size_t> order;
    for (size_t i = 0; i < out.size(); ++i) {
        if (!std::isnan(out[i])) order.push_back(i);
    }
    const auto m = static_cast<double>(order.size());
    if (adjustment == Adjustment::bonferroni) {
        for (const size_t i : order) out[i] = std::min(1.0, m * out[i]);
        return out;
    }
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return out[a] < out[b]; });
    if (adjustment == Adjustment::holm) {
        double largest = 0, left = m;
        for (const size_t i : order) {
            largest = std::max(largest, left-- * out[i]);
            out[i] = std::min(1.0, largest);
        }
        return out;
    }
    double smallest = 1, rank = m;
    for (auto at = order.rbegin(); at != order.rend(); ++at) {
        smallest = std::min(smallest, out[*at] * m / rank--);
        out[*at] = smallest;
    }
    return out;
}

}  // namespace rondo::stats
