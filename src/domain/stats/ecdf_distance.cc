#include "domain/stats/ecdf_distance.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace rondo::stats {
namespace {

// The integral of weigh(|F_x - F_y|) over finite values, one of them at a time: where several are
// equal their terms are zero, so the sum is the one over different values, to the bit. No branch
// depends on which side is next, which nobody can foresee.
template <class Weigh>
double integral_of_finite(std::span<const double> x, std::span<const double> y, Weigh weigh) {
    const auto n = static_cast<double>(x.size()), m = static_cast<double>(y.size());
    double sum = 0, rounding = 0;  // a million terms keep 1e-16
    size_t i = 0, j = 0;
    double before = std::min(x.front(), y.front());
    const auto add = [&](double value) {
        const double difference = static_cast<double>(i) / n - static_cast<double>(j) / m;
        const double term = weigh(std::abs(difference)) * (value - before);
        // What the sum loses, exactly (Knuth's TwoSum).
        const double next = sum + term, part = next - sum;
        rounding += (sum - (next - part)) + (term - part);
        sum = next;
        before = value;
    };
    while (i < x.size() && j < y.size()) {
        const double value = x[i] < y[j] ? x[i] : y[j];
        add(value);
        const size_t of_x = x[i] == value ? 1 : 0, of_y = y[j] == value ? 1 : 0;
        i += of_x;
        j += of_y;
    }
    for (; i < x.size(); ++i) add(x[i]);
    for (; j < y.size(); ++j) add(y[j]);
    return std::isfinite(sum) ? sum + rounding : sum;
}

// The integral of weigh(|F_x - F_y|).
template <class Weigh>
Result<double> integral(const Sample& x, const Sample& y, Weigh weigh) {
    TRY(need_values(x, 1, "x"));
    TRY(need_values(y, 1, "y"));
    if (x.poisoned() || y.poisoned()) return std::numeric_limits<double>::quiet_NaN();
    const auto finite = [](const Sample& s) {
        return std::isfinite(s.values().front()) && std::isfinite(s.values().back());
    };
    if (finite(x) && finite(y)) return integral_of_finite(x.values(), y.values(), weigh);
    const auto n = static_cast<double>(x.size()), m = static_cast<double>(y.size());
    double sum = 0, rounding = 0;  // Neumaier's compensated sum: a million terms keep 1e-16
    double before = 0, below_x = 0, below_y = 0;
    bool first = true;
    walk_distinct(x.values(), y.values(), [&](double value, size_t in_x, size_t in_y) {
        if (!first) {
            const double term = weigh(std::abs(below_x / n - below_y / m)) * (value - before);
            const double next = sum + term;
            rounding += std::abs(sum) >= std::abs(term) ? (sum - next) + term : (term - next) + sum;
            sum = next;
        }
        first = false;
        // Equal infinite values have no distance that can be told: inf - inf.
        if (std::isinf(value) && in_x + in_y > 1) sum += value - value;
        before = value;
        below_x += static_cast<double>(in_x);
        below_y += static_cast<double>(in_y);
    });
    return std::isfinite(sum) ? sum + rounding : sum;
}

}  // namespace

Result<double> wasserstein_distance(const Sample& x, const Sample& y) {
    return integral(x, y, [](double d) { return d; });
}

Result<double> energy_distance(const Sample& x, const Sample& y) {
    TRY_ASSIGN(const double square, integral(x, y, [](double d) { return d * d; }));
    return std::sqrt(2.0) * std::sqrt(square);
}

}  // namespace rondo::stats
