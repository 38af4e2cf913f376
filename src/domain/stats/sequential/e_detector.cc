#include "domain/stats/sequential/e_detector.h"

#include <algorithm>
#include <cmath>

#include "domain/stats/betting.h"

namespace rondo::stats {

EDetector::EDetector(double level, Detector kind)
    : level_(std::clamp(level, 1e-9, 1 - 1e-9)), kind_(kind), values_(kStakes.size(), 0.0) {}

void EDetector::update(double loss) {
    if (std::isnan(loss)) return;
    loss = std::clamp(loss, 0.0, 1.0);
    ++count_;
    for (size_t j = 0; j < values_.size(); ++j) {
        const double increment = 1 + kStakes[j] * (loss - level_) / level_;
        const double begun = kind_ == Detector::cusum ? std::max(values_[j], 1.0) : values_[j] + 1;
        values_[j] = std::min(begun * increment, 1e300);
    }
}

double EDetector::value() const {
    double sum = 0;
    for (const double v : values_) sum += v / static_cast<double>(values_.size());
    return sum;
}

}  // namespace rondo::stats
