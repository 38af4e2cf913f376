#include "domain/stats/sequential/hedged.h"

#include <algorithm>
#include <cmath>

namespace rondo::stats {
namespace {
constexpr double kMostStake = 0.5;  // of what could lose everything
}

HedgedSequence::HedgedSequence(double alpha, size_t grid)
    : alpha_(alpha > 0 && alpha < 1 ? alpha : 0.05),
      above_(std::clamp<size_t>(grid, 2, 100000) + 1, std::log(0.5)),
      below_(above_) {}

void HedgedSequence::update(double x) {
    if (std::isnan(x)) return;
    x = std::clamp(x, 0.0, 1.0);
    const auto t = static_cast<double>(++count_);
    // Predictable: the variance of what came before, and half an imagined value at 1/2.
    const double variance = squares_ / t;
    const double stake = std::sqrt(2 * std::log(2 / alpha_) / (variance * t * std::log1p(t)));
    const auto steps = static_cast<double>(above_.size() - 1);
    const double threshold = -std::log(alpha_);
    double low = 2, high = -1;
    for (size_t i = 0; i < above_.size(); ++i) {
        const double m = static_cast<double>(i) / steps;
        above_[i] += std::log1p(std::min(stake, kMostStake / m) * (x - m));
        below_[i] += std::log1p(-std::min(stake, kMostStake / (1 - m)) * (x - m));
        if (std::max(above_[i], below_[i]) > threshold) continue;
        low = std::min(low, m);
        high = std::max(high, m);
    }
    sum_ += x;
    const double mean = (0.5 + sum_) / (t + 1);
    squares_ += (x - mean) * (x - mean);
    if (high < 0) return;  // all rejected between two points of the grid: keep what was known
    bounds_.lower = std::max(bounds_.lower, low - 1 / steps);
    bounds_.upper = std::min(bounds_.upper, high + 1 / steps);
}

double HedgedSequence::log_wealth(double m) const {
    const auto steps = static_cast<double>(above_.size() - 1);
    const auto i = static_cast<size_t>(std::nearbyint(std::clamp(m, 0.0, 1.0) * steps));
    return std::max(above_[i], below_[i]);
}

}  // namespace rondo::stats
