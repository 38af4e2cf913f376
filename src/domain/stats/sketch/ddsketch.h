// Quantiles of latencies and other positive values to a relative accuracy: DDSketch (Masson, Rim
// and Lee 2019). A value falls into the bucket ceil(log_gamma(|value|)), gamma = (1 + a) / (1 - a),
// so each answer is within a of a value that has the rank asked for. Adding counts merges, in any
// order, to the same bytes. The same idea as the exponential histograms of OpenTelemetry.
// At most kMaxBuckets buckets a side: beyond, the ones nearest to 0 become one, and quantiles that
// fall there lose the guarantee. One owner; no thread safety.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "domain/stats/sketch/buckets.h"

namespace rondo::stats {

class DdSketch {
  public:
    static constexpr size_t kMaxBuckets = Buckets::kMaxBuckets;  // 1 % over 35 decades
    // accuracy a in [1e-4, 0.5], clamped.
    explicit DdSketch(double accuracy = 0.01);

    void add(double value, uint64_t times = 1);  // NaN and infinities are left out; ~12 ns
    Status merge(const DdSketch& other);         // fails on another accuracy

    uint64_t count() const { return count_; }
    double accuracy() const { return accuracy_; }
    double sum() const { return sum_; }  // in the order of the additions
    double min() const { return min_; }  // exact; NaN when empty
    double max() const { return max_; }
    // The value of rank q (count - 1), q in [0, 1]; NaN when empty.
    double quantile(double q) const;

    std::string encode() const;
    static Result<DdSketch> decode(std::string_view bytes);

  private:
    double value_of(int32_t index) const;

    double accuracy_, gamma_, scale_;
    uint64_t count_ = 0, zeros_ = 0;
    double sum_ = 0, min_, max_;
    Buckets positive_, negative_;
};

}  // namespace rondo::stats
