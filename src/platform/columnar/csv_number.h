// Decimal texts to the nearest double, the way files of data write them.
#pragma once

#include <string_view>

namespace rondo::columnar {

// An optional minus, digits with at most one point among or around them, an optional exponent. The
// nearest double, ties to even. False for anything else, and for what its ways do not reach (more
// than 19 digits, far exponents): base/text.h's parse_double then decides.
//
// Up to 2^53 and 10^22 one operation is exact (Clinger 1990). Otherwise digits / 10^k is a quotient
// of whole numbers, digits / 5^k, of which 64 bits and whether anything remains say how to round:
// no digit is lost, so no case is in doubt.
bool parse_decimal(std::string_view text, double& value);

}  // namespace rondo::columnar
