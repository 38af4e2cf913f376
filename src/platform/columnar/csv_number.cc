#include "platform/columnar/csv_number.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#ifdef __x86_64__
#include <tmmintrin.h>
#endif

namespace rondo::columnar {
namespace {

constexpr int kDigits = 19;      // fit 64 bits
constexpr int kExactPower = 22;  // of ten, as a double
constexpr int kFives = 27;       // powers of five that fit 64 bits
constexpr uint64_t kExact = uint64_t{1} << 53;
constexpr std::array<double, kExactPower + 1> kPowers = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

constexpr std::array<uint64_t, 9> kTens = {1,       10,        100,        1'000,      10'000,
                                           100'000, 1'000'000, 10'000'000, 100'000'000};

using Wide = unsigned __int128;

struct Five {
    uint64_t power = 1;    // shifted up until its highest bit is set
    uint64_t inverse = 0;  // 2^127 / power, rounded down
    int shift = 0;
};
constexpr auto kPowersOfFive = [] {
    std::array<Five, kFives + 1> out;
    uint64_t power = 1;
    for (Five& five : out) {
        five.shift = std::countl_zero(power);
        five.power = power << five.shift;
        const Wide inverse = (Wide{1} << 127) / five.power;
        five.inverse = inverse >> 64 != 0 ? UINT64_MAX : static_cast<uint64_t>(inverse);
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

constexpr uint64_t kZeros = 0x3030303030303030;  // eight digits 0

uint64_t load(const char* at) {
    uint64_t eight;
    std::memcpy(&eight, at, sizeof eight);
    return eight;
}

// The number of eight digits less '0' each, the first in the lowest byte: pairs, then fours, then
// all.
uint64_t eight_digits(uint64_t digits) {
    digits = digits * 10 + (digits >> 8);  // a pair in every other byte
    constexpr uint64_t kPair = 0x000000FF000000FF;
    return (((digits & kPair) * (100 + (uint64_t{1000000} << 32))) +
            (((digits >> 16) & kPair) * (1 + (uint64_t{10000} << 32)))) >>
           32;
}

// The high bit of bytes that, less '0', are no digit; right up to the first of them.
uint64_t no_digits(uint64_t digits) {
    return ((digits + 0x7676767676767676) | digits) & 0x8080808080808080;
}

// The first `count` (0 to 8) of eight bytes, with zeros in front.
uint64_t first_bytes(uint64_t bytes, int count) {
    const int half = 4 * (8 - count);  // 64 at once are too many for a shift
    return (bytes << half) << half;
}

// digits / 10^k, 0 < digits, 0 <= k <= kFives.
[[gnu::always_inline]] inline double quotient_of(uint64_t digits, int k) {
    const Five& five = kPowersOfFive[static_cast<size_t>(k)];
    const int up = std::countl_zero(digits);
    digits <<= up;
    // 2^63 times the quotient of both, which lies between 1/2 and 2; up to 2 too small.
    uint64_t quotient = static_cast<uint64_t>((static_cast<Wide>(digits) * five.inverse) >> 64);
    int drop = 11 - std::countl_zero(quotient);
    uint64_t half = uint64_t{1} << (drop - 1);
    uint64_t below = quotient & ((half << 1) - 1);
    auto up_one = static_cast<uint64_t>(below > half);
    if (below + 2 >= half && below <= half) [[unlikely]] {
        // So near to the middle between two doubles the rest decides.
        const Wide all = static_cast<Wide>(digits) << 63;
        quotient = static_cast<uint64_t>(all / five.power);
        const bool rest = all % five.power != 0;
        drop = 11 - std::countl_zero(quotient);
        half = uint64_t{1} << (drop - 1);
        below = quotient & ((half << 1) - 1);
        up_one = below > half || (below == half && (rest || ((quotient >> drop) & 1) != 0)) ? 1 : 0;
    }
    // A normal number at these k: its first bit is the exponent's last, and so is a carry.
    constexpr int kBias = 1023, kFraction = 52;
    const int exponent = drop - 63 + five.shift - up - k + kBias + kFraction - 1;
    return std::bit_cast<double>((static_cast<uint64_t>(exponent) << kFraction) +
                                 (quotient >> drop) + up_one);
}

// Appends the digits from `at`; where they end.
const char* take_digits(const char* at, const char* end, uint64_t& digits) {
    while (end - at >= 8) {
        const uint64_t eight = load(at);
        if (!are_digits(eight)) break;
        digits = digits * 100'000'000 + eight_digits(eight - kZeros);
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

bool parse_padded_decimal(std::string_view text, double& value) {
    const char* at = text.data();
    const char* const end = at + text.size();
    const auto negative = static_cast<uint64_t>(!text.empty() && *at == '-');
    at += negative;
    // Up to seven digits, a point, and all the others behind it.
    const uint64_t head = load(at) ^ kZeros, stop = no_digits(head);
    const int whole = stop == 0 ? 8 : std::countr_zero(stop) / 8;
    const auto decimals = end - at - whole - 1;
    if (whole == 0 || whole == 8 || decimals < 1 || whole + decimals > kDigits || at[whole] != '.')
        return parse_decimal(text, value);
    // Eight digits without the point, eight, and three at most.
    const auto count = whole + static_cast<int>(decimals);
    const int first = std::min(count, 8), second = std::clamp(count - 8, 0, 8),
              third = std::max(count - 16, 0);
    const uint64_t before = (uint64_t{1} << (8 * whole)) - 1;  // the point
    const uint64_t a = first_bytes((head & before) | ((load(at + 1) ^ kZeros) & ~before), first);
    const uint64_t b = first_bytes(load(at + 9) ^ kZeros, second),
                   c = first_bytes(load(at + 17) ^ kZeros, third);
    if ((no_digits(a) | no_digits(b) | no_digits(c)) != 0) return parse_decimal(text, value);
    uint64_t digits = eight_digits(a);
    digits = digits * kTens[static_cast<size_t>(second)] + eight_digits(b);
    digits = digits * kTens[static_cast<size_t>(third)] + eight_digits(c);
    const double size = digits == 0 ? 0 : quotient_of(digits, static_cast<int>(decimals));
    value = std::bit_cast<double>(std::bit_cast<uint64_t>(size) | (negative << 63));
    return true;
}

#ifdef __x86_64__
namespace {

// Up to 16 digits at once, wherever the point stands among them.
[[gnu::target("ssse3")]] bool parse_by_ssse3(std::string_view text, double& value) {
    constexpr int kLanes = 16;
    // Windows of these say which bytes to take: ones before zeros, and none before the first ones.
    constexpr auto kBefore = [] {
        std::array<uint8_t, size_t{2} * kLanes> out{};
        for (size_t i = 0; i < kLanes; ++i) out[i] = 0xFF;
        return out;
    }();
    constexpr auto kAligned = [] {
        std::array<uint8_t, size_t{2} * kLanes> out{};
        for (size_t i = 0; i < kLanes; ++i) {
            out[i] = 0x80;
            out[kLanes + i] = static_cast<uint8_t>(i);
        }
        return out;
    }();
    const auto window = [](const auto& bytes, int from) {
        return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes.data() + from));
    };
    const char* at = text.data();
    const char* const end = at + text.size();
    const auto negative = static_cast<uint64_t>(!text.empty() && *at == '-');
    at += negative;
    const __m128i head = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const auto points =
        static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(head, _mm_set1_epi8('.'))));
    const int whole = std::countr_zero(points | 1U << kLanes);
    const auto decimals = end - at - whole - 1;
    if (whole == 0 || whole == kLanes || decimals < 1 || whole + decimals > kDigits)
        return parse_decimal(text, value);
    const int count = whole + static_cast<int>(decimals), first = std::min(count, kLanes),
              rest = count - first;
    const __m128i before = window(kBefore, kLanes - whole),
                  tail = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + 1));
    const __m128i all =
        _mm_sub_epi8(_mm_or_si128(_mm_and_si128(before, head), _mm_andnot_si128(before, tail)),
                     _mm_set1_epi8('0'));
    const __m128i digits = _mm_shuffle_epi8(all, window(kAligned, first));
    const __m128i least = _mm_min_epu8(digits, _mm_set1_epi8(9));
    const uint64_t last = first_bytes(load(at + kLanes + 1) ^ kZeros, rest);
    if (_mm_movemask_epi8(_mm_cmpeq_epi8(digits, least)) != 0xFFFF || no_digits(last) != 0)
        return parse_decimal(text, value);
    // Pairs, fours, eights.
    const __m128i pairs = _mm_maddubs_epi16(digits, _mm_set1_epi16(0x010A));
    const __m128i fours = _mm_madd_epi16(pairs, _mm_set1_epi32(0x00010064));
    const __m128i eights =
        _mm_madd_epi16(_mm_packs_epi32(fours, fours), _mm_set1_epi32(0x00012710));
    const auto both = static_cast<uint64_t>(_mm_cvtsi128_si64(eights));
    const uint64_t number =
        ((both & UINT32_MAX) * kTens[8] + (both >> 32)) * kTens[static_cast<size_t>(rest)] +
        eight_digits(last);
    const double size = number == 0 ? 0 : quotient_of(number, static_cast<int>(decimals));
    value = std::bit_cast<double>(std::bit_cast<uint64_t>(size) | (negative << 63));
    return true;
}

}  // namespace

DecimalParser fast_decimal_parser() {
    return __builtin_cpu_supports("ssse3") ? parse_by_ssse3 : parse_padded_decimal;
}
#else
DecimalParser fast_decimal_parser() { return parse_padded_decimal; }
#endif

bool parse_padded_integer(std::string_view text, double& value) {
    const char* at = text.data();
    const auto negative = static_cast<uint64_t>(!text.empty() && *at == '-');
    at += negative;
    const auto count = text.size() - negative;
    if (count == 0 || count > 16) return false;
    const int first = static_cast<int>(std::min<size_t>(count, 8)),
              second = static_cast<int>(count) - first;
    const uint64_t a = first_bytes(load(at) ^ kZeros, first),
                   b = first_bytes(load(at + 8) ^ kZeros, second);
    if ((no_digits(a) | no_digits(b)) != 0) return false;
    uint64_t digits = eight_digits(a);
    digits = digits * kTens[static_cast<size_t>(second)] + eight_digits(b);
    value = static_cast<double>(negative != 0 ? -static_cast<int64_t>(digits)
                                              : static_cast<int64_t>(digits));
    return true;
}

}  // namespace rondo::columnar
