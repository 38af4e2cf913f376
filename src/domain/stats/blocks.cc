#include "domain/stats/blocks.h"

#include <algorithm>

namespace rondo::stats {

void BlockEvidence::add_block(std::span<const double> differences, double clip, double sign) {
    if (differences.empty()) return;
    double sum = 0;
    for (const double d : differences) sum += d;
    const double mean = sum / static_cast<double>(differences.size());
    const double x = std::clamp(mean, -clip, clip) / clip;
    bets.update(sign * x);
    rows += static_cast<int64_t>(differences.size());
    row_sum += sum;
    blocks.push_back(x);
}

Interval BlockEvidence::interval(double clip, double alpha) const {
    const Interval scaled = mean_interval(blocks, alpha);
    return {scaled.lower * clip, scaled.upper * clip};
}

}  // namespace rondo::stats
