#include "domain/stats/sequential/assignment.h"

#include <algorithm>
#include <cmath>

#include "domain/stats/betting.h"
#include "domain/stats/units.h"

namespace rondo::stats {

GuardrailEvidence::GuardrailEvidence(double tolerated)
    : tolerated_(tolerated > 0 && std::isfinite(tolerated) ? tolerated : 1) {}

void GuardrailEvidence::failure(Arm arm, double rho, int64_t times) {
    if (!(rho > 0 && rho < 1) || times <= 0) return;
    failures_ += times;
    const double null = rho * tolerated_ / (1 - rho + rho * tolerated_);
    for (size_t j = 0; j < log_wealth_.size(); ++j) {
        const double ratio = tolerated_ * kOddsRatios[j];
        const double theta = rho * ratio / (1 - rho + rho * ratio);
        log_wealth_[j] +=
            static_cast<double>(times) *
            (arm == Arm::candidate ? std::log(theta / null) : std::log((1 - theta) / (1 - null)));
    }
}

double GuardrailEvidence::e_value() const { return mixture(log_wealth_); }

void WeightedBets::update(GuardrailEvidence::Arm arm, double y, double rho) {
    if (!(rho > 0 && rho < 1) || std::isnan(y)) return;
    y = std::clamp(y, 0.0, 1.0);
    const auto t = static_cast<double>(count_);
    const double foretold = (0.5 + sum_y_) / (t + 1);
    const double largest_loss = std::max({foretold / rho, (1 - foretold) / (1 - rho), 1.0});
    const double mean = sum_x_ / (t + 1);
    const double square = (1 + squares_x_) / (t + 1);  // of the past X, and one imagined
    const double stake = std::clamp(mean / square, 0.0, 0.5 / largest_loss);
    const double x =
        (y - foretold) * (arm == GuardrailEvidence::Arm::candidate ? 1 / rho : -1 / (1 - rho));
    log_wealth_ += std::log1p(stake * x);
    ++count_;
    sum_y_ += y;
    sum_x_ += x;
    squares_x_ += x * x;
}

double WeightedBets::e_value() const { return mixture(std::span(&log_wealth_, 1)); }

}  // namespace rondo::stats
