#include "domain/predictions/id.h"

#include "base/bytes.h"
#include "base/check.h"
#include "base/text.h"
#include "platform/crypto/crypto.h"

namespace rondo::predictions {
namespace {

constexpr size_t kMacBytes = 16;

}  // namespace

IdCodec::IdCodec(std::string_view key) {
    CHECK(key.size() == sizeof keys_, "the key of prediction ids has another length");
    std::memcpy(keys_.data(), key.data(), sizeof keys_);
}

std::string IdCodec::mac_of(std::string_view body) const {
    std::string mac;
    for (const SipKey& key : keys_) put(mac, siphash(key, body));
    return mac;
}

std::string IdCodec::encode(const IdParts& parts) const {
    std::string body;
    put(body, parts.endpoint_id);
    put(body, parts.key.event_us);
    put(body, parts.key.unit_hash);
    put(body, parts.key.sequence);
    put(body, parts.route);
    put(body, static_cast<uint8_t>(parts.arm));
    put(body, parts.share);
    return to_base64url(body + mac_of(body));
}

Result<IdParts> IdCodec::decode(std::string_view id) const {
    const auto unknown = [&] {
        return fail(Code::invalid, quoted(id) + " is no prediction id of this server");
    };
    const auto bytes = from_base64url(id);
    if (!bytes || bytes->size() <= kMacBytes) return unknown();
    const std::string_view body = std::string_view(*bytes).substr(0, bytes->size() - kMacBytes);
    const std::string_view mac = std::string_view(*bytes).substr(body.size());
    if (!equal_in_constant_time(mac_of(body), mac)) return unknown();
    ByteReader in(body);
    IdParts parts;
    parts.endpoint_id = in.get<int64_t>();
    parts.key.event_us = in.get<int64_t>();
    parts.key.unit_hash = in.get<uint64_t>();
    parts.key.sequence = in.get<uint32_t>();
    parts.route = in.get<uint32_t>();
    parts.arm = static_cast<Arm>(in.get<uint8_t>());
    parts.share = in.get<uint16_t>();
    if (in.failed() || in.left() != 0) return unknown();
    return parts;
}

}  // namespace rondo::predictions
