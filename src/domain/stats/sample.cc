#include "domain/stats/sample.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace rondo::stats {
namespace {

constexpr size_t kRadixFrom = 2048;  // below, comparisons are faster
constexpr int kDigitBits = 11;
constexpr int kDigits = 6;  // 6 * 11 bits hold 64
constexpr uint64_t kDigitMask = (1u << kDigitBits) - 1;

// A key whose order as an integer is the order of the numbers.
uint64_t key_of(double value) {
    const auto bits = std::bit_cast<uint64_t>(value);
    return bits >> 63 ? ~bits : bits | (uint64_t{1} << 63);
}
double value_of(uint64_t key) {
    return std::bit_cast<double>(key >> 63 ? key & ~(uint64_t{1} << 63) : ~key);
}

// Least significant digit first; a digit that all keys share is skipped.
void radix_sort(std::vector<double>& values) {
    const size_t n = values.size();
    std::vector<uint64_t> from(n), to(n);
    std::vector<std::array<size_t, kDigitMask + 1>> counts(kDigits);
    for (size_t i = 0; i < n; ++i) {
        from[i] = key_of(values[i]);
        for (int d = 0; d < kDigits; ++d) ++counts[d][(from[i] >> (d * kDigitBits)) & kDigitMask];
    }
    for (int d = 0; d < kDigits; ++d) {
        auto& count = counts[d];
        const int shift = d * kDigitBits;
        if (count[(from[0] >> shift) & kDigitMask] == n) continue;
        size_t start = 0;
        for (size_t& c : count) start += std::exchange(c, start);
        for (const uint64_t key : from) to[count[(key >> shift) & kDigitMask]++] = key;
        std::swap(from, to);
    }
    for (size_t i = 0; i < n; ++i) values[i] = value_of(from[i]);
}

void sort_numbers(std::vector<double>& values) {
    if (values.size() < kRadixFrom)
        std::sort(values.begin(), values.end());
    else
        radix_sort(values);
}

Status too_few(size_t have, size_t least, std::string_view name) {
    return fail(Code::invalid,
                std::string(name) + " has " + std::to_string(have) + " values; this needs " +
                    std::to_string(least) + " or more",
                std::string(name));
}

}  // namespace

Sample::Sample(std::span<const double> values, Missing missing) {
    values_.reserve(values.size());
    for (const double v : values) {
        if (!std::isnan(v)) values_.push_back(v);
    }
    poisoned_ = missing == Missing::propagate && values_.size() != values.size();
    sort_numbers(values_);
}

Sample Sample::taking(std::vector<double> values) {
    Sample out;
    out.values_ = std::move(values);
    if (!std::is_sorted(out.values_.begin(), out.values_.end())) sort_numbers(out.values_);
    return out;
}

Sample Sample::ascending(std::vector<double> values) {
    Sample out;
    out.values_ = std::move(values);
    return out;
}

Status need_values(const Sample& sample, size_t least, std::string_view name) {
    if (sample.size() >= least || sample.poisoned()) return ok();
    return too_few(sample.size(), least, name);
}

Status need_values(std::span<const double> values, size_t least, std::string_view name) {
    if (values.size() >= least) return ok();
    return too_few(values.size(), least, name);
}

std::vector<double> sorted(std::span<const double> values) {
    const Sample numbers(values);
    std::vector<double> out(numbers.values().begin(), numbers.values().end());
    out.resize(values.size(), std::nan(""));
    return out;
}

}  // namespace rondo::stats
