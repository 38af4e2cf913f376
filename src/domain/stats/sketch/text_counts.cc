#include "domain/stats/sketch/text_counts.h"

#include <xxhash.h>

#include <algorithm>
#include <cstring>

#include "base/env.h"

namespace rondo::stats {
namespace {
constexpr size_t kLeastSlots = 64;

uint64_t hash_of(std::string_view text) {
    static const uint64_t seed = random_u64(system_env());
    return XXH3_64bits_withSeed(text.data(), text.size(), seed);
}
}  // namespace

// Of the text, or the free one where it would go.
size_t TextCounts::slot_of(std::string_view text, uint64_t hash) const {
    const auto tag = static_cast<uint32_t>(hash >> 32);
    size_t at = hash & (slots_.size() - 1);
    for (;; at = (at + 1) & (slots_.size() - 1)) {
        const Slot slot = slots_[at];
        if (slot.entry == 0) return at;
        if (slot.tag != tag) continue;
        const Entry& entry = entries_[slot.entry - 1];
        if (entry.bytes == text.size() &&
            std::memcmp(text_.data() + entry.at, text.data(), text.size()) == 0)
            return at;
    }
}

bool TextCounts::add(std::string_view text, uint64_t times) {
    if (2 * (entries_.size() + 1) > slots_.size()) place(std::max(kLeastSlots, 2 * slots_.size()));
    const uint64_t hash = hash_of(text);
    Slot& slot = slots_[slot_of(text, hash)];
    if (slot.entry != 0) {
        entries_[slot.entry - 1].count += times;
        return false;
    }
    entries_.push_back(
        {hash, times, static_cast<uint32_t>(text_.size()), static_cast<uint32_t>(text.size())});
    text_.append(text);
    slot = {static_cast<uint32_t>(hash >> 32), static_cast<uint32_t>(entries_.size())};
    return true;
}

uint64_t TextCounts::count(std::string_view text) const {
    if (slots_.empty()) return 0;
    const Slot& slot = slots_[slot_of(text, hash_of(text))];
    return slot.entry == 0 ? 0 : entries_[slot.entry - 1].count;
}

void TextCounts::take(uint64_t amount) {
    size_t kept = 0, bytes = 0;
    for (const Entry entry : entries_) {
        if (entry.count <= amount) continue;
        std::memmove(text_.data() + bytes, text_.data() + entry.at, entry.bytes);
        entries_[kept++] = {entry.hash, entry.count - amount, static_cast<uint32_t>(bytes),
                            entry.bytes};
        bytes += entry.bytes;
    }
    entries_.resize(kept);
    text_.resize(bytes);
    place(slots_.size());
}

// A table of so many slots with all entries in it.
void TextCounts::place(size_t slots) {
    slots_.assign(slots, {});
    for (size_t i = 0; i < entries_.size(); ++i) {
        const uint64_t hash = entries_[i].hash;
        size_t at = hash & (slots - 1);
        while (slots_[at].entry != 0) at = (at + 1) & (slots - 1);
        slots_[at] = {static_cast<uint32_t>(hash >> 32), static_cast<uint32_t>(i + 1)};
    }
}

}  // namespace rondo::stats
