#include "domain/stats/sequential/boundaries.h"

#include <cmath>
#include <limits>
#include <numbers>

#include "domain/stats/distributions.h"
#include "domain/stats/sequential/zeta.h"

namespace rondo::stats {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// The s at which an increasing function reaches `target`, by doubling and bisection.
template <class F>
double crossing(F log_mixture, double target, double first) {
    double high = first;
    for (int i = 0; i < 200 && !(log_mixture(high) > target); ++i) high *= 2;
    double low = 0;
    for (int i = 0; i < 200 && high - low > 1e-13 * high; ++i) {
        const double middle = (low + high) / 2;
        (log_mixture(middle) > target ? high : low) = middle;
    }
    return (low + high) / 2;
}

bool sensible(double v, double alpha, double rho) {
    return v >= 0 && alpha > 0 && alpha < 1 && rho > 0;
}

// ln P(X <= x) for Gamma(a, rate 1) + the rest of the mixture, from the side that keeps digits.
double log_gamma_p(double a, double x) {
    const double p = gamma_p(a, x);
    if (p > 1e-290) return p > 0.5 ? std::log1p(-gamma_q(a, x)) : std::log(p);
    // The lower series' leading terms (Abramowitz and Stegun 6.5.29).
    double term = 1 / a, sum = term;
    for (int i = 1; i < 1000 && term > sum * 1e-17; ++i) sum += term *= x / (a + i);
    return a * std::log(x) - x - log_gamma(a) + std::log(sum);
}

// ln of the incomplete beta function B_x(a, b), not regularised.
double log_incomplete_beta(double a, double b, double x) {
    if (x >= 1) return log_beta(a, b);
    const double share = beta_cdf(x, a, b);
    if (share > 1e-290) return log_beta(a, b) + std::log(share);
    // x^a (1 - x)^b / a times a hypergeometric series of positive terms (DLMF 8.17.8).
    double term = 1, sum = 1;
    for (int i = 0; i < 100000 && term > sum * 1e-17; ++i) {
        term *= (a + b + i) / (a + 1 + i) * x;
        sum += term;
    }
    return a * std::log(x) + b * std::log1p(-x) - std::log(a) + std::log(sum);
}

}  // namespace

double two_sided_normal_rho(double v_opt, double alpha) {
    const double l = 2 * std::log(1 / alpha);
    return v_opt / (l + std::log(1 + l));
}

double one_sided_normal_rho(double v_opt, double alpha) {
    return two_sided_normal_rho(v_opt, 2 * alpha);
}

double two_sided_normal_log_mixture(double s, double v, double rho) {
    if (!sensible(v, 0.5, rho)) return kNan;
    return std::log(rho / (v + rho)) / 2 + s * s / (2 * (v + rho));
}

double two_sided_normal_bound(double v, double alpha, double rho) {
    if (!sensible(v, alpha, rho)) return kNan;
    return std::sqrt((v + rho) * (std::log1p(v / rho) + 2 * std::log(1 / alpha)));
}

double one_sided_normal_log_mixture(double s, double v, double rho) {
    if (!sensible(v, 0.5, rho)) return kNan;
    return std::log(4 * rho / (v + rho)) / 2 + s * s / (2 * (v + rho)) +
           normal_log_cdf(s / std::sqrt(v + rho));
}

double one_sided_normal_bound(double v, double alpha, double rho) {
    if (!sensible(v, alpha, rho)) return kNan;
    return crossing([&](double s) { return one_sided_normal_log_mixture(s, v, rho); },
                    std::log(1 / alpha), std::sqrt(v + rho));
}

double gamma_exponential_log_mixture(double s, double v, double rho, double c) {
    if (!sensible(v, 0.5, rho) || !(c > 0)) return kNan;
    const double square = c * c, r = rho / square, u = (v + rho) / square;
    const double reached = (c * s + v + rho) / square;
    if (!(reached > 0)) return -std::numeric_limits<double>::infinity();
    const double leading = r * std::log(r) - log_gamma(r) - log_gamma_p(r, r);
    return leading + log_gamma(u) + log_gamma_p(u, reached) - u * std::log(reached) +
           (c * s + v) / square;
}

double gamma_exponential_bound(double v, double alpha, double rho, double c) {
    if (!sensible(v, alpha, rho) || !(c > 0)) return kNan;
    return crossing([&](double s) { return gamma_exponential_log_mixture(s, v, rho, c); },
                    std::log(1 / alpha), std::sqrt(v + rho));
}

// The probability of the step h is drawn from a beta distribution around g / (g + h), whose weight
// r makes the boundary tightest where the normal one of rho is.
double two_sided_beta_binomial_log_mixture(double s, double v, double rho, double g, double h) {
    if (!sensible(v, 0.5, rho) || !(g > 0) || !(h > 0)) return kNan;
    const double both = g + h, r = std::max(rho - g * h, 1e-3 * g * h);
    return v / (g * h) * std::log(both) - (v / h + s) / both * std::log(g) -
           (v / g - s) / both * std::log(h) +
           log_beta((r + v) / (g * both) - s / both, (r + v) / (h * both) + s / both) -
           log_beta(r / (g * both), r / (h * both));
}

double one_sided_beta_binomial_log_mixture(double s, double v, double rho, double g, double h) {
    if (!sensible(v, 0.5, rho) || !(g > 0) || !(h > 0)) return kNan;
    const double both = g + h, r = std::max(rho - g * h, 1e-3 * g * h);
    return v / (g * h) * std::log(both) - (v / h + s) / both * std::log(g) -
           (v / g - s) / both * std::log(h) +
           log_incomplete_beta((r + v) / (g * both) - s / both, (r + v) / (h * both) + s / both,
                               h / both) -
           log_incomplete_beta(r / (g * both), r / (h * both), h / both);
}

double poly_stitching_bound(double v, double alpha, double v_min, double c, double s, double eta) {
    if (!sensible(v, alpha, v_min) || !(c >= 0) || !(s > 1) || !(eta > 1)) return kNan;
    const double reached = std::max(v, v_min);
    const double k1 = (std::pow(eta, 0.25) + std::pow(eta, -0.25)) / std::numbers::sqrt2;
    const double k2 = (std::sqrt(eta) + 1) / 2;
    const double l = s * std::log(std::log(eta * reached / v_min)) +
                     std::log(riemann_zeta(s) / (alpha * std::pow(std::log(eta), s)));
    return std::sqrt(k1 * k1 * reached * l + k2 * k2 * c * c * l * l) + k2 * c * l;
}

SequenceBounds bernoulli_sequence(double successes, double trials, double alpha, double t_opt) {
    SequenceBounds out;
    if (!(trials > 0) || !(successes >= 0) || !(successes <= trials) || !(alpha > 0 && alpha < 1) ||
        !(t_opt > 0))
        return out;
    const double threshold = std::log(1 / alpha), found = successes / trials;
    const auto rejected = [&](double p) {
        const double rho = two_sided_normal_rho(t_opt * p * (1 - p), alpha);
        const double s = successes - trials * p, v = trials * p * (1 - p);
        return two_sided_beta_binomial_log_mixture(s, v, rho, p, 1 - p) >= threshold;
    };
    const auto end = [&](double far) {
        double kept = found, beyond = far;
        for (int i = 0; i < 60; ++i) {
            const double middle = (kept + beyond) / 2;
            (rejected(middle) ? beyond : kept) = middle;
        }
        return beyond;
    };
    if (successes > 0) out.lower = end(0);
    if (successes < trials) out.upper = end(1);
    return out;
}

}  // namespace rondo::stats
