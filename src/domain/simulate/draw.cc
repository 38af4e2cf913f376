#include "domain/simulate/draw.h"

#include <algorithm>
#include <cmath>

#include "domain/stats/distributions.h"

namespace rondo::simulate {

double Draw::normal() {
    // Never 0, whose quantile is infinite.
    return stats::normal_ppf((static_cast<double>(random_.next() >> 12) + 0.5) * 0x1p-52);
}

int64_t Draw::binomial(int64_t n, double p) {
    if (n <= 0 || !(p > 0)) return 0;
    if (p >= 1) return n;
    if (p > 0.5) return n - binomial(n, 1 - p);
    return static_cast<double>(n) * p < 12 ? by_inversion(n, p) : by_rejection(n, p);
}

int64_t Draw::by_inversion(int64_t n, double p) {
    const double odds = p / (1 - p);
    double mass = std::exp(static_cast<double>(n) * std::log1p(-p));  // of k
    double left = uniform();
    int64_t k = 0;
    while (left >= mass && k < n) {
        left -= mass;
        ++k;
        mass *= odds * static_cast<double>(n - k + 1) / static_cast<double>(k);
    }
    return k;
}

int64_t Draw::by_rejection(int64_t n, double p) {
    const auto trials = static_cast<double>(n);
    const double deviation = std::sqrt(trials * p * (1 - p));
    const double b = 1.15 + 2.53 * deviation;
    const double a = -0.0873 + 0.0248 * b + 0.01 * p;
    const double centre = trials * p + 0.5;
    const double squeeze = 0.92 - 4.2 / b;
    const double mode = std::floor((trials + 1) * p);
    const double log_odds = std::log(p / (1 - p));
    const auto log_mass = [&](double k) {
        return k * log_odds - stats::log_gamma(k + 1) - stats::log_gamma(trials - k + 1);
    };
    while (true) {
        const double u = uniform() - 0.5;
        double v = uniform();
        const double us = 0.5 - std::abs(u);
        const double k = std::floor((2 * a / us + b) * u + centre);
        if (us >= 0.07 && v <= squeeze) return static_cast<int64_t>(k);
        if (!(k >= 0 && k <= trials)) continue;
        v *= (2.83 + 5.1 / b) * deviation / (a / (us * us) + b);
        if (std::log(v) <= log_mass(k) - log_mass(mode)) return static_cast<int64_t>(k);
    }
}

}  // namespace rondo::simulate
