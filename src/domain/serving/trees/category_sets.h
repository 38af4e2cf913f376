// The categories by which trees split, all sets of a model in one piece of memory. A set whose
// members lie densely is kept as bits, another one as a sorted list: what a set takes is bound by
// the number of its members, never by their values. Filled while a model is built, then only read.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"

namespace rondo::serving::trees {

class CategorySets {
  public:
    static constexpr uint32_t kEmptySet = 0;
    // Categories are less: from here on floats skip whole numbers, and XGBoost takes none.
    static constexpr int32_t kLimit = 1 << 24;

    // Adds a set of values from 0 to kLimit and gives the number by which to ask for it.
    // Code::invalid when the sets outgrow what a number can point to.
    Result<uint32_t> add(std::span<const int32_t> members);

    // Without branches, as far as sets of bits go: a model asks at every step down a tree, and
    // whether a step splits by category cannot be predicted. Selections are masks, because
    // compilers make branches of conditional loads.
    bool contains(uint32_t set, float value) const {
        constexpr auto kInNoSet = static_cast<float>(kLimit);
        const auto is_category = static_cast<uint32_t>(value >= 0);
        const auto category = static_cast<uint32_t>(std::min(kInNoSet, std::max(0.0F, value)));
        const uint32_t header = words_[set];
        if ((header & kIsList) != 0) [[unlikely]]
            return is_category != 0 && list_contains(set, category);
        const uint32_t word = category / 32;
        const auto is_within = static_cast<uint32_t>(word < header);
        const uint32_t bits = words_[set + 1 + (word & -is_within)];
        return (is_category & is_within & bits >> category % 32) != 0;
    }

    size_t bytes() const { return words_.capacity() * sizeof(uint32_t); }

  private:
    static constexpr uint32_t kIsList = 1U << 31;

    bool list_contains(uint32_t set, uint32_t category) const;

    // A set's number is where its header stands: how many words follow, with kIsList if they are
    // the members themselves. The empty set comes first, with a word to read in vain.
    std::vector<uint32_t> words_{0, 0};
};

}  // namespace rondo::serving::trees
