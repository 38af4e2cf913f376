#include "platform/client/address.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/check.h"
#include "base/text.h"

namespace rondo::client {
namespace {

uint32_t bits_at(const IpAddress& address, size_t offset) {
    uint32_t out = 0;
    for (size_t i = 0; i < 4; ++i) out = out << 8 | address.bytes[offset + i];
    return out;
}

IpRange range(const char* text) {
    auto parsed = IpRange::parse(text);
    CHECK(parsed.has_value(), "a range of our own is malformed");
    return *parsed;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    if (text.size() > 45) return std::nullopt;
    const std::string copy(text);
    IpAddress out;
    out.is_v6 = copy.find(':') != std::string::npos;
    // glibc's inet_pton takes dotted quads of plain decimal numbers only, at most three digits
    // each and without leading zeros.
    if (::inet_pton(out.is_v6 ? AF_INET6 : AF_INET, copy.c_str(), out.bytes.data()) != 1)
        return std::nullopt;
    return out;
}

IpAddress IpAddress::v4(uint32_t bits) {
    IpAddress out;
    for (size_t i = 0; i < 4; ++i) out.bytes[i] = static_cast<uint8_t>(bits >> (24 - 8 * i));
    return out;
}

uint32_t IpAddress::v4_bits() const { return bits_at(*this, 0); }

std::string IpAddress::text() const {
    char buffer[INET6_ADDRSTRLEN];
    CHECK(::inet_ntop(is_v6 ? AF_INET6 : AF_INET, bytes.data(), buffer, sizeof buffer) != nullptr,
          "an address has a text form");
    return buffer;
}

Result<IpRange> IpRange::parse(std::string_view text) {
    const size_t slash = text.find('/');
    const auto base = IpAddress::parse(text.substr(0, slash));
    if (!base)
        return fail(Code::invalid, quoted(text) + " is no range of addresses, such as 10.0.0.0/8");
    const int most = base->is_v6 ? 128 : 32;
    int bits = most;
    if (slash != std::string_view::npos) {
        const auto given = parse_int(text.substr(slash + 1));
        if (!given || *given < 0 || *given > most)
            return fail(Code::invalid, quoted(text) + " has no number of bits from 0 to " +
                                           std::to_string(most) + " after the slash");
        bits = static_cast<int>(*given);
    }
    return IpRange{*base, bits};
}

bool IpRange::contains(const IpAddress& address) const {
    if (address.is_v6 != base.is_v6) return false;
    const auto whole = static_cast<size_t>(bits / 8);
    if (!std::equal(base.bytes.begin(), base.bytes.begin() + whole, address.bytes.begin()))
        return false;
    const int rest = bits % 8;
    return rest == 0 || (base.bytes[whole] ^ address.bytes[whole]) >> (8 - rest) == 0;
}

std::optional<IpAddress> embedded_v4(const IpAddress& address) {
    if (!address.is_v6) return std::nullopt;
    static const IpRange kMapped = range("::ffff:0:0/96");
    static const IpRange kTranslated = range("::ffff:0:0:0/96");  // SIIT
    static const IpRange kCompatible = range("::/96");
    static const IpRange kNat64 = range("64:ff9b::/96");
    static const IpRange k6to4 = range("2002::/16");
    static const IpRange kTeredo = range("2001::/32");
    for (const IpRange* last : {&kMapped, &kTranslated, &kCompatible, &kNat64}) {
        if (last->contains(address)) return IpAddress::v4(bits_at(address, 12));
    }
    if (k6to4.contains(address)) return IpAddress::v4(bits_at(address, 2));
    if (kTeredo.contains(address)) return IpAddress::v4(~bits_at(address, 12));
    // ISATAP: the interface is 0000:5efe or 0200:5efe and the IPv4 address.
    if ((bits_at(address, 8) & 0xfdffffff) == 0x00005efe)
        return IpAddress::v4(bits_at(address, 12));
    return std::nullopt;
}

}  // namespace rondo::client
