// Counts by whole number, for the buckets of a DDSketch: pages of counters that are made where
// something falls, so that one more count costs two look-ups whatever the range. At most
// kMaxBuckets numbers are told apart; beyond, the lowest become one. The result depends on what
// was counted, not on its order. One owner; no thread safety.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace rondo::stats {

class Buckets {
  public:
    static constexpr size_t kMaxBuckets = 4096;

    // times > 0
    void add(int32_t index, uint64_t times) {
        if (index < floor_) index = floor_;
        const auto at = static_cast<size_t>(int64_t{page_of(index)} - first_);
        const uint32_t page = at < slots_.size() ? slots_[at] : 0;
        uint64_t& count = (page != 0 ? pages_[page] : open(page_of(index)))[cell_of(index)];
        const bool met = count != 0;
        count += times;
        if (!met && ++used_ > kMaxBuckets) drop_lowest();
    }
    // Ascending, none of them with a count of 0.
    std::vector<std::pair<int32_t, uint64_t>> items() const;
    size_t size() const { return used_; }

  private:
    static constexpr int kPageBits = 6;
    using Page = std::array<uint64_t, size_t{1} << kPageBits>;
    static int32_t page_of(int32_t index) { return index >> kPageBits; }
    static size_t cell_of(int32_t index) {
        return static_cast<size_t>(index) & ((size_t{1} << kPageBits) - 1);
    }
    Page& open(int32_t page);
    void drop_lowest();

    int32_t first_ = 0;                                    // page of the first slot
    std::vector<uint32_t> slots_;                          // where each page lies; 0: nowhere
    std::vector<Page> pages_;                              // the first stands for none
    std::vector<uint32_t> free_;                           // pages with nothing in them
    size_t used_ = 0;                                      // buckets with a count
    int32_t floor_ = std::numeric_limits<int32_t>::min();  // the lowest, once some became one
};

}  // namespace rondo::stats
