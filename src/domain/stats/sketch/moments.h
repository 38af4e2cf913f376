// Count, mean and the central moments up to the fourth of a stream, in one pass without
// cancellation (Welford 1962; merging by Pebay 2008). Exact up to rounding; merges in any order to
// the same value up to rounding.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace rondo::stats {

class StreamMoments {
  public:
    void add(double value);  // a NaN or an infinity is counted apart
    void merge(const StreamMoments& other);

    uint64_t count() const { return count_; }
    uint64_t not_finite() const { return not_finite_; }
    double mean() const { return mean_; }
    double min() const { return min_; }
    double max() const { return max_; }
    double variance() const;  // divided by n - 1; NaN below two values
    double skewness() const;  // biased, as scipy's default; NaN for a constant
    double kurtosis() const;  // excess, biased, as scipy's default; NaN for a constant

    std::string encode() const;
    static Result<StreamMoments> decode(std::string_view bytes);

  private:
    uint64_t count_ = 0, not_finite_ = 0;
    double mean_ = 0, m2_ = 0, m3_ = 0, m4_ = 0;  // sums of powers of deviations
    double min_ = 0, max_ = 0;
};

}  // namespace rondo::stats
