#include "platform/columnar/csv_number.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace rondo::columnar {
namespace {

constexpr int kDigits = 19;      // fit 64 bits
constexpr int kExactPower = 22;  // of ten, as a double
constexpr int kFives = 27;       // powers of five that fit 64 bits
constexpr uint64_t kExact = uint64_t{1} << 53;
constexpr std::array<double, kExactPower + 1> kPowers = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

struct Five {
    uint64_t power = 1;  // shifted up until its highest bit is set
    int shift = 0;
};
constexpr auto kPowersOfFive = [] {
    std::array<Five, kFives + 1> out;
    uint64_t power = 1;
    for (Five& five : out) {
        five.shift = std::countl_zero(power);
        five.power = power << five.shift;
        power *= 5;
    }
    return out;
}();

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Whether each of eight bytes is a digit: its high half is 3, and stays so when 6 is added.
bool are_digits(uint64_t eight) {
    constexpr uint64_t kHigh = 0xF0F0F0F0F0F0F0F0, kThrees = 0x3030303030303030;
    return (eight & (eight + 0x0606060606060606) & kHigh) == kThrees && (eight & kHigh) == kThrees;
}

// Eight digits, the first in the lowest byte: pairs, then fours, then all.
uint64_t eight_digits(uint64_t text) {
    text -= 0x3030303030303030;
    text = text * 10 + (text >> 8);  // a pair in every other byte
    constexpr uint64_t kPair = 0x000000FF000000FF;
    return (((text & kPair) * (100 + (uint64_t{1000000} << 32))) +
            (((text >> 16) & kPair) * (1 + (uint64_t{10000} << 32)))) >>
           32;
}

// (high * 2^64 + low) / divisor, where high < divisor.
struct Division {
    uint64_t quotient, rest;
};
Division divide(uint64_t high, uint64_t low, uint64_t divisor) {
#ifdef __x86_64__
    uint64_t quotient, rest;
    asm("divq %4" : "=a"(quotient), "=d"(rest) : "a"(low), "d"(high), "r"(divisor) : "cc");
    return {quotient, rest};
#else
    const unsigned __int128 all = (static_cast<unsigned __int128>(high) << 64) | low;
    return {static_cast<uint64_t>(all / divisor), static_cast<uint64_t>(all % divisor)};
#endif
}

// digits / 10^k, 0 < digits, 0 <= k <= kFives.
double quotient_of(uint64_t digits, int k) {
    const Five& five = kPowersOfFive[static_cast<size_t>(k)];
    const int up = std::countl_zero(digits);
    digits <<= up;
    // 2^63 times the quotient of both, which lies between 1/2 and 2.
    const auto [quotient, rest] = divide(digits >> 1, digits << 63, five.power);
    const int drop = 64 - std::countl_zero(quotient) - 53;
    const uint64_t half = uint64_t{1} << (drop - 1);
    const uint64_t below = quotient & ((half << 1) - 1);
    uint64_t bits = quotient >> drop;
    if (below > half || (below == half && (rest != 0 || (bits & 1) != 0))) ++bits;
    // A normal number at these k, so the last multiplication is exact.
    const int exponent = drop - 63 + five.shift - up - k;
    return static_cast<double>(bits) *
           std::bit_cast<double>(static_cast<uint64_t>(1023 + exponent) << 52);
}

// Appends the digits from `at`; where they end.
const char* take_digits(const char* at, const char* end, uint64_t& digits) {
    while (end - at >= 8) {
        uint64_t eight;
        std::memcpy(&eight, at, sizeof eight);
        if (!are_digits(eight)) break;
        digits = digits * 100'000'000 + eight_digits(eight);
        at += 8;
    }
    for (; at != end && is_digit(*at); ++at)
        digits = digits * 10 + static_cast<uint64_t>(*at - '0');
    return at;
}

// The exponent after its letter; false when it is none, or far.
bool take_exponent(const char* at, const char* end, int& exponent) {
    const bool negative = at != end && *at == '-';
    if (at != end && (*at == '-' || *at == '+')) ++at;
    if (at == end || end - at > 4) return false;
    int sum = 0;
    for (; at != end; ++at) {
        if (!is_digit(*at)) return false;
        sum = sum * 10 + (*at - '0');
    }
    exponent += negative ? -sum : sum;
    return true;
}

}  // namespace

bool parse_decimal(std::string_view text, double& value) {
    const char* at = text.data();
    const char* const end = at + text.size();
    const bool negative = at != end && *at == '-';
    if (negative) ++at;
    const char* const first = at;
    uint64_t digits = 0;
    at = take_digits(at, end, digits);
    auto seen = at - first;
    int exponent = 0;
    if (at != end && *at == '.') {
        const char* const point = at++;
        at = take_digits(at, end, digits);
        const auto decimals = at - point - 1;
        seen += decimals;
        if (decimals > 400) return false;
        exponent = -static_cast<int>(decimals);
    }
    if (seen == 0) return false;
    if (seen > kDigits) {  // zeros in front are none
        for (const char* zero = first; zero != at && (*zero == '0' || *zero == '.'); ++zero)
            seen -= *zero == '0' ? 1 : 0;
        if (seen > kDigits) return false;
    }
    if (at != end && ((*at != 'e' && *at != 'E') || !take_exponent(at + 1, end, exponent)))
        return false;
    double out = 0;
    if (digits < kExact && exponent >= -kExactPower && exponent <= kExactPower) {
        const auto whole = static_cast<double>(digits);
        out = exponent < 0 ? whole / kPowers[static_cast<size_t>(-exponent)]
                           : whole * kPowers[static_cast<size_t>(exponent)];
    } else if (digits != 0 && exponent <= 0 && exponent >= -kFives) {
        out = quotient_of(digits, -exponent);
    } else {
        return false;
    }
    value = negative ? -out : out;
    return true;
}

}  // namespace rondo::columnar
