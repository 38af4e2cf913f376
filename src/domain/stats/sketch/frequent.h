// The most frequent items of a stream in bounded memory: Misra and Gries 1982, merged after
// Agarwal et al. 2013. Each item's count is known to lie within [lower, upper], and upper - lower
// is the same for all: at most count() / (capacity + 1). So every item with a larger share is kept.
// One owner; no thread safety.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/stats/sketch/text_counts.h"

namespace rondo::stats {

class FrequentItems {
  public:
    static constexpr uint32_t kMinCapacity = 8, kMaxCapacity = 65536;
    static constexpr size_t kMaxItemBytes = 256;  // longer items are cut there

    explicit FrequentItems(uint32_t capacity = 512);  // clamped; up to twice as many are kept

    void add(std::string_view item, uint64_t times = 1);  // amortised O(1), ~15 ns
    Status merge(const FrequentItems& other);             // fails on another capacity

    struct Item {
        std::string item;
        uint64_t lower = 0, upper = 0;
    };
    // All items that may have been met `share` of the time or more, the most frequent first; equal
    // ones by name.
    std::vector<Item> at_least(double share) const;
    Item find(std::string_view item) const;

    uint64_t count() const { return count_; }
    uint64_t error() const { return error_; }  // upper - lower
    uint32_t capacity() const { return capacity_; }

    std::string encode() const;
    static Result<FrequentItems> decode(std::string_view bytes);

  private:
    void shrink();

    uint32_t capacity_;
    uint64_t count_ = 0, error_ = 0;
    TextCounts counts_;
};

}  // namespace rondo::stats
