#include "domain/stats/distributions.h"

#include <boost/math/special_functions/bessel.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/erf.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <boost/math/special_functions/log1p.hpp>

#include <cmath>
#include <limits>
#include <numbers>

namespace rondo::stats {
namespace {

namespace bm = boost::math;

// Errors become the NaN or infinity that IEEE has for them; nothing throws.
using Quiet = bm::policies::policy<bm::policies::domain_error<bm::policies::ignore_error>,
                                   bm::policies::pole_error<bm::policies::ignore_error>,
                                   bm::policies::overflow_error<bm::policies::ignore_error>,
                                   bm::policies::evaluation_error<bm::policies::ignore_error>,
                                   bm::policies::denorm_error<bm::policies::ignore_error>,
                                   bm::policies::underflow_error<bm::policies::ignore_error>,
                                   bm::policies::rounding_error<bm::policies::ignore_error>>;
constexpr Quiet kQuiet{};
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kSqrtHalf = 1 / std::numbers::sqrt2;

bool probability(double p) { return p >= 0 && p <= 1; }

}  // namespace

double normal_cdf(double x) { return std::erfc(-x * kSqrtHalf) / 2; }
double normal_sf(double x) { return std::erfc(x * kSqrtHalf) / 2; }

double normal_log_cdf(double x) {
    if (x > -20) return x > 5 ? std::log1p(-normal_sf(x)) : std::log(normal_cdf(x));
    // Mills' ratio as a continued fraction (Laplace); 30 terms are exact from here on.
    double tail = 0;
    for (int i = 30; i >= 1; --i) tail = i / (-x + tail);
    return -x * x / 2 - std::log(-x + tail) - std::log(2 * std::numbers::pi) / 2;
}

double normal_ppf(double p) {
    if (!probability(p)) return kNan;
    if (p == 0) return -kInfinity;
    if (p == 1) return kInfinity;
    return -std::numbers::sqrt2 * bm::erfc_inv(2 * p, kQuiet);
}

// t^2 / (degrees + t^2) is Beta(1/2, degrees / 2) (Abramowitz and Stegun 26.7.1).
double student_t_sf(double x, double degrees) {
    if (std::isnan(x) || !(degrees > 0)) return kNan;
    if (std::isinf(degrees)) return normal_sf(x);
    if (std::isinf(x)) return x > 0 ? 0 : 1;
    const double square = x * x;
    const double tail = square > degrees
                            ? bm::ibeta(degrees / 2, 0.5, degrees / (degrees + square), kQuiet) / 2
                            : bm::ibetac(0.5, degrees / 2, square / (degrees + square), kQuiet) / 2;
    return x >= 0 ? tail : 1 - tail;
}

double student_t_cdf(double x, double degrees) { return student_t_sf(-x, degrees); }

double student_t_ppf(double p, double degrees) {
    if (!probability(p) || !(degrees > 0)) return kNan;
    if (std::isinf(degrees)) return normal_ppf(p);
    if (p == 0 || p == 1) return p == 0 ? -kInfinity : kInfinity;
    if (p == 0.5) return 0;
    const double tail = 2 * std::min(p, 1 - p);
    double other = 0;  // 1 - y, without the loss of the subtraction
    const double y = bm::ibeta_inv(degrees / 2, 0.5, tail, &other, kQuiet);
    const double t = std::sqrt(degrees * other / y);
    return p < 0.5 ? -t : t;
}

double gamma_p(double a, double x) {
    if (!(a > 0) || !(x >= 0)) return kNan;
    if (std::isinf(x)) return 1;
    return bm::gamma_p(a, x, kQuiet);
}
double gamma_q(double a, double x) {
    if (!(a > 0) || !(x >= 0)) return kNan;
    if (std::isinf(x)) return 0;
    return bm::gamma_q(a, x, kQuiet);
}

double chi_square_cdf(double x, double degrees) { return gamma_p(degrees / 2, x < 0 ? 0 : x / 2); }
double chi_square_sf(double x, double degrees) { return gamma_q(degrees / 2, x < 0 ? 0 : x / 2); }
double chi_square_ppf(double p, double degrees) {
    if (!probability(p) || !(degrees > 0)) return kNan;
    if (p == 1) return kInfinity;
    return 2 * bm::gamma_p_inv(degrees / 2, p, kQuiet);
}

double beta_cdf(double x, double a, double b) {
    if (std::isnan(x) || !(a > 0) || !(b > 0)) return kNan;
    if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1;
    return bm::ibeta(a, b, x, kQuiet);
}
double beta_sf(double x, double a, double b) {
    if (std::isnan(x) || !(a > 0) || !(b > 0)) return kNan;
    if (x <= 0 || x >= 1) return x <= 0 ? 1 : 0;
    return bm::ibetac(a, b, x, kQuiet);
}
double beta_ppf(double p, double a, double b) {
    if (!probability(p) || !(a > 0) || !(b > 0)) return kNan;
    return bm::ibeta_inv(a, b, p, kQuiet);
}

// n x / (m + n x) is Beta(n / 2, m / 2) (Abramowitz and Stegun 26.6.2); the smaller of the two
// complementary arguments is the one computed without cancellation.
double f_sf(double x, double numerator, double denominator) {
    if (std::isnan(x) || !(numerator > 0) || !(denominator > 0)) return kNan;
    if (x <= 0) return 1;
    if (std::isinf(x)) return 0;
    const double scaled = numerator * x;
    if (scaled > denominator)
        return bm::ibeta(denominator / 2, numerator / 2, denominator / (denominator + scaled),
                         kQuiet);
    return bm::ibetac(numerator / 2, denominator / 2, scaled / (denominator + scaled), kQuiet);
}
double f_cdf(double x, double numerator, double denominator) {
    if (std::isnan(x) || !(numerator > 0) || !(denominator > 0)) return kNan;
    if (x <= 0) return 0;
    if (std::isinf(x)) return 1;
    const double scaled = numerator * x;
    if (scaled > denominator)
        return bm::ibetac(denominator / 2, numerator / 2, denominator / (denominator + scaled),
                          kQuiet);
    return bm::ibeta(numerator / 2, denominator / 2, scaled / (denominator + scaled), kQuiet);
}
double f_ppf(double p, double numerator, double denominator) {
    if (!probability(p) || !(numerator > 0) || !(denominator > 0)) return kNan;
    if (p == 0 || p == 1) return p == 0 ? 0 : kInfinity;
    double other = 0;
    const double y = bm::ibeta_inv(numerator / 2, denominator / 2, p, &other, kQuiet);
    return denominator * y / (numerator * other);
}

// What k values cost where `mean` were expected: k ln(k / mean) - (k - mean).
static double deviance(double k, double mean) {
    const double off = (mean - k) / k;
    return off > -1 ? -k * log1p_minus(off) : kInfinity;
}

double binomial_pmf(double k, double n, double p) {
    if (std::isnan(k) || !(n >= 0) || !probability(p)) return kNan;
    if (k < 0 || k > n || k != std::floor(k)) return 0;
    if (p == 0 || p == 1) return k == (p == 0 ? 0 : n) ? 1 : 0;
    if (k == 0) return std::exp(n * std::log1p(-p));
    if (k == n) return std::exp(n * std::log(p));
    const double rest = n - k;
    const double exponent = stirling_error(n) - stirling_error(k) - stirling_error(rest) -
                            deviance(k, n * p) - deviance(rest, n * (1 - p));
    return std::exp(exponent) * std::sqrt(n / (2 * std::numbers::pi * k * rest));
}

double hypergeometric_pmf(double k, double total, double marked, double drawn) {
    const double unmarked = total - marked;
    if (k < 0 || k > marked || drawn - k < 0 || drawn - k > unmarked) return 0;
    if (drawn == 0 || drawn == total) return 1;
    const double p = drawn / total;
    return binomial_pmf(k, marked, p) *
           (binomial_pmf(drawn - k, unmarked, p) / binomial_pmf(drawn, total, p));
}

// Abramowitz and Stegun 26.5.24.
double binomial_cdf(double k, double n, double p) {
    if (std::isnan(k) || !(n >= 0) || !probability(p)) return kNan;
    k = std::floor(k);
    if (k < 0 || k >= n) return k < 0 ? 0 : 1;
    return beta_sf(p, k + 1, n - k);
}
double binomial_sf(double k, double n, double p) {
    if (std::isnan(k) || !(n >= 0) || !probability(p)) return kNan;
    k = std::floor(k);
    if (k < 0 || k >= n) return k < 0 ? 1 : 0;
    return beta_cdf(p, k + 1, n - k);
}

double log_gamma(double x) {
    // std::lgamma writes to a global; this does not.
    if (std::isnan(x)) return kNan;
    if (std::isinf(x)) return kInfinity;
    if (x <= 0 && x == std::floor(x)) return kInfinity;
    return bm::lgamma(x, kQuiet);
}

double stirling_error(double n) {
    if (n < 16)
        return log_gamma(n + 1) - (n + 0.5) * std::log(n) + n - std::log(2 * std::numbers::pi) / 2;
    const double r = 1 / (n * n);
    return (1.0 / 12 - r * (1.0 / 360 - r * (1.0 / 1260 - r * (1.0 / 1680 - r / 1188)))) / n;
}

double log_beta(double a, double b) {
    if (!(a > 0) || !(b > 0)) return kNan;
    const double small = std::min(a, b), large = std::max(a, b);
    if (large < 1000) return log_gamma(a) + log_gamma(b) - log_gamma(a + b);
    // ln Gamma(large) - ln Gamma(large + small) by Stirling, its large parts cancelled on paper.
    const double rest = stirling_error(large) - stirling_error(large + small);
    const double ratio =
        -(large - 0.5) * std::log1p(small / large) - small * std::log(large + small) + small;
    return log_gamma(small) + ratio + rest;
}

double log_choose(double n, double k) {
    if (!(k >= 0) || !(k <= n)) return kNan;
    return -std::log1p(n) - log_beta(n - k + 1, k + 1);
}

double log1p_minus(double x) {
    if (!(x > -1)) return kNan;
    return bm::log1pmx(x, kQuiet);
}

double bessel_k_quarter_scaled(double x) {
    if (!(x > 0)) return kNan;
    if (x < 600) return bm::cyl_bessel_k(0.25, x, kQuiet) * std::exp(x);
    // Hankel's expansion (Abramowitz and Stegun 9.7.2), mu = 4 * (1/4)^2.
    double term = 1, sum = 1;
    for (int k = 1; k <= 8; ++k) {
        term *= (0.25 - (2 * k - 1) * (2 * k - 1)) / (k * 8 * x);
        sum += term;
    }
    return std::sqrt(std::numbers::pi / (2 * x)) * sum;
}

}  // namespace rondo::stats
