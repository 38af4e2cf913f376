#include "domain/stats/cramer_von_mises.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>
#include <vector>

#include "domain/stats/distributions.h"

namespace rondo::stats {
namespace {

// n sum (r_i - i)^2 + m sum (s_j - j)^2 over the midranks r of x and s of y. Doubled ranks are
// whole, and whole numbers of 64 bits are exact in a long double.
long double rank_statistic(const Sample& x, const Sample& y) {
    long double of_x = 0, of_y = 0;
    double seen = 0, place_x = 0, place_y = 0;
    walk_distinct(x.values(), y.values(), [&](double, size_t in_x, size_t in_y) {
        const auto tied = static_cast<double>(in_x + in_y);
        const double twice_rank = 2 * seen + tied + 1;
        for (size_t i = 0; i < in_x; ++i) {
            const long double off = twice_rank - 2 * ++place_x;
            of_x += off * off;
        }
        for (size_t i = 0; i < in_y; ++i) {
            const long double off = twice_rank - 2 * ++place_y;
            of_y += off * off;
        }
        seen += tied;
    });
    return (static_cast<long double>(x.size()) * of_x + static_cast<long double>(y.size()) * of_y) /
           4;
}

// Of all ways to interleave the samples, the share whose statistic is at least `u`. A way is a
// path over the grid; each node keeps how many paths reach it with each sum of squared offsets.
double exact_p(long double u, int64_t n, int64_t m) {
    const int64_t common = std::lcm(n, m), step_x = common / n, step_y = common / m;
    const auto product = static_cast<long double>(n) * m;
    const long double scale = static_cast<long double>(common) * common * (n + m);
    const auto threshold = static_cast<int64_t>(
        std::floor(scale * (6 * u - product * (4 * product - 1)) / (6 * product * product)));
    using Counts = std::map<int64_t, double>;
    std::vector<Counts> row(static_cast<size_t>(n) + 1);
    for (int64_t j = 0; j <= m; ++j) {
        for (int64_t i = 0; i <= n; ++i) {
            Counts& node = row[static_cast<size_t>(i)];  // holds what came from (i, j - 1)
            Counts merged = j == 0 ? Counts{} : std::move(node);
            if (i == 0 && j == 0) merged[0] = 1;
            if (i > 0)
                for (const auto& [sum, ways] : row[static_cast<size_t>(i - 1)]) merged[sum] += ways;
            const int64_t off = step_x * i - step_y * j;
            node.clear();
            for (const auto& [sum, ways] : merged)
                node.emplace_hint(node.end(), sum + off * off, ways);
        }
    }
    double beyond = 0, all = 0;
    for (const auto& [sum, ways] : row.back()) {
        all += ways;
        if (sum >= threshold) beyond += ways;
    }
    return beyond / all;
}

// P(limit <= x).
double limit_cdf(double x) {
    double sum = 0;
    for (int k = 0; k < 1000; ++k) {
        const double y = 4 * k + 1;
        const double q = y * y / (16 * x);
        const double weight = std::exp(log_gamma(k + 0.5) - log_gamma(k + 1.0) - 2 * q);
        const double term = weight * std::sqrt(y) * bessel_k_quarter_scaled(q) /
                            (std::pow(std::numbers::pi, 1.5) * std::sqrt(x));
        sum += term;
        if (term < 1e-17) break;
    }
    return sum;
}

// P(limit > x) for x > 0.5, with all its digits: Smirnov's alternating integrals over
// ((2j - 1) pi, 2j pi). With the angle written as pi (1 - cos t) / 2 beyond the lower end, the
// singular ends become smooth and periodic, where equal steps converge fastest.
double limit_sf(double x) {
    constexpr int kNodes = 500;
    constexpr double kPi = std::numbers::pi;
    double sum = 0;
    for (int j = 1; j <= 4; ++j) {
        double part = 0;
        for (int i = 0; i < kNodes; ++i) {
            const double t = kPi * (i + 0.5) / kNodes;
            const double beyond = kPi * (1 - std::cos(t)) / 2;
            const double angle = (2 * j - 1) * kPi + beyond;
            const double slope = kPi / 2 * std::sin(t);
            part +=
                slope * 2 / std::sqrt(angle * std::sin(beyond)) * std::exp(-x * angle * angle / 2);
        }
        sum += (j % 2 ? 1 : -1) * part / kNodes;
    }
    return sum;
}

}  // namespace

Result<TestResult> cramer_von_mises_2samp(const Sample& x, const Sample& y, CvmMethod method) {
    TRY(need_values(x, 2, "x"));
    TRY(need_values(y, 2, "y"));
    if (x.poisoned() || y.poisoned()) return TestResult{};
    const size_t largest = std::max(x.size(), y.size());
    if (method == CvmMethod::exact && largest > kCvmExactLimit)
        return fail(Code::too_large,
                    "the samples are too large for the exact test; use the asymptotic one",
                    "method");
    const auto n = static_cast<long double>(x.size()), m = static_cast<long double>(y.size());
    const long double k = n * m, all = n + m;
    const long double u = rank_statistic(x, y);
    const long double t = u / (k * all) - (4 * k - 1) / (6 * all);
    TestResult out;
    out.statistic = static_cast<double>(t);
    if (method == CvmMethod::exact || (method == CvmMethod::automatic && largest <= 20)) {
        out.p_value = exact_p(u, static_cast<int64_t>(x.size()), static_cast<int64_t>(y.size()));
        return out;
    }
    const long double expected = (1 + 1 / all) / 6;
    const long double variance =
        (all + 1) * (4 * k * all - 3 * (n * n + m * m) - 2 * k) / (45 * all * all * 4 * k);
    const auto standard = static_cast<double>(1.0L / 6 + (t - expected) / std::sqrt(45 * variance));
    if (standard < 0.003)
        out.p_value = 1;
    else
        out.p_value = standard > 0.5 ? limit_sf(standard) : 1 - limit_cdf(standard);
    return out;
}

}  // namespace rondo::stats
