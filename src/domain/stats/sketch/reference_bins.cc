#include "domain/stats/sketch/reference_bins.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "domain/stats/sketch/frame.h"

namespace rondo::stats {
namespace {
constexpr int kSlotBits = 13;
constexpr size_t kSlots = size_t{1} << kSlotBits;

// In the order of the numbers; 0 and -0 are one. No NaN.
uint64_t ordered_bits(double value) {
    const auto bits = std::bit_cast<uint64_t>(value == 0 ? 0.0 : value);
    return bits >> 63 != 0 ? ~bits : bits | uint64_t{1} << 63;
}
}  // namespace

int64_t BinCounts::total() const {
    int64_t sum = 0;
    for (size_t i = 0; i + 1 < cells.size(); ++i) sum += cells[i];
    return sum;
}

Result<ReferenceBins> ReferenceBins::make(const Sample& reference, size_t bins) {
    TRY(need_values(reference, 1, "reference"));
    if (reference.poisoned())
        return fail(Code::invalid, "the reference has a NaN; leave them out", "reference");
    if (bins == 0 || bins > kMaxBins)
        return fail(Code::invalid, "between 1 and " + std::to_string(kMaxBins) + " bins", "bins");
    ReferenceBins out;
    const auto values = reference.values();
    for (size_t i = 1; i <= bins; ++i) {
        const size_t rank = (i * values.size() + bins - 1) / bins;  // ceil(i n / bins) >= 1
        const double edge = values[rank - 1];
        if (out.edges_.empty() || edge > out.edges_.back()) out.edges_.push_back(edge);
    }
    out.index();
    out.reference_ = out.empty();
    out.count(out.reference_, values);
    return out;
}

size_t ReferenceBins::slot_of(Slots slots, double value) const {
    if (value < low_) return 0;
    if (value > high_) return kSlots + 2;
    return 1 + (slots == Slots::by_value ? static_cast<size_t>((value - low_) * scale_)
                                         : (ordered_bits(value) - low_bits_) >> shift_);
}

// By the same arithmetic as a look-up, so that rounding moves no edge past its slot.
void ReferenceBins::index() {
    kind_ = Slots::none;
    slots_.clear();
    // A few far edges would leave one slot to all the others.
    const size_t outer = edges_.size() / 64;
    low_ = edges_[outer];
    high_ = edges_[edges_.size() - 1 - outer];
    const double range = high_ - low_;
    if (!(range > 0)) return;
    low_bits_ = ordered_bits(low_);
    const auto bits = static_cast<int>(std::bit_width(ordered_bits(high_) - low_bits_));
    shift_ = std::max(0, bits - kSlotBits);
    scale_ = kSlots / range;
    // What the searches within the slots cost when each edge is as likely as the next.
    const auto steps = [&](Slots slots) {
        size_t sum = 0, from = 0;
        for (size_t i = 1; i <= edges_.size(); ++i) {
            if (i < edges_.size() && slot_of(slots, edges_[i]) == slot_of(slots, edges_[from]))
                continue;
            sum += (i - from) * std::bit_width(i - from);
            from = i;
        }
        return sum;
    };
    kind_ = Slots::by_bits;
    if (std::isfinite(range) && std::isfinite(scale_) &&
        steps(Slots::by_value) <= steps(Slots::by_bits))
        kind_ = Slots::by_value;
    slots_.assign(kSlots + 3, UINT32_MAX);
    for (size_t i = edges_.size(); i-- > 0;)
        slots_[slot_of(kind_, edges_[i])] = static_cast<uint32_t>(i);
    for (size_t s = kSlots + 2; s-- > 0;) slots_[s] = std::min(slots_[s], slots_[s + 1]);
}

size_t ReferenceBins::cell_of(double value) const {
    if (std::isnan(value)) return cells() - 1;
    if (value <= edges_.front()) return 0;
    if (value > edges_.back()) return edges_.size();
    size_t from = 0, to = edges_.size() - 1;
    if (kind_ != Slots::none) {
        const size_t slot = slot_of(kind_, value);
        from = slots_[slot];
        if (slot < kSlots + 2) to = std::min<size_t>(slots_[slot + 1], to);
    }
    // Crowded edges share a slot. A search without jumps: half of them would be guessed wrong.
    const double* edge = edges_.data() + from;
    for (size_t left = to - from; left > 0;) {
        const size_t half = (left + 1) / 2;
        edge += edge[half - 1] < value ? half : 0;
        left -= half;
    }
    return static_cast<size_t>(edge - edges_.data());
}

void ReferenceBins::count(BinCounts& counts, std::span<const double> values) const {
    bool any = counts.total() > 0;
    for (const double v : values) {
        ++counts.cells[cell_of(v)];
        if (std::isnan(v)) continue;
        counts.min = any ? std::min(counts.min, v) : v;
        counts.max = any ? std::max(counts.max, v) : v;
        any = true;
    }
}

Status ReferenceBins::same(const BinCounts& counts) const {
    if (counts.cells.size() == cells()) return ok();
    return fail(Code::invalid, "the window was counted in other bins");
}

Status ReferenceBins::add(BinCounts& counts, const BinCounts& more) const {
    TRY(same(counts));
    TRY(same(more));
    if (more.total() > 0) {
        const bool any = counts.total() > 0;
        counts.min = any ? std::min(counts.min, more.min) : more.min;
        counts.max = any ? std::max(counts.max, more.max) : more.max;
    }
    for (size_t i = 0; i < counts.cells.size(); ++i) counts.cells[i] += more.cells[i];
    return ok();
}

namespace {

// Calls visit(cell, reference below, reference up to its edge, window below, window up to).
template <class Visit>
Status walk(const BinCounts& reference, const BinCounts& window, Visit visit) {
    const auto n = static_cast<double>(reference.total()), m = static_cast<double>(window.total());
    if (m == 0) return fail(Code::invalid, "the window holds no value", "window");
    int64_t r = 0, w = 0;
    for (size_t i = 0; i + 1 < window.cells.size(); ++i) {
        const double r0 = static_cast<double>(r) / n, w0 = static_cast<double>(w) / m;
        r += reference.cells[i];
        w += window.cells[i];
        visit(i, r0, static_cast<double>(r) / n, w0, static_cast<double>(w) / m);
    }
    return ok();
}

}  // namespace

Result<Bracket> ReferenceBins::ks(const BinCounts& window) const {
    TRY(same(window));
    Bracket out;
    TRY(walk(reference_, window, [&](size_t, double r0, double r1, double w0, double w1) {
        out.lower = std::max(out.lower, std::abs(r1 - w1));
        // Within a bin one side may rise first.
        out.upper = std::max({out.upper, r1 - w0, w1 - r0});
    }));
    out.upper = std::min(out.upper, 1.0);
    return out;
}

Result<Bracket> ReferenceBins::wasserstein(const BinCounts& window) const {
    TRY(same(window));
    Bracket out;
    const double low = std::min(reference_.min, window.min);
    const double high = std::max(reference_.max, window.max);
    TRY(walk(reference_, window, [&](size_t i, double r0, double r1, double w0, double w1) {
        const double from = std::clamp(i == 0 ? low : edges_[i - 1], low, high);
        const double to = std::clamp(i == edges_.size() ? high : edges_[i], low, high);
        out.upper += (to - from) * std::max(r1 - w0, w1 - r0);
        out.lower += (to - from) * std::max({0.0, r0 - w1, w0 - r1});
    }));
    return out;
}

std::string ReferenceBins::encode() const {
    std::string out = begin_sketch(SketchKind::bins);
    put(out, reference_.min);
    put(out, reference_.max);
    put(out, static_cast<uint32_t>(edges_.size()));
    for (const double e : edges_) put(out, e);
    for (const int64_t c : reference_.cells) put(out, c);
    return out;
}

Result<ReferenceBins> ReferenceBins::decode(std::string_view bytes) {
    TRY_ASSIGN(ByteReader in, open_sketch(bytes, SketchKind::bins));
    ReferenceBins out;
    const auto min = in.get<double>(), max = in.get<double>();
    const auto size = in.get<uint32_t>();
    if (in.failed() || size == 0 || size > kMaxBins || size > in.left() / sizeof(double))
        return broken_sketch("the number of edges is out of range");
    for (uint32_t i = 0; i < size; ++i) {
        const auto edge = in.get<double>();
        if (std::isnan(edge) || (i > 0 && edge <= out.edges_.back()))
            return broken_sketch("the edges are out of order");
        out.edges_.push_back(edge);
    }
    out.reference_ = out.empty();
    int64_t sum = 0;
    for (int64_t& c : out.reference_.cells) {
        c = in.get<int64_t>();
        if (c < 0 || c > INT64_MAX - sum) return broken_sketch("a count is out of range");
        sum += c;
    }
    if (in.failed() || in.left() != 0) return broken_sketch("their length is wrong");
    if (out.reference_.total() == 0 || !(min <= max))
        return broken_sketch("the reference holds no value");
    out.reference_.min = min;
    out.reference_.max = max;
    out.index();
    return out;
}

}  // namespace rondo::stats
