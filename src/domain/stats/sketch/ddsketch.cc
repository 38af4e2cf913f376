#include "domain/stats/sketch/ddsketch.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <ranges>

#include "domain/stats/sketch/frame.h"

namespace rondo::stats {
namespace {
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
// Smaller ones count as 0: their logarithm is that of no normal number.
constexpr double kLeast = std::numeric_limits<double>::min();
// |log| of kLeast and of the largest number are below this.
constexpr double kMostLog = 710;
}  // namespace

DdSketch::DdSketch(double accuracy)
    : accuracy_(accuracy >= 1e-4 ? std::min(accuracy, 0.5) : 1e-4),
      gamma_(1 + 2 * accuracy_ / (1 - accuracy_)),
      scale_(1 / std::log1p(2 * accuracy_ / (1 - accuracy_))),
      min_(kNan),
      max_(kNan) {}

double DdSketch::value_of(int32_t index) const {
    return std::exp(index / scale_) * (2 / (1 + gamma_));
}

void DdSketch::add(double value, uint64_t times) {
    if (!std::isfinite(value) || times == 0) return;
    if (!(min_ <= value)) min_ = value;
    if (!(max_ >= value)) max_ = value;
    count_ += times;
    sum_ += value * static_cast<double>(times);
    const double size = std::abs(value);
    if (size < kLeast) {
        zeros_ += times;
        return;
    }
    (value > 0 ? positive_ : negative_)
        .add(static_cast<int32_t>(std::ceil(std::log(size) * scale_)), times);
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
    for (const auto& [index, times] : other.positive_.items()) positive_.add(index, times);
    for (const auto& [index, times] : other.negative_.items()) negative_.add(index, times);
    return ok();
}

double DdSketch::quantile(double q) const {
    if (count_ == 0 || !(q >= 0 && q <= 1)) return kNan;
    const double rank = q * static_cast<double>(count_ - 1);
    double seen = 0;
    // From the most negative up.
    for (const auto& [index, times] : std::views::reverse(negative_.items())) {
        seen += static_cast<double>(times);
        if (seen > rank) return std::clamp(-value_of(index), min_, max_);
    }
    seen += static_cast<double>(zeros_);
    if (seen > rank) return std::clamp(0.0, min_, max_);
    for (const auto& [index, times] : positive_.items()) {
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
        for (const auto& [index, times] : side->items()) {
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
    // Beyond every logarithm, with room for rounding; a wider range would ask for memory.
    const auto most = static_cast<int64_t>(std::ceil(kMostLog * out.scale_)) + 1;
    for (Buckets* side : {&out.positive_, &out.negative_}) {
        const auto size = in.get<uint32_t>();
        if (size > kMaxBuckets) return broken_sketch("too many buckets");
        int32_t before = 0;
        for (uint32_t i = 0; i < size; ++i) {
            const auto index = in.get<int32_t>();
            const auto times = in.get<uint64_t>();
            if (in.failed() || times == 0 || times > UINT64_MAX - out.count_)
                return broken_sketch("a bucket is cut or empty");
            if (std::abs(int64_t{index}) > most)
                return broken_sketch("a bucket is that of no number");
            if (i > 0 && index <= before) return broken_sketch("the buckets are out of order");
            side->add(index, times);
            before = index;
            out.count_ += times;
        }
    }
    if (in.failed() || in.left() != 0) return broken_sketch("their length is wrong");
    if (out.count_ == 0) return DdSketch(accuracy);
    if (!(out.min_ <= out.max_)) return broken_sketch("the ends are out of order");
    return out;
}

}  // namespace rondo::stats
