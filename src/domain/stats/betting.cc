#include "domain/stats/betting.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace rondo::stats {
namespace {

constexpr double kMaxLog = 690;  // exp of it is 1e299

// Log wealth of one stake against "mean <= m": values are shifted by m and scaled so that the
// largest loss is a full stake.
double log_wealth_against(std::span<const double> xs, double m, double sign, double stake) {
    double sum = 0;
    const double scale = stake / (1 + std::abs(m));
    for (const double x : xs) sum += std::log1p(scale * sign * (x - m));
    return sum;
}

double e_against(std::span<const double> xs, double m, double sign) {
    std::array<double, kStakes.size()> logs{};
    for (size_t j = 0; j < kStakes.size(); ++j)
        logs[j] = log_wealth_against(xs, m, sign, kStakes[j]);
    return mixture(logs);
}

// The m where the wealth against one side crosses 1/alpha. The wealth falls as m moves towards
// the data's own side, so bisection finds the crossing.
double crossing(std::span<const double> xs, double alpha, double sign) {
    double rejected = -sign;  // the far end: rejected if anything is
    double kept = sign;
    if (e_against(xs, rejected, sign) < 1 / alpha) return rejected;
    for (int i = 0; i < 60 && std::abs(kept - rejected) > 1e-9; ++i) {
        const double middle = (kept + rejected) / 2;
        if (e_against(xs, middle, sign) >= 1 / alpha)
            rejected = middle;
        else
            kept = middle;
    }
    return rejected;
}

}  // namespace

double mixture(std::span<const double> log_wealth) {
    double sum = 0;
    for (const double log : log_wealth) sum += std::exp(std::min(log, kMaxLog));
    return sum / static_cast<double>(log_wealth.size());
}

void BetProcess::update(double x, int64_t times) {
    const double cut = std::clamp(x, -1.0, 1.0);
    const auto repeated = static_cast<double>(times);
    for (size_t j = 0; j < kStakes.size(); ++j)
        log_wealth[j] += repeated * std::log1p(kStakes[j] * cut);
    count += times;
    sum += repeated * cut;
}

double BetProcess::e_value() const { return mixture(log_wealth); }

void LevelBets::update(double loss, double level) {
    for (size_t j = 0; j < kStakes.size(); ++j)
        growth[j] += std::log1p(kStakes[j] * (loss - level));
}

void LevelBets::add(const LevelBets& day) {
    CHECK(day.growth.size() == growth.size(), "stakes changed under stored evidence");
    for (size_t j = 0; j < growth.size(); ++j) growth[j] += day.growth[j];
}

double LevelBets::e_value() const { return mixture(growth); }

Interval mean_interval(std::span<const double> xs, double alpha) {
    if (xs.empty()) return {};
    return {crossing(xs, alpha, +1), crossing(xs, alpha, -1)};
}

}  // namespace rondo::stats
