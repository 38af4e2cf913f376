#include "domain/stats/sketch/ddsketch.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "domain/stats/sketch/frame.h"

namespace rondo::stats {
namespace {
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
// Smaller ones count as 0: their logarithm is that of no normal number.
constexpr double kLeast = std::numeric_limits<double>::min();
}  // namespace

DdSketch::DdSketch(double accuracy)
    : accuracy_(accuracy >= 1e-4 ? std::min(accuracy, 0.5) : 1e-4),
      gamma_(1 + 2 * accuracy_ / (1 - accuracy_)),
      scale_(1 / std::log1p(2 * accuracy_ / (1 - accuracy_))),
      min_(kNan),
      max_(kNan) {}

void DdSketch::add_to(Buckets& buckets, int32_t index, uint64_t times) {
    buckets[index] += times;
    if (buckets.size() <= kMaxBuckets) return;
    const auto lowest = buckets.begin();
    std::next(lowest)->second += lowest->second;
    buckets.erase(lowest);
}

double DdSketch::value_of(int32_t index) const {
    return std::exp(index / scale_) * (2 / (1 + gamma_));
}

void DdSketch::add(double value, uint64_t times) {
    if (!std::isfinite(value) || times == 0) return;
    min_ = count_ == 0 ? value : std::min(min_, value);
    max_ = count_ == 0 ? value : std::max(max_, value);
    count_ += times;
    sum_ += value * static_cast<double>(times);
    const double size = std::abs(value);
    if (size < kLeast) {
        zeros_ += times;
        return;
    }
    add_to(value > 0 ? positive_ : negative_,
           static_cast<int32_t>(std::ceil(std::log(size) * scale_)), times);
}

Status DdSketch::merge(const DdSketch& other) {
    if (other.accuracy_ != accuracy_)
        return fail(Code::invalid, "sketches of unlike accuracy do not merge");
    if (other.count_ == 0) return ok();
    min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
    max_ = count_ == 0 ? other.max_ : std::max(max_, other.max_);
    count_ += other.count_;
    zeros_ += other.zeros_;
    sum_ += other.sum_;
    for (const auto& [index, times] : other.positive_) add_to(positive_, index, times);
    for (const auto& [index, times] : other.negative_) add_to(negative_, index, times);
    return ok();
}

double DdSketch::quantile(double q) const {
    if (count_ == 0 || !(q >= 0 && q <= 1)) return kNan;
    const double rank = q * static_cast<double>(count_ - 1);
    double seen = 0;
    // From the most negative up.
    for (auto at = negative_.rbegin(); at != negative_.rend(); ++at) {
        seen += static_cast<double>(at->second);
        if (seen > rank) return std::clamp(-value_of(at->first), min_, max_);
    }
    seen += static_cast<double>(zeros_);
    if (seen > rank) return std::clamp(0.0, min_, max_);
    for (const auto& [index, times] : positive_) {
        seen += static_cast<double>(times);
        if (seen > rank) return std::clamp(value_of(index), min_, max_);
    }
    return max_;
}

std::string DdSketch::encode() const {
    std::string out = begin_sketch(SketchKind::ddsketch);
    for (const double v : {accuracy_, sum_, min_, max_}) put(out, v);
    put(out, zeros_);
    for (const Buckets* side : {&positive_, &negative_}) {
        put(out, static_cast<uint32_t>(side->size()));
        for (const auto& [index, times] : *side) {
            put(out, index);
            put(out, times);
        }
    }
    return out;
}

Result<DdSketch> DdSketch::decode(std::string_view bytes) {
    TRY_ASSIGN(ByteReader in, open_sketch(bytes, SketchKind::ddsketch));
    const auto accuracy = in.get<double>();
    DdSketch out(accuracy);
    if (out.accuracy_ != accuracy) return broken_sketch("the accuracy is out of range");
    out.sum_ = in.get<double>();
    out.min_ = in.get<double>();
    out.max_ = in.get<double>();
    out.count_ = out.zeros_ = in.get<uint64_t>();
    for (Buckets* side : {&out.positive_, &out.negative_}) {
        const auto size = in.get<uint32_t>();
        if (size > kMaxBuckets) return broken_sketch("too many buckets");
        for (uint32_t i = 0; i < size; ++i) {
            const auto index = in.get<int32_t>();
            const auto times = in.get<uint64_t>();
            if (in.failed() || times == 0 || times > UINT64_MAX - out.count_)
                return broken_sketch("a bucket is cut or empty");
            if (!side->empty() && index <= side->rbegin()->first)
                return broken_sketch("the buckets are out of order");
            side->emplace_hint(side->end(), index, times);
            out.count_ += times;
        }
    }
    if (in.failed() || in.left() != 0) return broken_sketch("their length is wrong");
    if (out.count_ > 0 && !(out.min_ <= out.max_))
        return broken_sketch("the ends are out of order");
    return out;
}

}  // namespace rondo::stats
