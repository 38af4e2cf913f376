// Distinct texts, each kept once and known by a number: a dictionary of a column's values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rondo::columnar {

// Numbers go up from 0 in the order of first meeting. One owner while texts are added; then any
// thread may read. The hash has a seed that nobody can guess, so that no file can aim at one slot.
class Words {
  public:
    static constexpr uint32_t kMost = (1U << 31) - 1;

    // The number of a text; a new one when it was not met before. O(1) amortised.
    uint32_t add(std::string_view word);
    // Forgets all, and keeps the memory.
    void clear();
    // The number, or kMost when the text was never met.
    uint32_t find(std::string_view word) const;
    std::string_view operator[](uint32_t number) const {
        const uint64_t from = number == 0 ? 0 : ends_[number - 1];
        return std::string_view(bytes_).substr(from, ends_[number] - from);
    }
    uint32_t size() const { return static_cast<uint32_t>(ends_.size()); }
    size_t bytes() const { return bytes_.size(); }

  private:
    size_t slot_of(std::string_view word) const;
    void grow();

    std::string bytes_;
    std::vector<uint64_t> ends_;
    std::vector<uint32_t> slots_;  // number + 1; 0 is free
};

}  // namespace rondo::columnar
