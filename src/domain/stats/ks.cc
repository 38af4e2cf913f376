#include "domain/stats/ks.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "domain/stats/kolmogorov.h"

namespace rondo::stats {
namespace {

// Differences of the distribution functions times n m, exact as whole numbers.
struct Extremes {
    int64_t above = 0, below = 0;  // the largest of F_x - F_y and of F_y - F_x
    double above_at = 0, below_at = 0;
};

Extremes extremes(std::span<const double> x, std::span<const double> y) {
    const auto n = static_cast<int64_t>(x.size()), m = static_cast<int64_t>(y.size());
    // Starts below every difference: the first place counts even where the difference is 0.
    Extremes out{std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::min(), 0, 0};
    int64_t difference = 0;
    walk_distinct(x, y, [&](double value, size_t in_x, size_t in_y) {
        difference += static_cast<int64_t>(in_x) * m - static_cast<int64_t>(in_y) * n;
        if (difference > out.above) {
            out.above = difference;
            out.above_at = value;
        }
        if (-difference > out.below) {
            out.below = -difference;
            out.below_at = value;
        }
    });
    return out;
}

// The probability that a random path of n steps right and m steps up meets
// |i m - j n| >= reach, or i m - j n >= reach one-sided. All diagonals i + j = k in turn: a node's
// probability of having been outside is the mean of its two predecessors', weighted i : j, and 1
// outside. Nothing is subtracted, so small probabilities keep their digits.
double outside_probability(int64_t n, int64_t m, int64_t reach, bool one_sided) {
    const int64_t both = n + m;
    std::vector<double> before(static_cast<size_t>(n) + 3, 1.0), now(before);
    // Slot i + 1 holds node (i, k - i): a slot of ones on each side stands for the outside.
    const int64_t start = reach > 0 ? 0 : 1;
    before[1] = start == 0 ? 0.0 : 1.0;
    for (int64_t k = 1; k <= both; ++k) {
        int64_t low = std::max<int64_t>(0, k - m), high = std::min(k, n);
        const int64_t edge_low = low, edge_high = high;
        // Inside: -reach < i (n + m) - k n < reach.
        const auto floor_div = [](int64_t a, int64_t b) {
            return a / b - (a % b != 0 && (a < 0) != (b < 0));
        };
        if (!one_sided) low = std::max(low, floor_div(k * n - reach, both) + 1);
        high = std::min(high, -floor_div(-(k * n + reach), both) - 1);
        const double scale = 1 / static_cast<double>(k);
        const auto kk = static_cast<double>(k);
        double* out = now.data() + 1;
        const double* in = before.data() + 1;
        for (int64_t i = low; i <= high; ++i) {
            const auto right = static_cast<double>(i);
            out[i] = (in[i - 1] * right + in[i] * (kk - right)) * scale;
        }
        // The neighbours of the band that the next diagonal reads.
        if (low - 1 >= edge_low - 1) out[low - 1] = 1;
        if (high + 1 <= edge_high + 1) out[high + 1] = 1;
        std::swap(before, now);
    }
    return before[static_cast<size_t>(n) + 1];
}

// Equal sizes: the reflection principle as an alternating series in which each ratio of binomials
// is a product (Gnedenko and Korolyuk 1951).
double equal_sizes_probability(int64_t n, int64_t h) {
    double p = 0;
    for (int64_t k = n / h; k > 0; --k) {
        double ratio = 1;
        const int64_t before = (k - 1) * h;
        for (int64_t j = 0; j < h; ++j)
            ratio *= static_cast<double>(n - before - j) / static_cast<double>(n + before + j + 1);
        p = ratio * (1 - p);
    }
    return 2 * p;
}

double exact_p(int64_t n, int64_t m, int64_t reach, Alternative alternative) {
    if (reach <= 0) return 1;
    if (n == m && alternative == Alternative::two_sided)
        return std::min(1.0, equal_sizes_probability(n, reach / n));
    if (n == m) {
        double p = 1;
        for (int64_t j = 0; j < reach / n; ++j)
            p *= static_cast<double>(n - j) / static_cast<double>(n + j + 1);
        return p;
    }
    return std::min(1.0, outside_probability(n, m, reach, alternative != Alternative::two_sided));
}

double asymptotic_p(double n, double m, double d, Alternative alternative) {
    if (n < m) std::swap(n, m);
    const double effective = n * m / (n + m);
    if (alternative == Alternative::two_sided)
        return kolmogorov_n_sf(d, static_cast<int64_t>(std::nearbyint(effective)));
    const double z = std::sqrt(effective) * d;
    const double correction = 2 * z * (n + 2 * m) / std::sqrt(n * m * (n + m)) / 3;
    return std::min(1.0, std::exp(-2 * z * z - correction));
}

}  // namespace

Result<KsResult> ks_2samp(const Sample& x, const Sample& y, Alternative alternative,
                          KsMethod method) {
    TRY(need_values(x, 1, "x"));
    TRY(need_values(y, 1, "y"));
    if (x.poisoned() || y.poisoned()) return KsResult{};
    const size_t largest = std::max(x.size(), y.size());
    if (method == KsMethod::exact && largest > kKsExactCells / std::min(x.size(), y.size()))
        return fail(Code::too_large,
                    "the samples are too large for the exact test; use the asymptotic one",
                    "method");
    const auto n = static_cast<int64_t>(x.size()), m = static_cast<int64_t>(y.size());
    const Extremes found = extremes(x.values(), y.values());
    const bool below = alternative == Alternative::less ||
                       (alternative == Alternative::two_sided && found.below > found.above);
    const int64_t reach = below ? found.below : found.above;
    KsResult out;
    out.statistic = static_cast<double>(reach) / (static_cast<double>(n) * static_cast<double>(m));
    out.location = below ? found.below_at : found.above_at;
    out.sign = below ? -1 : 1;
    const bool exact =
        method == KsMethod::exact || (method == KsMethod::automatic && largest <= kKsExactLimit);
    out.p_value = exact ? exact_p(n, m, reach, alternative)
                        : asymptotic_p(static_cast<double>(n), static_cast<double>(m),
                                       out.statistic, alternative);
    return out;
}

}  // namespace rondo::stats
