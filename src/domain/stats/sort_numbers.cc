#include "domain/stats/sort_numbers.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <utility>

namespace rondo::stats {
namespace {

constexpr size_t kRadixFrom = 2048;  // below, comparisons are faster
constexpr int kDigitBits = 11;
constexpr size_t kBuckets = size_t{1} << kDigitBits;
constexpr size_t kFew = 24;     // are sorted by insertion
constexpr size_t kSpread = 64;  // a digit of more than this part of all numbers is crowded

// Its order as an integer is the order of the numbers.
uint64_t key_of(double value) {
    const auto bits = std::bit_cast<uint64_t>(value);
    return bits ^ (static_cast<uint64_t>(static_cast<int64_t>(bits) >> 63) | uint64_t{1} << 63);
}
bool before(double a, double b) { return key_of(a) < key_of(b); }

template <int kDigits>
using Counts = std::array<std::array<uint32_t, kBuckets>, kDigits>;

size_t digit(uint64_t cell, int place) { return (cell >> (place * kDigitBits)) & (kBuckets - 1); }

// How many numbers have which digit of their cell.
template <int kDigits, class Cell>
void count(std::span<const double> values, Cell cell, Counts<kDigits>& counts) {
    for (const double v : values) {
        const uint64_t c = cell(v);
        for (int d = 0; d < kDigits; ++d) ++counts[d][digit(c, d)];
    }
}

// Brings the numbers into the order of their cells, least significant digit first; a digit that
// all share is skipped.
template <int kDigits, class Cell>
void order_cells(std::vector<double>& values, std::vector<double>& other, Cell cell,
                 Counts<kDigits>& counts) {
    for (int d = 0; d < kDigits; ++d) {
        auto& starts = counts[d];
        if (starts[digit(cell(values[0]), d)] == values.size()) continue;
        uint32_t start = 0;
        for (uint32_t& c : starts) start += std::exchange(c, start);
        for (const double v : values) other[starts[digit(cell(v), d)]++] = v;
        values.swap(other);
    }
}

void sort_few(std::span<double> values) {
    for (size_t i = 1; i < values.size(); ++i) {
        const double v = values[i];
        size_t at = i;
        for (; at > 0 && before(v, values[at - 1]); --at) values[at] = values[at - 1];
        values[at] = v;
    }
}

// All bits decide.
void sort_by_all_bits(std::vector<double>& values, std::vector<double>& other) {
    constexpr int kDigits = 6;
    Counts<kDigits> counts{};
    count<kDigits>(values, key_of, counts);
    order_cells<kDigits>(values, other, key_of, counts);
}

void sort_group(std::span<double> group) {
    if (group.size() <= kFew) {
        sort_few(group);
    } else if (group.size() < kRadixFrom) {
        std::ranges::sort(group, before);
    } else {
        std::vector<double> values(group.begin(), group.end()), other(group.size());
        sort_by_all_bits(values, other);
        std::ranges::copy(values, group.begin());
    }
}

// Sorts within cells, which are in order.
template <class Cell>
void sort_within(std::vector<double>& values, Cell cell) {
    for (size_t begin = 0, end; begin < values.size(); begin = end) {
        const uint64_t here = cell(values[begin]);
        bool ascends = true;
        for (end = begin + 1; end < values.size() && cell(values[end]) == here; ++end)
            ascends &= !before(values[end], values[end - 1]);
        if (!ascends) sort_group({values.data() + begin, end - begin});
    }
}

// The upper bits of the numbers: sign, exponent and the first 21 of the fraction, which tell most
// numbers of a column apart.
void sort_by_upper_bits(std::vector<double>& values, std::vector<double>& other) {
    constexpr int kDigits = 3;
    const auto upper = [](double v) { return key_of(v) >> (64 - kDigits * kDigitBits); };
    Counts<kDigits> counts{};
    count<kDigits>(values, upper, counts);
    if (std::ranges::max(counts[0]) > values.size() / kSpread) {  // whole numbers, for one
        sort_by_all_bits(values, other);
        return;
    }
    order_cells<kDigits>(values, other, upper, counts);
    sort_within(values, upper);
}

}  // namespace

void sort_numbers(std::vector<double>& values) {
    if (values.size() < kRadixFrom || values.size() > UINT32_MAX) {
        std::ranges::sort(values, before);
        return;
    }
    std::vector<double> other(values.size());
    sort_by_upper_bits(values, other);
}

}  // namespace rondo::stats
