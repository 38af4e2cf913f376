// Watching for the moment at which a stream gets worse, for ever: e-detectors (Shin, Ramdas and
// Rinaldo 2023). Unlike an e-process they start anew all the time, so a long good past does not
// hide a bad present.
//
// Promise: while "each loss's mean, given the past, is at most `level`" holds, the mean number of
// rows to the first alarm at value >= 1 / alpha is at least 1 / alpha.
#pragma once

#include <cstdint>
#include <vector>

namespace rondo::stats {

enum class Detector : uint8_t {
    shiryaev_roberts,  // M = (M + 1) L: sums over all possible starts
    cusum,             // M = max(M, 1) L: the best of them
};

class EDetector {
  public:
    // Losses lie in [0, 1], level in (0, 1); both are cut to it. The increments are
    // L = 1 + stake (loss - level) / level for the stakes of betting.h, in equal mixture.
    explicit EDetector(double level, Detector kind = Detector::shiryaev_roberts);

    void update(double loss);  // a NaN is left out
    double value() const;
    int64_t count() const { return count_; }

  private:
    double level_;
    Detector kind_;
    int64_t count_ = 0;
    std::vector<double> values_;  // one a stake; capped at 1e300, far beyond any alarm
};

}  // namespace rondo::stats
