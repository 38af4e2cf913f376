#include "domain/stats/sketch/reference_bins.h"

#include <algorithm>
#include <cmath>

#include "domain/stats/sketch/frame.h"

namespace rondo::stats {
namespace {
constexpr size_t kSlots = 8192;
}

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

void ReferenceBins::index() {
    const double low = edges_.front(), range = edges_.back() - low;
    slots_.clear();
    scale_ = 0;
    if (!(range > 0) || !std::isfinite(range)) return;
    scale_ = kSlots / range;
    if (!std::isfinite(scale_)) {
        scale_ = 0;
        return;
    }
    slots_.assign(kSlots + 1, UINT32_MAX);
    // By the same arithmetic as a look-up, so that rounding moves no edge past its slot.
    for (size_t i = edges_.size(); i-- > 0;)
        slots_[static_cast<size_t>((edges_[i] - low) * scale_)] = static_cast<uint32_t>(i);
    for (size_t s = kSlots; s-- > 0;) slots_[s] = std::min(slots_[s], slots_[s + 1]);
}

size_t ReferenceBins::cell_of(double value) const {
    if (std::isnan(value)) return cells() - 1;
    if (value <= edges_.front()) return 0;
    if (value > edges_.back()) return edges_.size();
    if (slots_.empty())
        return static_cast<size_t>(std::lower_bound(edges_.begin(), edges_.end(), value) -
                                   edges_.begin());
    // Crowded edges may share a slot: a search within it.
    const auto slot = static_cast<size_t>((value - edges_.front()) * scale_);
    const size_t from = slots_[slot];
    const size_t to = slot + 1 <= kSlots ? std::min<size_t>(slots_[slot + 1], edges_.size() - 1)
                                         : edges_.size() - 1;
    const auto begin = edges_.begin();
    return static_cast<size_t>(std::lower_bound(begin + static_cast<std::ptrdiff_t>(from),
                                                begin + static_cast<std::ptrdiff_t>(to), value) -
                               begin);
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
