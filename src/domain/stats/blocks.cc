#include "domain/stats/blocks.h"

#include <algorithm>

namespace rondo::stats {

void BlockEvidence::add_block(std::span<const double> differences, double clip, double sign) {
    double sum = 0;
    for (const double d : differences) sum += d;
    add_block(sum, static_cast<int64_t>(differences.size()), clip, sign);
}

void BlockEvidence::add_block(double sum, int64_t count, double clip, double sign) {
    if (count == 0) return;
    const double mean = sum / static_cast<double>(count);
    const double x = std::clamp(mean, -clip, clip) / clip;
    bets.update(sign * x);
    rows += count;
    row_sum += sum;
    blocks.push_back(x);
}

Interval BlockEvidence::interval(double clip, double alpha) const {
    const Interval scaled = mean_interval(blocks, alpha);
    return {scaled.lower * clip, scaled.upper * clip};
}

}  // namespace rondo::stats
