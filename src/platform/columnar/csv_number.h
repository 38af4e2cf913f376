// Decimal texts to the nearest double, the way files of data write them.
#pragma once

#include <cstddef>
#include <string_view>

namespace rondo::columnar {

// An optional minus, digits with at most one point among or around them, an optional exponent. The
// nearest double, ties to even. False for anything else, and for what its ways do not reach (more
// than 19 digits, far exponents): base/text.h's parse_double then decides.
//
// Up to 2^53 and 10^22 one operation is exact (Clinger 1990). Otherwise digits / 10^k is a quotient
// of whole numbers, digits / 5^k: 64 bits of it, by its rounded inverse, say how to round, and
// where they are too near to the middle between two doubles the exact division does. No case is in
// doubt.
bool parse_decimal(std::string_view text, double& value);

// The same where this many bytes behind the text may be read, whatever they are: a column's texts
// differ in length and sign, and no branch asks for either.
constexpr size_t kPadding = 32;
bool parse_padded_decimal(std::string_view text, double& value);
// Of that kind, the fastest way of this machine.
using DecimalParser = bool (*)(std::string_view text, double& value);
DecimalParser fast_decimal_parser();
// An optional minus and up to 16 digits, padded as well; false for anything else.
bool parse_padded_integer(std::string_view text, double& value);

}  // namespace rondo::columnar
