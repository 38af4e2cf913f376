// Counts by text: a table of hashes over one run of bytes, without an allocation for each text.
// The hash has a seed that nobody can guess, so that no stream can aim at one slot.
// One owner; no thread safety.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rondo::stats {

class TextCounts {
  public:
    struct Entry {
        uint64_t hash = 0, count = 0;
        uint32_t at = 0, bytes = 0;
    };

    // True for a text that is new. All texts together have to stay below 4 GiB.
    bool add(std::string_view text, uint64_t times);
    uint64_t count(std::string_view text) const;  // 0 when it is not there
    // Takes `amount` off each count, and away the texts that have no more.
    void take(uint64_t amount);

    const std::vector<Entry>& entries() const { return entries_; }  // in the order of their coming
    std::string_view text(const Entry& entry) const {
        return std::string_view(text_).substr(entry.at, entry.bytes);
    }
    size_t size() const { return entries_.size(); }

  private:
    struct Slot {
        uint32_t tag = 0;    // the upper half of the hash
        uint32_t entry = 0;  // from 1; 0: free
    };
    size_t slot_of(std::string_view text, uint64_t hash) const;
    void place(size_t slots);

    std::vector<Slot> slots_;  // a power of two, at most half of them taken
    std::vector<Entry> entries_;
    std::string text_;
};

}  // namespace rondo::stats
