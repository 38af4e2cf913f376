// The hedged betting confidence sequence for the mean of values in [0, 1] (Waudby-Smith and Ramdas
// 2023, "Estimating means of bounded random variables by betting"): for each possible mean m a
// gambler bets that the mean is above and one that it is below; m is rejected once the better of
// the two halves of the stake has grown by 1 / alpha. Exact for any values with that mean given the
// past, at any time.
#pragma once

#include <cstdint>
#include <vector>

#include "domain/stats/interval.h"

namespace rondo::stats {

class HedgedSequence {
  public:
    // alpha in (0, 1); the means looked at are 0, 1/grid ... 1. 16 bytes each.
    explicit HedgedSequence(double alpha = 0.05, size_t grid = 1000);

    // Values outside [0, 1] are cut to it; a NaN is left out. O(grid) logarithms.
    void update(double x);
    // The means not rejected so far, widened by one step of the grid; bounds never widen again.
    Bounds bounds() const { return bounds_; }
    int64_t count() const { return count_; }
    // ln of the wealth against the mean nearest to m.
    double log_wealth(double m) const;

  private:
    double alpha_;
    int64_t count_ = 0;
    double sum_ = 0, squares_ = 0.25;    // of the values; of deviations from the means so far
    std::vector<double> above_, below_;  // ln of the wealth of the two gamblers at each mean
    Bounds bounds_{0, 1};
};

}  // namespace rondo::stats
