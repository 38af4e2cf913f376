#include "domain/stats/sketch/kll.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "domain/stats/sketch/frame.h"
#include "domain/stats/sketch/sort.h"

namespace rondo::stats {
namespace {
constexpr size_t kMinCapacity = 8;
constexpr size_t kMaxLevels = 60;  // 2^60 values
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
}  // namespace

KllSketch::KllSketch(uint16_t k, uint64_t seed)
    : k_(std::clamp(k, kMinK, kMaxK)), min_(kNan), max_(kNan), random_(seed) {
    resize(1);
}

// The top level keeps k values, each one below it two thirds of the one above.
void KllSketch::resize(size_t levels) {
    levels_.resize(levels);
    capacities_.assign(levels, 0);
    capacity_ = 0;
    double share = k_;
    for (size_t h = levels; h-- > 0; share *= 2.0 / 3) {
        capacities_[h] = std::max(kMinCapacity, static_cast<size_t>(std::ceil(share)));
        capacity_ += capacities_[h];
    }
}

void KllSketch::compress() {
    while (kept_ >= capacity_) {
        size_t h = 0;
        while (h < levels_.size() && levels_[h].size() < capacities_[h]) ++h;
        if (h == levels_.size()) return;
        if (h + 1 == levels_.size()) {
            if (levels_.size() == kMaxLevels) return;
            resize(levels_.size() + 1);
        }
        halve(h);
    }
}

// Of each pair of neighbours in order one moves up, by one coin for all. An odd value stays.
void KllSketch::halve(size_t h) {
    std::vector<double>& level = levels_[h];
    std::vector<double>& above = levels_[h + 1];
    const bool odd = level.size() % 2 != 0;
    const size_t half = level.size() / 2, coin = random_.next() >> 63;
    if (h == 0) sort_without_branches(std::span(level.data(), 2 * half));
    const size_t old = above.size();
    above.resize(old + half);
    // In place, from the largest down; every read is before its place is written.
    const double* from = level.data() + coin;
    double* to = above.data();
    size_t i = old, j = half;
    while (i > 0 && j > 0) {
        const double a = to[i - 1], b = from[2 * (j - 1)];
        const bool higher = a > b;
        to[i + j - 1] = higher ? a : b;
        i -= higher;
        j -= !higher;
    }
    for (; j > 0; --j) to[j - 1] = from[2 * (j - 1)];
    if (odd) level.front() = level.back();
    level.resize(odd ? 1 : 0);
    kept_ -= half;
}

Status KllSketch::merge(const KllSketch& other) {
    if (other.k_ != k_)
        return fail(Code::invalid, "sketches of k " + std::to_string(k_) + " and " +
                                       std::to_string(other.k_) + " do not merge");
    if (other.count_ == 0) return ok();
    if (levels_.size() < other.levels_.size()) resize(other.levels_.size());
    for (size_t h = 0; h < other.levels_.size(); ++h) {
        const std::vector<double>& more = other.levels_[h];
        std::vector<double> both(levels_[h].size() + more.size());
        if (h > 0)
            std::ranges::merge(levels_[h], more, both.begin());
        else
            std::ranges::copy(more, std::ranges::copy(levels_[h], both.begin()).out);
        levels_[h] = std::move(both);
    }
    min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
    max_ = count_ == 0 ? other.max_ : std::max(max_, other.max_);
    count_ += other.count_;
    kept_ += other.kept_;
    compress();
    return ok();
}

std::vector<KllSketch::Weighted> KllSketch::weighted() const {
    std::vector<Weighted> out;
    out.reserve(kept_);
    for (size_t h = 0; h < levels_.size(); ++h)
        for (const double v : levels_[h]) out.push_back({v, uint64_t{1} << h});
    std::sort(out.begin(), out.end(),
              [](const Weighted& a, const Weighted& b) { return a.value < b.value; });
    return out;
}

double KllSketch::cdf(double value) const {
    if (count_ == 0 || std::isnan(value)) return kNan;
    uint64_t below = 0, all = 0;
    for (size_t h = 0; h < levels_.size(); ++h) {
        const uint64_t weight = uint64_t{1} << h;
        for (const double v : levels_[h]) {
            all += weight;
            if (v <= value) below += weight;
        }
    }
    return static_cast<double>(below) / static_cast<double>(all);
}

double KllSketch::quantile(double q) const { return quantiles(std::span(&q, 1)).front(); }

std::vector<double> KllSketch::quantiles(std::span<const double> qs) const {
    std::vector<double> out;
    const std::vector<Weighted> values = weighted();
    uint64_t all = 0;
    std::vector<uint64_t> ranks;
    for (const Weighted& w : values) ranks.push_back(all += w.weight);
    for (const double q : qs) {
        if (count_ == 0 || !(q >= 0 && q <= 1)) {
            out.push_back(kNan);
        } else if (q == 0 || q == 1) {
            out.push_back(q == 0 ? min_ : max_);
        } else {
            const double rank = std::ceil(q * static_cast<double>(all));
            const auto at =
                std::lower_bound(ranks.begin(), ranks.end(), rank,
                                 [](uint64_t a, double b) { return static_cast<double>(a) < b; });
            const auto i = static_cast<size_t>(at - ranks.begin());
            out.push_back(values[std::min(i, values.size() - 1)].value);
        }
    }
    return out;
}

double KllSketch::rank_error() const {
    return levels_.size() == 1 ? 0 : 2.446 / std::pow(k_, 0.9433);
}

std::string KllSketch::encode() const {
    std::string out = begin_sketch(SketchKind::kll);
    put(out, k_);
    put(out, count_);
    put(out, min_);
    put(out, max_);
    for (const uint64_t word : random_.state()) put(out, word);
    put(out, static_cast<uint8_t>(levels_.size()));
    for (const auto& level : levels_) {
        put(out, static_cast<uint32_t>(level.size()));
        for (const double v : level) put(out, v);
    }
    return out;
}

Result<KllSketch> KllSketch::decode(std::string_view bytes) {
    TRY_ASSIGN(ByteReader in, open_sketch(bytes, SketchKind::kll));
    const auto k = in.get<uint16_t>();
    if (k < kMinK || k > kMaxK) return broken_sketch("k is out of range");
    KllSketch out(k);
    out.count_ = in.get<uint64_t>();
    out.min_ = in.get<double>();
    out.max_ = in.get<double>();
    std::array<uint64_t, 4> state{};
    for (uint64_t& word : state) word = in.get<uint64_t>();
    out.random_ = Random(state);
    const auto levels = in.get<uint8_t>();
    if (levels == 0 || levels > kMaxLevels) return broken_sketch("too many levels");
    out.resize(levels);
    uint64_t weight = 0;
    for (size_t h = 0; h < levels; ++h) {
        const auto size = in.get<uint32_t>();
        if (in.failed() || size > in.left() / sizeof(double)) return broken_sketch("they are cut");
        if (uint64_t{size} > (out.count_ - weight) >> h) return broken_sketch("too many values");
        weight += uint64_t{size} << h;
        out.kept_ += size;
        for (uint32_t i = 0; i < size; ++i) {
            const auto v = in.get<double>();
            if (!(v >= out.min_ && v <= out.max_)) return broken_sketch("a value is out of range");
            out.levels_[h].push_back(v);
        }
        // Sketches stored by an earlier server have their levels as they came.
        if (h > 0) std::ranges::sort(out.levels_[h]);
    }
    if (in.failed() || in.left() != 0) return broken_sketch("their length is wrong");
    if (weight != out.count_) return broken_sketch("the weights do not sum to the count");
    if (out.count_ == 0) out.min_ = out.max_ = kNan;
    return out;
}

}  // namespace rondo::stats
