// Quantiles of a stream in a few kilobytes, before any reference is known: the KLL sketch
// (Karnin, Lang and Liberty 2016). Merges with others of its k in any order.
//
// Answers about ranks are wrong by at most rank_error() of all values with 99 % confidence; about
// values nothing is promised. Never make a Kolmogorov-Smirnov p-value of it without taking that
// error off: at a million rows the sketch alone looks like drift.
// One owner; no thread safety.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/stats/random.h"

namespace rondo::stats {

class KllSketch {
  public:
    static constexpr uint16_t kMinK = 8, kMaxK = 32768;

    // k: 200 keeps ranks to 1.3 %, 1024 to 0.3 %, 4096 to 0.07 %. The seed settles the random
    // choices, so that the same stream gives the same sketch. Clamped to [kMinK, kMaxK].
    explicit KllSketch(uint16_t k = 200, uint64_t seed = 0);

    // A NaN is left out. Below 20 ns, in any order of the values.
    void update(double value) {
        if (value != value) return;
        if (!(min_ <= value)) min_ = value;
        if (!(max_ >= value)) max_ = value;
        ++count_;
        levels_[0].push_back(value);
        if (++kept_ >= capacity_) compress();
    }
    // Fails when the other has another k.
    Status merge(const KllSketch& other);

    uint64_t count() const { return count_; }
    uint16_t k() const { return k_; }
    double min() const { return min_; }  // exact; NaN when empty
    double max() const { return max_; }
    // The share of values at most `value`; NaN when empty.
    double cdf(double value) const;
    // The smallest kept value whose rank reaches q in [0, 1]; exact ends. NaN when empty.
    double quantile(double q) const;
    std::vector<double> quantiles(std::span<const double> qs) const;  // sorts once
    // Of one rank, or of the difference of two; as Apache DataSketches measured for this scheme.
    double rank_error() const;

    std::string encode() const;
    static Result<KllSketch> decode(std::string_view bytes);
    size_t kept() const { return kept_; }  // values in memory

  private:
    struct Weighted {
        double value;
        uint64_t weight;
    };
    void resize(size_t levels);
    void compress();
    void halve(size_t h);
    std::vector<Weighted> weighted() const;

    uint16_t k_;
    uint64_t count_ = 0;
    double min_, max_;
    Random random_;
    // A value of level h stands for 2^h. The lowest level is as it came, the others are in order.
    std::vector<std::vector<double>> levels_;
    std::vector<size_t> capacities_;  // of each level
    size_t kept_ = 0, capacity_ = 0;  // over all levels
};

}  // namespace rondo::stats
