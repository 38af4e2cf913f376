#include "domain/stats/anderson_darling.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace rondo::stats {
namespace {

// Table 2 of Scholz and Stephens: critical value = b0 + b1 / sqrt(m) + b2 / m for m = k - 1.
constexpr std::array kB0{0.675, 1.281, 1.645, 1.96, 2.326, 2.573, 3.085};
constexpr std::array kB1{-0.245, 0.25, 0.678, 1.149, 1.822, 2.364, 3.615};
constexpr std::array kB2{-0.105, -0.305, -0.362, -0.391, -0.396, -0.345, -0.154};
constexpr std::array kLevels{0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001};

// The least-squares parabola through (x, y), at `at`. Solved around the mean of x.
double parabola(std::span<const double> x, std::span<const double> y, double at) {
    const auto n = static_cast<double>(x.size());
    double middle = 0;
    for (const double v : x) middle += v / n;
    double s2 = 0, s3 = 0, s4 = 0, t0 = 0, t1 = 0, t2 = 0;
    for (size_t i = 0; i < x.size(); ++i) {
        const double u = x[i] - middle;
        s2 += u * u;
        s3 += u * u * u;
        s4 += u * u * u * u;
        t0 += y[i];
        t1 += u * y[i];
        t2 += u * u * y[i];
    }
    // Normal equations with sum(u) = 0.
    const double determinant = n * (s2 * s4 - s3 * s3) - s2 * s2 * s2;
    const double c2 = (n * (s2 * t2 - s3 * t1) - s2 * s2 * t0) / determinant;
    const double c1 = (t1 - c2 * s3) / s2;
    const double c0 = (t0 - c2 * s2) / n;
    const double u = at - middle;
    return c0 + u * (c1 + u * c2);
}

double p_of(double statistic, double m) {
    std::array<double, kLevels.size()> critical{}, logs{};
    for (size_t i = 0; i < kLevels.size(); ++i) {
        critical[i] = kB0[i] + kB1[i] / std::sqrt(m) + kB2[i] / m;
        logs[i] = std::log(kLevels[i]);
    }
    if (statistic < critical.front()) return kLevels.front();
    if (statistic > critical.back()) return kLevels.back();
    return std::exp(parabola(critical, logs, statistic));
}

// The variance of A^2_kN under the null (equation 4).
double null_variance(std::span<const Sample> samples, double total) {
    const auto k = static_cast<double>(samples.size());
    double inverse_sizes = 0;
    for (const Sample& s : samples) inverse_sizes += 1 / static_cast<double>(s.size());
    double harmonic = 0, g = 0;
    for (double i = 2; i < total; ++i) {
        harmonic += 1 / (total + 1 - i);
        g += harmonic / i;
    }
    const double h = harmonic + 1;
    const double a = (4 * g - 6) * (k - 1) + (10 - 6 * g) * inverse_sizes;
    const double b =
        (2 * g - 4) * k * k + 8 * h * k + (2 * g - 14 * h - 4) * inverse_sizes - 8 * h + 4 * g - 6;
    const double c =
        (6 * h + 2 * g - 2) * k * k + (4 * h - 4 * g + 6) * k + (2 * h - 6) * inverse_sizes + 4 * h;
    const double d = (2 * h + 6) * k * k - 4 * h * k;
    return (((a * total + b) * total + c) * total + d) / ((total - 1) * (total - 2) * (total - 3));
}

// One sample's share: the sum over the distinct values of the pooled data.
double share(const Sample& sample, std::span<const double> pooled, AndersonVariant variant) {
    const auto total = static_cast<double>(pooled.size());
    const auto n = static_cast<double>(sample.size());
    double below_all = 0, below_own = 0, sum = 0;
    // walk_distinct meets every value of the sample among the pooled ones.
    walk_distinct(pooled, sample.values(), [&](double, size_t tied_all, size_t tied_own) {
        const auto l = static_cast<double>(tied_all), f = static_cast<double>(tied_own);
        if (variant == AndersonVariant::midrank) {
            const double b = below_all + l / 2, m = below_own + f / 2;
            const double off = total * m - b * n;
            sum += l / total * off * off / (b * (total - b) - total * l / 4);
        } else if (below_all + l < total) {
            const double b = below_all + l, m = below_own + f;
            const double off = total * m - b * n;
            sum += l / total * off * off / (b * (total - b));
        }
        below_all += l;
        below_own += f;
    });
    return sum / n;
}

}  // namespace

Result<TestResult> anderson_ksamp(std::span<const Sample> samples, AndersonVariant variant) {
    if (samples.size() < 2)
        return fail(Code::invalid, "the test compares two samples or more", "samples");
    std::vector<double> all;
    bool poisoned = false;
    for (const Sample& s : samples) {
        TRY(need_values(s, 1, "a sample"));
        poisoned |= s.poisoned();
        all.insert(all.end(), s.values().begin(), s.values().end());
    }
    if (poisoned) return TestResult{};
    const Sample pooled(all);
    TRY(need_values(pooled, 4, "the pooled sample"));
    if (pooled.values().front() == pooled.values().back())
        return fail(Code::invalid, "all values are the same: there is nothing to compare",
                    "samples");
    const auto total = static_cast<double>(pooled.size());
    double sum = 0;
    for (const Sample& s : samples) sum += share(s, pooled.values(), variant);
    if (variant == AndersonVariant::midrank) sum *= (total - 1) / total;
    const auto m = static_cast<double>(samples.size() - 1);
    TestResult out;
    out.statistic = (sum - m) / std::sqrt(null_variance(samples, total));
    out.p_value = p_of(out.statistic, m);
    return out;
}

}  // namespace rondo::stats
