#include "domain/stats/sketch/moments.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "domain/stats/sketch/frame.h"

namespace rondo::stats {
namespace {
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
}

void StreamMoments::add(double value) {
    if (!std::isfinite(value)) {
        ++not_finite_;
        return;
    }
    min_ = count_ == 0 ? value : std::min(min_, value);
    max_ = count_ == 0 ? value : std::max(max_, value);
    const auto before = static_cast<double>(count_);
    const auto n = static_cast<double>(++count_);
    const double off = value - mean_, step = off / n, step2 = step * step;
    const double term = off * step * before;
    mean_ += step;
    m4_ += term * step2 * (n * n - 3 * n + 3) + 6 * step2 * m2_ - 4 * step * m3_;
    m3_ += term * step * (n - 2) - 3 * step * m2_;
    m2_ += term;
}

void StreamMoments::merge(const StreamMoments& other) {
    not_finite_ += other.not_finite_;
    if (other.count_ == 0) return;
    if (count_ == 0) {
        const uint64_t odd = not_finite_;
        *this = other;
        not_finite_ = odd;
        return;
    }
    const auto a = static_cast<double>(count_), b = static_cast<double>(other.count_);
    const double n = a + b, d = other.mean_ - mean_, d2 = d * d;
    m4_ += other.m4_ + d2 * d2 * a * b * (a * a - a * b + b * b) / (n * n * n) +
           6 * d2 * (a * a * other.m2_ + b * b * m2_) / (n * n) +
           4 * d * (a * other.m3_ - b * m3_) / n;
    m3_ += other.m3_ + d2 * d * a * b * (a - b) / (n * n) + 3 * d * (a * other.m2_ - b * m2_) / n;
    m2_ += other.m2_ + d2 * a * b / n;
    mean_ += d * b / n;
    count_ += other.count_;
    min_ = std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
}

double StreamMoments::variance() const {
    return count_ < 2 ? kNan : m2_ / static_cast<double>(count_ - 1);
}
double StreamMoments::skewness() const {
    return m2_ > 0 ? std::sqrt(static_cast<double>(count_)) * m3_ / std::pow(m2_, 1.5) : kNan;
}
double StreamMoments::kurtosis() const {
    return m2_ > 0 ? static_cast<double>(count_) * m4_ / (m2_ * m2_) - 3 : kNan;
}

std::string StreamMoments::encode() const {
    std::string out = begin_sketch(SketchKind::moments);
    put(out, count_);
    put(out, not_finite_);
    for (const double v : {mean_, m2_, m3_, m4_, min_, max_}) put(out, v);
    return out;
}

Result<StreamMoments> StreamMoments::decode(std::string_view bytes) {
    TRY_ASSIGN(ByteReader in, open_sketch(bytes, SketchKind::moments));
    StreamMoments out;
    out.count_ = in.get<uint64_t>();
    out.not_finite_ = in.get<uint64_t>();
    for (double* v : {&out.mean_, &out.m2_, &out.m3_, &out.m4_, &out.min_, &out.max_})
        *v = in.get<double>();
    if (in.failed() || in.left() != 0) return broken_sketch("their length is wrong");
    if (!(out.m2_ >= 0) || !(out.min_ <= out.max_)) return broken_sketch("a moment is impossible");
    return out;
}

}  // namespace rondo::stats
