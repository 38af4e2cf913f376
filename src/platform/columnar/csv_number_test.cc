#include "platform/columnar/csv_number.h"

#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

namespace rondo::columnar {
namespace {

// The padded ways, before any bytes.
bool parse_padded(DecimalParser parse, const std::string& text, double& value) {
    static std::mt19937_64 random(3);
    std::string padded = text;
    for (size_t i = 0; i < kPadding; ++i) padded += "0123456789.,e\n\xff"[random() % 15];
    return parse(std::string_view(padded).substr(0, text.size()), value);
}

void same_bits(double a, double b) {
    CHECK(std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b));
}

// As the C library reads it, to the bit.
void same(const std::string& text) {
    double value = 0, padded = 1;
    CAPTURE(text);
    REQUIRE(parse_decimal(text, value));
    same_bits(value, std::strtod(text.c_str(), nullptr));
    for (const DecimalParser parse : {parse_padded_decimal, fast_decimal_parser()}) {
        REQUIRE(parse_padded(parse, text, padded));
        same_bits(padded, value);
    }
}

TEST_CASE("decimals are the nearest doubles") {
    std::mt19937_64 random(1);
    for (int i = 0; i < 200'000; ++i) {
        std::array<char, 64> text{};
        // What programs write: 17 digits, or as few as are needed, of numbers of many sizes.
        const double scale = std::pow(10.0, static_cast<double>(random() % 8));
        const double value = (static_cast<double>(random()) / 1.8e19 - 0.5) * scale;
        std::snprintf(text.data(), text.size(), i % 2 == 0 ? "%.17g" : "%.16f", value);
        double out = 0;
        if (parse_decimal(text.data(), out)) same(text.data());
        CHECK((std::abs(value) < 1e-3 || i % 2 == 1 || parse_decimal(text.data(), out)));
        // Any digits with any point.
        std::string digits = std::to_string(random() >> (random() % 64));
        if (digits.size() > 19) digits.resize(19);
        digits.insert(random() % (digits.size() + 1), ".");
        same(digits);
        same("-" + digits);
        same("000" + digits + "e-" + std::to_string(random() % 8));
    }
}

TEST_CASE("decimals that lie between two doubles") {
    // 2^53 + 1 has no double of its own; more of it, and a hair more or less.
    for (const char* text : {"9007199254740993", "9007199254740993.0", "9007199254740992.999",
                             "9007199254740993.001", "9007199254740995", "900719925474099.3",
                             "1.00000000000000011102230246251565e-1", "4503599627370496.5",
                             "4503599627370497.5", "0.5000000000000000555", "18014398509481985"}) {
        double value = 0;
        if (parse_decimal(text, value)) same(text);
    }
    std::mt19937_64 random(2);
    for (int i = 0; i < 100'000; ++i) {
        // Halves of whole numbers beyond 2^52, and of those some tenths.
        const uint64_t whole = (uint64_t{1} << 52) + (random() >> 12);
        for (const char* rest : {".5", ".50", ".4", ".6", ".500"})
            same(std::to_string(whole) + rest);
    }
}

TEST_CASE("what is no decimal") {
    double value = 0;
    for (const char* text : {"",    "-",    ".",    "-.",        "e5",       "1e",  "1e+",
                             "1x",  "+1",   " 1",   "1 ",        "1.2.3",    "--1", "nan",
                             "inf", "1e5.", "0x10", "12345678a", "1234567:", "1,5", "1e99999"})
        CHECK_MESSAGE(
            !(parse_decimal(text, value) || parse_padded(parse_padded_decimal, text, value)), text);
    for (const char* text : {"0", "-0", "0.0", "-0.000", ".5", "5.", "1e5", "1E+05", "12345678",
                             "00000000000000000000000001"})
        same(text);
}

TEST_CASE("integers with bytes behind them") {
    std::mt19937_64 random(4);
    double value = 0;
    for (int i = 0; i < 100'000; ++i) {
        const auto wide = static_cast<int64_t>(random()) >> (random() % 64);
        const std::string text = std::to_string(wide % 10'000'000'000'000'000);
        CAPTURE(text);
        REQUIRE(parse_padded(parse_padded_integer, text, value));
        same_bits(value, static_cast<double>(std::stoll(text)));
        std::string broken = text;
        broken[random() % text.size()] = "/:x+. -"[random() % 7];
        if (broken[0] != '-' || broken.size() == 1 || text[0] == '-')
            CHECK_MESSAGE((!parse_padded(parse_padded_integer, broken, value) || broken == text),
                          broken);
    }
    for (const char* text : {"", "-", "+1", "12345678901234567", "1.0", "1 "})
        CHECK_MESSAGE(!parse_padded(parse_padded_integer, text, value), text);
}

}  // namespace
}  // namespace rondo::columnar
