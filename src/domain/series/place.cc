#include "domain/series/place.h"

#include <bit>
#include <cstring>

namespace rondo::series {
namespace {

constexpr uint64_t kSign = uint64_t{1} << 63;

void put_big_endian(std::string& out, uint64_t bits) {
    bits = std::byteswap(bits);
    out.append(reinterpret_cast<const char*>(&bits), sizeof bits);
}

// Doubles compare like their bits when both are positive, and the other way round when not.
uint64_t ordered(double value) {
    const auto bits = std::bit_cast<uint64_t>(value);
    return bits & kSign ? ~bits : bits | kSign;
}

}  // namespace

std::string place_of(const Point& point) {
    std::string out;
    out.reserve(kPlaceBytes);
    put_big_endian(out, static_cast<uint64_t>(point.timestamp) ^ kSign);
    put_big_endian(out, static_cast<uint64_t>(point.step) ^ kSign);
    put_big_endian(out, ordered(point.value));
    out += static_cast<char>(point.is_nan);
    return out;
}

}  // namespace rondo::series
