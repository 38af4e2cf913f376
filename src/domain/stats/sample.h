// A column of numbers made ready for tests and distances: sorted once, used by all of them.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace rondo::stats {

// What a NaN means. scipy's nan_policy has the same two (and "raise").
enum class Missing {
    propagate,  // one NaN makes every answer NaN
    omit,       // as if it were not there
};

// Ascending values. Holds a copy: 8 bytes a value. Immutable, so any thread may read it.
class Sample {
  public:
    // O(n), by radix sort: about 50 ns a value for a million, half of what comparisons take.
    explicit Sample(std::span<const double> values, Missing missing = Missing::propagate);

    // Takes the values over and sorts them in place: no copy. There must be no NaN among them.
    static Sample taking(std::vector<double> values);
    // The same of values that ascend already: not looked at again.
    static Sample ascending(std::vector<double> values);

    std::span<const double> values() const { return values_; }  // NaNs left out
    size_t size() const { return values_.size(); }
    // True when a NaN was met that was not to be omitted: statistics of this sample are NaN.
    bool poisoned() const { return poisoned_; }

  private:
    Sample() = default;
    std::vector<double> values_;
    bool poisoned_ = false;
};

// Fails when the sample, named `name` in the message, holds fewer than `least` values. A poisoned
// sample passes: its answer is NaN.
Status need_values(const Sample& sample, size_t least, std::string_view name);
Status need_values(std::span<const double> values, size_t least, std::string_view name);

// Ascending copy with NaNs last. Stable order of equal values is not promised (-0.0 before 0.0).
std::vector<double> sorted(std::span<const double> values);

// Walks two ascending samples together, from the smallest distinct value to the largest, and calls
// visit(value, x_equal, y_equal): how many of each sample have just this value. O(n + m).
template <class Visit>
void walk_distinct(std::span<const double> x, std::span<const double> y, Visit&& visit) {
    size_t i = 0, j = 0;
    while (i < x.size() || j < y.size()) {
        const double value = j == y.size() || (i < x.size() && x[i] < y[j]) ? x[i] : y[j];
        const size_t i0 = i, j0 = j;
        while (i < x.size() && x[i] == value) ++i;
        while (j < y.size() && y[j] == value) ++j;
        visit(value, i - i0, j - j0);
    }
}

}  // namespace rondo::stats
