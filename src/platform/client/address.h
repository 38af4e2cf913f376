// IP addresses and ranges of them as plain values: what an egress policy is written in and what a
// connection is made to. Pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace rondo::client {

struct IpAddress {
    std::array<uint8_t, 16> bytes{};  // an IPv4 address is the first four
    bool is_v6 = false;

    // The one usual spelling only: "10.1.2.3", "fe80::1" without a zone. Never decimal, octal,
    // hexadecimal or short forms of IPv4.
    static std::optional<IpAddress> parse(std::string_view text);
    static IpAddress v4(uint32_t bits);
    uint32_t v4_bits() const;
    std::string text() const;
    friend bool operator==(const IpAddress&, const IpAddress&) = default;
};

// "10.0.0.0/8", "fd00::/8"; a bare address is a range of one.
struct IpRange {
    IpAddress base;
    int bits = 0;

    static Result<IpRange> parse(std::string_view text);
    bool contains(const IpAddress& address) const;
};

// The IPv4 address that an IPv6 one carries inside (mapped, compatible, NAT64, 6to4, Teredo,
// ISATAP): where packets to it may end up.
std::optional<IpAddress> embedded_v4(const IpAddress& address);

}  // namespace rondo::client
