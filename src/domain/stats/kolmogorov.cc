#include "domain/stats/kolmogorov.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "domain/stats/distributions.h"

namespace rondo::stats {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kPi2 = kPi * kPi;
constexpr int kStep = 128;  // rescaling moves by this power of two
const double kHuge = std::ldexp(1.0, kStep);
const double kTiny = std::ldexp(1.0, -kStep);

// n! / n^n by its logarithm.
double log_factorial_over_power(double n) {
    return std::log(2 * kPi * n) / 2 - n + stirling_error(n);
}

// A square matrix times a power of two.
struct Scaled {
    std::vector<double> values;
    int exponent = 0;
};

Scaled product(const Scaled& a, const Scaled& b, size_t m) {
    Scaled out{std::vector<double>(m * m, 0.0), a.exponent + b.exponent};
    for (size_t i = 0; i < m; ++i) {
        double* row = &out.values[i * m];
        for (size_t k = 0; k < m; ++k) {
            const double factor = a.values[i * m + k];
            const double* other = &b.values[k * m];
            for (size_t j = 0; j < m; ++j) row[j] += factor * other[j];
        }
    }
    if (out.values[(m / 2) * m + m / 2] > kHuge) {
        for (double& v : out.values) v *= kTiny;
        out.exponent += kStep;
    }
    return out;
}

// Durbin's matrix H of d = (k - h) / n: P(D_n < d) = n! / n^n (H^n)_kk.
Scaled durbin_matrix(size_t m, double h) {
    Scaled out{std::vector<double>(m * m, 0.0)};
    std::vector<double> reciprocal(m + 1);  // of factorials
    reciprocal[0] = 1;
    for (size_t i = 1; i <= m; ++i) reciprocal[i] = reciprocal[i - 1] / static_cast<double>(i);
    for (size_t i = 0; i < m; ++i) {
        for (size_t j = 0; j <= std::min(i + 1, m - 1); ++j)
            out.values[i * m + j] = reciprocal[i + 1 - j];
    }
    for (size_t i = 0; i < m; ++i) {
        const double edge = (1 - std::pow(h, static_cast<double>(i + 1))) * reciprocal[i + 1];
        out.values[i * m] = edge;
        out.values[(m - 1) * m + (m - 1 - i)] = edge;
    }
    const auto size = static_cast<double>(m);
    out.values[(m - 1) * m] =
        (1 - 2 * std::pow(h, size) + std::pow(std::max(2 * h - 1, 0.0), size)) * reciprocal[m];
    return out;
}

double cdf_by_matrix(double d, int64_t n) {
    const double nd = static_cast<double>(n) * d;
    const double k = std::ceil(nd);
    const auto m = static_cast<size_t>(2 * k - 1);
    Scaled base = durbin_matrix(m, k - nd);
    Scaled power;
    for (int64_t rest = n; rest > 0; rest >>= 1) {
        if (rest & 1) power = power.values.empty() ? base : product(power, base, m);
        if (rest > 1) base = product(base, base, m);
    }
    double p = power.values[(m / 2) * m + m / 2];
    int exponent = power.exponent;
    for (int64_t i = 1; i <= n; ++i) {
        p *= static_cast<double>(i) / static_cast<double>(n);
        if (p < kTiny) {
            p *= kHuge;
            exponent -= kStep;
        }
    }
    return std::ldexp(p, exponent);
}

// Pomeranz 1974: the empirical distribution stays between two staircases; V[j] is proportional to
// the probability of j values so far. Between steps the counts grow by Poisson terms.
double cdf_by_staircase(double d, int64_t n) {
    const auto count = static_cast<double>(n);
    const double t = count * d;
    const double whole = std::floor(t), fraction = t - whole;
    const double g = std::min(fraction, 1 - fraction);
    // Where F(x) = u the count must lie between n u - t and n u + t.
    std::vector<double> steps{0};
    for (int64_t i = 1; i <= n; ++i) {
        // The staircases step where n u + t or n u - t is whole: at u = (i - 1 + g)/n, (i - g)/n.
        steps.push_back(static_cast<double>(i - 1) + g);
        steps.push_back(static_cast<double>(i) - g);
    }
    steps.push_back(count);
    std::vector<double> now(static_cast<size_t>(n) + 1, 0.0), next(now);
    now[0] = 1;
    int64_t low = 0, high = 0;
    int exponent = 0;
    std::vector<double> powers(static_cast<size_t>(n) + 1);
    for (size_t s = 1; s < steps.size(); ++s) {
        const double width = (steps[s] - steps[s - 1]) / count;
        // Inside the interval the allowed counts are those of its middle.
        const double middle = (steps[s] + steps[s - 1]) / 2;
        if (width <= 0) continue;
        int64_t new_low = std::max<int64_t>(0, static_cast<int64_t>(std::floor(middle - t)) + 1);
        int64_t new_high = std::min<int64_t>(n, static_cast<int64_t>(std::ceil(middle + t)) - 1);
        low = std::max(low, new_low);  // the lower staircase steps as the interval begins
        if (s + 1 == steps.size()) new_low = new_high = n;
        powers[0] = 1;
        for (int64_t k = 1; k <= new_high - low; ++k)
            powers[static_cast<size_t>(k)] =
                powers[static_cast<size_t>(k - 1)] * width / static_cast<double>(k);
        double largest = 0;
        for (int64_t j = new_low; j <= new_high; ++j) {
            double sum = 0;
            for (int64_t i = low; i <= std::min(j, high); ++i)
                sum += now[static_cast<size_t>(i)] * powers[static_cast<size_t>(j - i)];
            next[static_cast<size_t>(j)] = sum;
            largest = std::max(largest, sum);
        }
        low = new_low;
        high = new_high;
        std::swap(now, next);
        if (largest > 0 && largest < kTiny) {
            for (int64_t j = low; j <= high; ++j) now[static_cast<size_t>(j)] *= kHuge;
            exponent -= kStep;
        }
    }
    double p = now[static_cast<size_t>(n)];
    for (int64_t i = 1; i <= n; ++i) {
        p *= static_cast<double>(i);
        if (p > kHuge) {
            p *= kTiny;
            exponent += kStep;
        }
    }
    return std::ldexp(p, exponent);
}

// Pelz and Good 1976: K0(z) + K1(z)/sqrt(n) + K2(z)/n + K3(z)/n^1.5, z = sqrt(n) d, each as a
// theta series that converges fast for the z met here.
double cdf_by_expansion(double d, int64_t n) {
    const auto count = static_cast<double>(n);
    const double z = std::sqrt(count) * d;
    const double z2 = z * z, z4 = z2 * z2, z6 = z4 * z2, z8 = z4 * z4;
    if (-kPi2 / 8 / z2 < -708) return 0;  // exp underflows: the probability is 0
    std::array<double, 4> k{};
    const int terms = static_cast<int>(std::ceil(16 * z / kPi));
    for (int i = terms; i >= 1; --i) {
        const double odd = 2 * i - 1;
        const double m2 = odd * odd, m4 = m2 * m2, m6 = m4 * m2;
        const double weight = std::exp(-kPi2 / 8 * m2 / z2);
        k[0] += weight;
        k[1] += weight * (-z2 + kPi2 / 4 * m2);
        k[2] += weight * (6 * z6 + 2 * z4 + (2 * z4 - 5 * z2) * kPi2 / 4 * m2 +
                          kPi2 * kPi2 * (1 - 2 * z2) / 16 * m4);
        k[3] += weight * (-30 * z6 - 90 * z8 + kPi2 * (135 * z4 - 96 * z6) / 4 * m2 +
                          kPi2 * kPi2 * (-60 * z2 + 212 * z4) / 16 * m4 +
                          kPi2 * kPi2 * kPi2 * (5 - 30 * z2) / 64 * m6);
    }
    const double root = std::sqrt(2 * kPi);
    k[0] *= root / z;
    k[1] *= root / (6 * z4);
    k[2] *= root / (72 * z6 * z);
    k[3] *= root / (6480 * z8 * z2);
    double extra2 = 0, extra3 = 0;
    for (int i = terms; i >= 1; --i) {
        const double square = static_cast<double>(i) * i;
        const double weight = square * std::exp(-kPi2 / 2 * square / z2);
        extra2 += weight;
        extra3 += weight * (3 * z2 - kPi2 * square);
    }
    k[2] -= kPi2 * root / (36 * z2 * z) * extra2;
    k[3] += kPi2 * root / (216 * z6) * extra3;
    return k[0] + k[1] / std::sqrt(count) + k[2] / count + k[3] / (count * std::sqrt(count));
}

}  // namespace

