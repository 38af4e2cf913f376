#include "domain/stats/sketch/frequent.h"

#include <algorithm>

#include "domain/stats/sketch/frame.h"

namespace rondo::stats {

FrequentItems::FrequentItems(uint32_t capacity)
    : capacity_(std::clamp(capacity, kMinCapacity, kMaxCapacity)) {}

void FrequentItems::add(std::string_view item, uint64_t times) {
    if (times == 0) return;
    item = item.substr(0, kMaxItemBytes);
    count_ += times;
    if (counts_.add(item, times) && counts_.size() > 2 * size_t{capacity_}) shrink();
}

// Takes the (capacity + 1)-th largest count off all: more than `capacity` of them pay it, so the
// sum of what was taken stays below count / (capacity + 1).
void FrequentItems::shrink() {
    if (counts_.size() <= capacity_) return;
    std::vector<uint64_t> counts;
    counts.reserve(counts_.size());
    for (const auto& entry : counts_.entries()) counts.push_back(entry.count);
    const uint64_t least = *std::ranges::min_element(counts);
    uint64_t taken = least;
    // In a long tail nearly all counts are the least one, which a look at each tells.
    if (std::ranges::count_if(counts, [&](uint64_t c) { return c > least; }) > capacity_) {
        const auto at = counts.begin() + capacity_;
        std::nth_element(counts.begin(), at, counts.end(), std::greater<>());
        taken = *at;
    }
    counts_.take(taken);
    error_ += taken;
}

Status FrequentItems::merge(const FrequentItems& other) {
    if (other.capacity_ != capacity_)
        return fail(Code::invalid, "sketches of unlike capacity do not merge");
    for (const auto& entry : other.counts_.entries())
        counts_.add(other.counts_.text(entry), entry.count);
    count_ += other.count_;
    error_ += other.error_;
    if (counts_.size() > 2 * size_t{capacity_}) shrink();
    return ok();
}

std::vector<FrequentItems::Item> FrequentItems::at_least(double share) const {
    std::vector<Item> out;
    for (const auto& entry : counts_.entries()) {
        const uint64_t upper = entry.count + error_;
        if (static_cast<double>(upper) >= share * static_cast<double>(count_))
            out.push_back({std::string(counts_.text(entry)), entry.count, upper});
    }
    std::sort(out.begin(), out.end(), [](const Item& a, const Item& b) {
        return a.lower != b.lower ? a.lower > b.lower : a.item < b.item;
    });
    return out;
}

FrequentItems::Item FrequentItems::find(std::string_view item) const {
    item = item.substr(0, kMaxItemBytes);
    const uint64_t lower = counts_.count(item);
    return {std::string(item), lower, lower + error_};
}

std::string FrequentItems::encode() const {
    std::string out = begin_sketch(SketchKind::frequent);
    put(out, capacity_);
    put(out, count_);
    put(out, error_);
    // In order, so that equal sketches are equal bytes.
    std::vector<std::pair<std::string_view, uint64_t>> items;
    for (const auto& entry : counts_.entries())
        items.emplace_back(counts_.text(entry), entry.count);
    std::sort(items.begin(), items.end());
    put(out, static_cast<uint32_t>(items.size()));
    for (const auto& [item, count] : items) {
        put(out, count);
        put_text(out, item);
    }
    return out;
}

Result<FrequentItems> FrequentItems::decode(std::string_view bytes) {
    TRY_ASSIGN(ByteReader in, open_sketch(bytes, SketchKind::frequent));
    const auto capacity = in.get<uint32_t>();
    if (capacity < kMinCapacity || capacity > kMaxCapacity)
        return broken_sketch("the capacity is out of range");
    FrequentItems out(capacity);
    out.count_ = in.get<uint64_t>();
    out.error_ = in.get<uint64_t>();
    const auto size = in.get<uint32_t>();
    if (size > 2 * capacity) return broken_sketch("too many items");
    uint64_t sum = 0;
    for (uint32_t i = 0; i < size; ++i) {
        const auto count = in.get<uint64_t>();
        const auto length = in.get<uint32_t>();
        const std::string_view item = in.take(length);
        if (in.failed() || length > kMaxItemBytes) return broken_sketch("an item is cut");
        if (count == 0 || count > out.count_ - sum) return broken_sketch("a count is out of range");
        sum += count;
        if (!out.counts_.add(item, count)) return broken_sketch("an item comes twice");
    }
    if (in.failed() || in.left() != 0) return broken_sketch("their length is wrong");
    if (out.error_ > (out.count_ - sum) / (uint64_t{capacity} + 1))
        return broken_sketch("the error is larger than it can be");
    return out;
}

}  // namespace rondo::stats
