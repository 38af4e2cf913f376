#include "domain/stats/ecdf_distance.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace rondo::stats {
namespace {

// A sum that keeps what it loses, exactly (Knuth's TwoSum): a million terms keep 1e-16.
struct ExactSum {
    double sum = 0, rounding = 0;

    void add(double term) {
        const double next = sum + term, part = next - sum;
        rounding += (sum - (next - part)) + (term - part);
        sum = next;
    }
    double value() const { return std::isfinite(sum) ? sum + rounding : sum; }
};

// The integral of weigh(|F_x - F_y|) over finite values, one of them at a time: where several are
// equal their terms are zero. From both ends at once, since each step waits for the one before it,
// and no branch depends on which side is next, which nobody can foresee.
template <class Weigh>
double integral_of_finite(std::span<const double> x, std::span<const double> y, Weigh weigh) {
    const auto n = static_cast<double>(x.size()), m = static_cast<double>(y.size());
    // What is left lies in x[i, k) and y[j, l); `low` and `high` are the last values that were
    // taken below and above it.
    size_t i = 0, k = x.size(), j = 0, l = y.size();
    double low = std::min(x.front(), y.front()), high = std::max(x.back(), y.back());
    ExactSum rising, falling;
    const double scale = 1 / (n * m);     // instead of two divisions for each value
    const auto real = [](size_t count) {  // signed integers have an instruction for it
        return static_cast<double>(static_cast<int64_t>(count));
    };
    const auto weight = [&](size_t below_x, size_t below_y) {
        return weigh(scale * std::abs(real(below_x) * m - real(below_y) * n));
    };
    const auto rise = [&](double value, size_t of_x) {
        rising.add(weight(i, j) * (value - low));
        low = value;
        i += of_x;
        j += 1 - of_x;
    };
    while (k - i > 1 && l - j > 1) {
        const double c = x[k - 1], d = y[l - 1];
        const double next = c > d ? c : d;
        const size_t of_x = c > d ? 1 : 0;
        falling.add(weight(k, l) * (high - next));
        high = next;
        k -= of_x;
        l -= 1 - of_x;
        rise(x[i] < y[j] ? x[i] : y[j], x[i] < y[j] ? 1 : 0);
    }
    while (i < k && j < l) rise(x[i] < y[j] ? x[i] : y[j], x[i] < y[j] ? 1 : 0);
    while (i < k) rise(x[i], 1);
    while (j < l) rise(y[j], 0);
    rising.add(weight(i, j) * (high - low));
    rising.add(falling.sum);
    rising.rounding += falling.rounding;
    return rising.value();
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
    ExactSum total;
    double before = 0, below_x = 0, below_y = 0;
    bool first = true;
    walk_distinct(x.values(), y.values(), [&](double value, size_t in_x, size_t in_y) {
        if (!first) total.add(weigh(std::abs(below_x / n - below_y / m)) * (value - before));
        first = false;
        // Equal infinite values have no distance that can be told: inf - inf.
        if (std::isinf(value) && in_x + in_y > 1) total.sum += value - value;
        before = value;
        below_x += static_cast<double>(in_x);
        below_y += static_cast<double>(in_y);
    });
    return total.value();
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
