#include "domain/stats/sketch/buckets.h"

#include <algorithm>

namespace rondo::stats {

Buckets::Page& Buckets::open(int32_t page) {
    if (slots_.empty()) {
        first_ = page;
        pages_.emplace_back();
    }
    if (page < first_) {
        // Twice as many, so that a falling stream does not move them each time.
        const size_t more = std::max(static_cast<size_t>(first_ - page), slots_.size());
        slots_.insert(slots_.begin(), more, 0);
        first_ -= static_cast<int32_t>(more);
    }
    const auto at = static_cast<size_t>(page - first_);
    if (at >= slots_.size()) slots_.resize(at + 1, 0);
    if (free_.empty()) {
        slots_[at] = static_cast<uint32_t>(pages_.size());
        return pages_.emplace_back();
    }
    slots_[at] = free_.back();
    free_.pop_back();
    return pages_[slots_[at]];
}

std::vector<std::pair<int32_t, uint64_t>> Buckets::items() const {
    std::vector<std::pair<int32_t, uint64_t>> out;
    out.reserve(used_);
    for (size_t at = 0; at < slots_.size(); ++at) {
        if (slots_[at] == 0) continue;
        const Page& page = pages_[slots_[at]];
        const int32_t from = (first_ + static_cast<int32_t>(at)) * (1 << kPageBits);
        for (size_t i = 0; i < page.size(); ++i)
            if (page[i] != 0) out.emplace_back(from + static_cast<int32_t>(i), page[i]);
    }
    return out;
}

// Each page that this leaves behind is empty for good, and serves again.
void Buckets::drop_lowest() {
    uint64_t carried = 0;
    for (size_t at = 0; at < slots_.size(); ++at) {
        if (slots_[at] == 0) continue;
        Page& page = pages_[slots_[at]];
        for (size_t i = 0; i < page.size(); ++i) {
            if (page[i] == 0) continue;
            if (carried != 0) {
                page[i] += carried;
                --used_;
                floor_ = (first_ + static_cast<int32_t>(at)) * (1 << kPageBits) +
                         static_cast<int32_t>(i);
                slots_.erase(slots_.begin(), slots_.begin() + static_cast<std::ptrdiff_t>(at));
                first_ += static_cast<int32_t>(at);
                return;
            }
            carried = page[i];
            page[i] = 0;
        }
        free_.push_back(slots_[at]);
    }
}

}  // namespace rondo::stats
