#include "domain/stats/mann_whitney.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "domain/stats/distributions.h"

namespace rondo::stats {
namespace {

// P(U <= u) for 0 <= u <= n m / 2. The numbers of ways are the coefficients of the Gaussian
// binomial prod (1 - q^(m+i)) / (1 - q^i), i = 1 ... n; only those up to u are kept, scaled to
// probabilities at each step so that nothing overflows.
double lower_tail(size_t u, size_t n, size_t m) {
    if (n > m) std::swap(n, m);
    std::vector<double> ways(u + 1, 0.0);
    ways[0] = 1;
    for (size_t i = 1; i <= n; ++i) {
        const double scale = static_cast<double>(i) / static_cast<double>(m + i);
        for (double& w : ways) w *= scale;
        for (size_t k = i; k <= u; ++k) ways[k] += ways[k - i];
        for (size_t k = u; k >= m + i; --k) ways[k] -= ways[k - m - i];
    }
    double sum = 0;
    for (const double w : ways) sum += w;
    return sum;
}

double exact_sf(double u, size_t n, size_t m) {  // P(U >= u)
    const size_t product = n * m;
    const auto whole = static_cast<size_t>(std::max(u, 0.0));
    if (whole == 0) return 1;
    if (2 * whole >= product) return lower_tail(product - whole, n, m);
    return 1 - lower_tail(whole - 1, n, m);
}

}  // namespace

Result<TestResult> mann_whitney_u(const Sample& x, const Sample& y, Alternative alternative,
                                  MwuMethod method) {
    TRY(need_values(x, 1, "x"));
    TRY(need_values(y, 1, "y"));
    if (x.poisoned() || y.poisoned()) return TestResult{};
    const auto n = static_cast<double>(x.size()), m = static_cast<double>(y.size());
    double wins = 0, ties = 0, below = 0;  // ties: sum of t^3 - t over groups of t equal values
    walk_distinct(x.values(), y.values(), [&](double, size_t in_x, size_t in_y) {
        const auto a = static_cast<double>(in_x), b = static_cast<double>(in_y), t = a + b;
        wins += a * (below + b / 2);
        below += b;
        if (t > 1) ties += (t * t - 1) * t;
    });
    const double losses = n * m - wins;
    const bool feasible = x.size() <= kMwuExactProduct / y.size();
    if (method == MwuMethod::exact && !feasible)
        return fail(Code::too_large,
                    "the samples are too large for the exact test; use the asymptotic one",
                    "method");
    const bool exact =
        method == MwuMethod::exact || (method == MwuMethod::automatic && ties == 0 &&
                                       std::min(x.size(), y.size()) <= 8 && feasible);
    const bool both = alternative == Alternative::two_sided;
    const double u =
        both ? std::max(wins, losses) : (alternative == Alternative::greater ? wins : losses);
    double p = 0;
    if (exact) {
        p = exact_sf(u, x.size(), y.size());
    } else {
        const double all = n + m;
        const double variance = n * m / 12 * (all + 1 - ties / (all * (all - 1)));
        p = normal_sf((u - n * m / 2 - 0.5) / std::sqrt(variance));
    }
    return TestResult{wins, std::isnan(p) ? p : std::clamp(both ? 2 * p : p, 0.0, 1.0)};
}

}  // namespace rondo::stats
