#include "domain/stats/sequential/quantile_sequence.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "domain/stats/sequential/boundaries.h"
#include "domain/stats/sequential/zeta.h"

namespace rondo::stats {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// The least value of a function with one valley, by golden sections.
template <class F>
double valley(F f, double low, double high) {
    constexpr double kGolden = 1 / std::numbers::phi;
    double a = high - kGolden * (high - low), b = low + kGolden * (high - low);
    double fa = f(a), fb = f(b);
    for (int i = 0; i < 120 && high - low > 1e-12 * std::abs(high); ++i) {
        if (fa < fb) {
            high = b;
            b = a;
            fb = fa;
            a = high - kGolden * (high - low);
            fa = f(a);
        } else {
            low = a;
            a = b;
            fa = fb;
            b = low + kGolden * (high - low);
            fb = f(b);
        }
    }
    return (low + high) / 2;
}

// The chance that the band of constant c fails, at the best spacing of epochs.
double band_error(double c, double a) {
    const auto spread = [&](double eta) {
        return std::sqrt(eta / 2) + std::sqrt(2 * (eta - 1) / c) - a;
    };
    double low = 1, high = 2 * a * a;
    for (int i = 0; i < 100; ++i) {
        const double middle = (low + high) / 2;
        (spread(middle) > 0 ? high : low) = middle;
    }
    const auto error = [&](double eta) {
        const double root = a - std::sqrt(2 * (eta - 1) / c);
        const double square = 2 / eta * root * root;
        if (square <= 1) return kInfinity;
        return 4 * std::exp(-square * c) * (1 + 1 / ((square - 1) * std::log(eta)));
    };
    return error(valley(error, 1, low));
}

double log_odds(double p) { return std::log(p / (1 - p)); }

}  // namespace

double empirical_band(double t, double alpha, double t_min, double a) {
    if (!(alpha > 0 && alpha < 1) || !(t_min >= 1) || !(a > 1 / std::numbers::sqrt2))
        return std::numeric_limits<double>::quiet_NaN();
    if (!(t >= t_min)) return kInfinity;
    double low = 0.01, high = 1;
    while (band_error(high, a) > alpha) high *= 2;
    for (int i = 0; i < 100 && high - low > 1e-13 * high; ++i) {
        const double middle = (low + high) / 2;
        (band_error(middle, a) > alpha ? low : high) = middle;
    }
    return a * std::sqrt((std::log1p(std::log(t / t_min)) + high) / t);
}

double quantile_band_count(double p, double t, double alpha, double t_opt, double delta, double s,
                           double eta) {
    if (!(p > 0 && p < 1) || !(alpha > 0 && alpha < 1) || !(t_opt >= 1) || !(delta > 0) ||
        !(s > 1) || !(eta > 1))
        return std::numeric_limits<double>::quiet_NaN();
    const double reached = std::max(t, t_opt), epochs = reached / t_opt;
    const double shifted = log_odds(p) + 2 * delta * std::sqrt(eta / epochs);
    const double r = p >= 0.5 ? p : std::min(0.5, 1 / (1 + std::exp(-shifted)));
    const double variance = r * (1 - r);
    const double j = std::sqrt(epochs) * std::abs(log_odds(p)) / (2 * delta) + 1;
    const double zeta = riemann_zeta(s);
    const double l = s * std::log(std::log(eta * epochs)) + s * std::log(j) +
                     std::log(2 * zeta * (2 * zeta + 1) / (alpha * std::pow(std::log(eta), s)));
    const double k1 = (std::pow(eta, 0.25) + std::pow(eta, -0.25)) / std::numbers::sqrt2;
    const double skew = (std::sqrt(eta) + 1) / 2 * (1 - 2 * p) / 3 * l;
    return delta * std::sqrt(eta * epochs * variance) +
           std::sqrt(k1 * k1 * variance * reached * l + skew * skew) + skew;
}

Result<double> quantile_ab_p_value(const Sample& a, const Sample& b, double p, double t_opt,
                                   double alpha_opt) {
    TRY(need_values(a, 1, "a"));
    TRY(need_values(b, 1, "b"));
    if (!(p > 0 && p < 1) || !(t_opt >= 1) || !(alpha_opt > 0 && alpha_opt < 1))
        return fail(Code::invalid,
                    "a quantile level and an error lie between 0 and 1, and t_opt is 1 or more",
                    "p");
    if (a.poisoned() || b.poisoned()) return std::numeric_limits<double>::quiet_NaN();
    const double rho = two_sided_normal_rho(t_opt * p * (1 - p), alpha_opt);
    struct Arm {
        double n, best,
            point;  // rows; the share below at which its evidence is least; the value there
        double below = 0;
    };
    const auto evidence = [&](double n, double share) {
        return two_sided_beta_binomial_log_mixture((share - p) * n, p * (1 - p) * n, rho, p, 1 - p);
    };
    const auto arm_of = [&](const Sample& sample) {
        const auto n = static_cast<double>(sample.size());
        const double best = valley([&](double share) { return evidence(n, share); }, 0, 1);
        const auto place = std::min(static_cast<size_t>(best * n), sample.size() - 1);
        return Arm{n, best, sample.values()[place]};
    };
    Arm first = arm_of(a), second = arm_of(b);
    // Left of both points and right of both the sum only grows.
    const double low = std::min(first.point, second.point);
    const double high = std::max(first.point, second.point);
    double least = kInfinity;
    // At a value the share below may be counted with or without it: the better one for the null.
    const auto least_of = [&](const Arm& arm, size_t equal) {
        const double upto = arm.below + static_cast<double>(equal);
        return evidence(arm.n, std::clamp(arm.best, arm.below / arm.n, upto / arm.n));
    };
    walk_distinct(a.values(), b.values(), [&](double value, size_t in_a, size_t in_b) {
        if (value >= low && value <= high)
            least = std::min(least, least_of(first, in_a) + least_of(second, in_b));
        first.below += static_cast<double>(in_a);
        second.below += static_cast<double>(in_b);
    });
    return std::min(1.0, std::exp(-least));
}

}  // namespace rondo::stats
