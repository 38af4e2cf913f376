#include "domain/stats/sketch/hll.h"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>

#include "domain/stats/random.h"
#include "domain/stats/sketch/frame.h"

namespace rondo::stats {
namespace {

// sum of x^(2^k) 2^(k-1) and its counterpart (Ertl 2017, algorithms 5 and 6).
double sigma(double x) {
    if (x == 1) return std::numeric_limits<double>::infinity();
    double y = 1, z = x, before = -1;
    while (z != before) {
        before = z;
        x *= x;
        z += x * y;
        y += y;
    }
    return z;
}

double tau(double x) {
    if (x == 0 || x == 1) return 0;
    double y = 1, z = 1 - x, before = -1;
    while (z != before) {
        before = z;
        x = std::sqrt(x);
        y /= 2;
        z -= (1 - x) * (1 - x) * y;
    }
    return z / 3;
}

}  // namespace

HyperLogLog::HyperLogLog(int precision)
    : precision_(std::clamp(precision, kMinPrecision, kMaxPrecision)),
      registers_(size_t{1} << precision_, 0) {}

void HyperLogLog::add(std::string_view item) { add_hash(XXH3_64bits(item.data(), item.size())); }

void HyperLogLog::add(double value) {
    if (value == 0) value = 0;
    if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();
    add_hash(Random::mix(std::bit_cast<uint64_t>(value) + 0x9e3779b97f4a7c15));
}

void HyperLogLog::add_hash(uint64_t hash) {
    const size_t slot = hash >> (64 - precision_);
    const uint64_t rest = hash << precision_;
    const int zeros = rest == 0 ? 64 - precision_ : std::countl_zero(rest);
    registers_[slot] = std::max(registers_[slot], static_cast<uint8_t>(zeros + 1));
}

Status HyperLogLog::merge(const HyperLogLog& other) {
    if (other.precision_ != precision_)
        return fail(Code::invalid, "sketches of unlike precision do not merge");
    for (size_t i = 0; i < registers_.size(); ++i)
        registers_[i] = std::max(registers_[i], other.registers_[i]);
    return ok();
}

double HyperLogLog::estimate() const {
    const int q = 64 - precision_;
    std::array<uint64_t, 66> histogram{};
    for (const uint8_t r : registers_) ++histogram[r];
    const auto m = static_cast<double>(registers_.size());
    double z = m * tau(1 - static_cast<double>(histogram[q + 1]) / m);
    for (int k = q; k >= 1; --k) z = 0.5 * (z + static_cast<double>(histogram[k]));
    z += m * sigma(static_cast<double>(histogram[0]) / m);
    return m * m / (2 * std::numbers::ln2 * z);
}

double HyperLogLog::relative_error() const {
    return 1.04 / std::sqrt(static_cast<double>(registers_.size()));
}

std::string HyperLogLog::encode() const {
    std::string out = begin_sketch(SketchKind::hll);
    put(out, static_cast<uint8_t>(precision_));
    out.append(registers_.begin(), registers_.end());
    return out;
}

Result<HyperLogLog> HyperLogLog::decode(std::string_view bytes) {
    TRY_ASSIGN(ByteReader in, open_sketch(bytes, SketchKind::hll));
    const int precision = in.get<uint8_t>();
    if (precision < kMinPrecision || precision > kMaxPrecision)
        return broken_sketch("the precision is out of range");
    HyperLogLog out(precision);
    const std::string_view registers = in.take(out.registers_.size());
    if (in.failed() || in.left() != 0) return broken_sketch("their length is wrong");
    for (size_t i = 0; i < registers.size(); ++i) {
        out.registers_[i] = static_cast<uint8_t>(registers[i]);
        if (out.registers_[i] > 65 - precision) return broken_sketch("a register is out of range");
    }
    return out;
}

}  // namespace rondo::stats