double kolmogorov_sf(double x) {
    if (std::isnan(x)) return x;
    if (x < 1) return 1 - kolmogorov_cdf(x);
    double sum = 0;
    for (int k = 1; k <= 8; ++k) sum += (k % 2 ? 2 : -2) * std::exp(-2 * k * k * x * x);
    return sum;
}

double kolmogorov_cdf(double x) {
    if (std::isnan(x)) return x;
    if (x <= 0) return 0;
    if (x >= 1) return 1 - kolmogorov_sf(x);
    // The same function by Jacobi's transformation.
    double sum = 0;
    for (int k = 1; k <= 7; k += 2) sum += std::exp(-k * k * kPi2 / (8 * x * x));
    return std::sqrt(2 * kPi) / x * sum;
}

double smirnov_sf(double d, int64_t n) {
    if (std::isnan(d) || n < 1) return std::numeric_limits<double>::quiet_NaN();
    if (d <= 0 || d >= 1) return d <= 0 ? 1 : 0;
    const auto count = static_cast<double>(n);
    const double t = count * d;
    // d sum_v C(n, v) (d + v/n)^(v-1) (1 - d - v/n)^(n-v). Each term is a binomial probability at
    // a point t away from its mean, in Loader's saddle point form, so that nothing cancels.
    double sum = std::exp(count * std::log1p(-d));
    const auto last = static_cast<int64_t>(std::floor(count * (1 - d)));
    const double whole = stirling_error(count);
    for (int64_t i = 1; i <= last && i < n; ++i) {
        const auto v = static_cast<double>(i);
        const double rest = count - v;
        if (rest <= t) break;
        const double exponent = whole - stirling_error(v) - stirling_error(rest) +
                                v * log1p_minus(t / v) + rest * log1p_minus(-t / rest);
        sum += d / (d + v / count) * std::sqrt(count / (2 * kPi * v * rest)) * std::exp(exponent);
    }
    return std::min(sum, 1.0);
}

double kolmogorov_n_sf(double d, int64_t n) {
    if (std::isnan(d) || n < 1) return std::numeric_limits<double>::quiet_NaN();
    if (d <= 0 || d >= 1) return d <= 0 ? 1 : 0;
    const auto count = static_cast<double>(n);
    const double t = count * d;
    if (t <= 0.5) return 1;
    if (t <= 1)  // Ruben and Gambino
        return 1 - std::exp(log_factorial_over_power(count) + count * std::log(2 * t - 1));
    if (t >= count - 1) return 2 * std::pow(1 - d, count);
    const double square = t * d;
    if (square >= 370) return 0;
    if (d >= 0.5 || square > (n <= 140 ? 4 : 2.2)) return std::min(1.0, 2 * smirnov_sf(d, n));
    double cdf = 0;
    if (n <= 140)
        cdf = square <= 0.754693 ? cdf_by_matrix(d, n) : cdf_by_staircase(d, n);
    else if (n <= 100000 && count * std::pow(d, 1.5) <= 1.4)
        cdf = cdf_by_matrix(d, n);
    else
        cdf = cdf_by_expansion(d, n);
    return std::clamp(1 - cdf, 0.0, 1.0);
}

}  // namespace rondo::stats
