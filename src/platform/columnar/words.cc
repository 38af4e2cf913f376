#include "platform/columnar/words.h"

#include <xxhash.h>

#include <algorithm>

#include "base/check.h"
#include "base/env.h"

namespace rondo::columnar {
namespace {

uint64_t hash_of(std::string_view word) {
    static const uint64_t seed = random_u64(system_env());
    return XXH3_64bits_withSeed(word.data(), word.size(), seed);
}

}  // namespace

size_t Words::slot_of(std::string_view word) const {
    const size_t mask = slots_.size() - 1;
    size_t at = hash_of(word) & mask;
    while (slots_[at] != 0 && (*this)[slots_[at] - 1] != word) at = (at + 1) & mask;
    return at;
}

void Words::grow() {
    std::vector<uint32_t> old(std::max<size_t>(slots_.size() * 2, 64));
    old.swap(slots_);
    for (const uint32_t number : old) {
        if (number != 0) slots_[slot_of((*this)[number - 1])] = number;
    }
}

uint32_t Words::add(std::string_view word) {
    if ((ends_.size() + 1) * 2 > slots_.size()) grow();
    const size_t at = slot_of(word);
    if (slots_[at] == 0) {
        CHECK(size() < kMost, "more rows than a table may have");
        bytes_.append(word);
        ends_.push_back(bytes_.size());
        slots_[at] = size();
    }
    return slots_[at] - 1;
}

void Words::clear() {
    bytes_.clear();
    ends_.clear();
    std::ranges::fill(slots_, 0);
}

uint32_t Words::find(std::string_view word) const {
    if (slots_.empty()) return kMost;
    const uint32_t found = slots_[slot_of(word)];
    return found == 0 ? kMost : found - 1;
}

}  // namespace rondo::columnar
