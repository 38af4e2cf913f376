#include "domain/serving/trees/category_sets.h"

#include <limits>

namespace rondo::serving::trees {
namespace {

// Words that bits may take beyond one a member.
constexpr size_t kSpareWords = 16;

}  // namespace

Result<uint32_t> CategorySets::add(std::span<const int32_t> members) {
    if (members.empty()) return kEmptySet;
    const size_t bit_words = static_cast<size_t>(std::ranges::max(members)) / 32 + 1;
    const bool is_list = bit_words > members.size() + kSpareWords;
    const size_t size = is_list ? members.size() : bit_words;
    const size_t set = words_.size();
    if (size + 1 > std::numeric_limits<uint32_t>::max() - set || size >= kIsList)
        return fail(Code::invalid, "the model has too many categories");
    words_.push_back(static_cast<uint32_t>(size) | (is_list ? kIsList : 0));
    if (is_list) {
        words_.insert(words_.end(), members.begin(), members.end());
        std::sort(words_.begin() + static_cast<std::ptrdiff_t>(set + 1), words_.end());
    } else {
        words_.resize(set + 1 + size);
        for (const int32_t member : members) {
            const auto bit = static_cast<uint32_t>(member);
            words_[set + 1 + bit / 32] |= 1U << bit % 32;
        }
    }
    return static_cast<uint32_t>(set);
}

bool CategorySets::list_contains(uint32_t set, uint32_t category) const {
    const auto members = std::span(words_).subspan(set + 1, words_[set] & ~kIsList);
    return std::ranges::binary_search(members, category);
}

}  // namespace rondo::serving::trees
