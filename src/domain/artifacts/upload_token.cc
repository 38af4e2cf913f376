#include "domain/artifacts/upload_token.h"

#include "base/bytes.h"
#include "base/text.h"
#include "platform/crypto/crypto.h"

namespace rondo::artifacts {
namespace {

constexpr size_t kMacBytes = 32;
constexpr size_t kMaxTextBytes = 8192;  // a service's id and a path of 2,048 bytes, in base64

std::string mac_of(std::string_view body, std::string_view key) {
    return hmac_sha256(hmac_sha256(key, "uploads of artifacts, version 1"), body);
}

std::unexpected<Error> unknown() {
    return fail(Code::not_found, "no such upload; begin it again with mpu/create", "upload_id");
}

}  // namespace

std::string seal_upload(const UploadToken& token, std::string_view key) {
    std::string body;
    put_text(body, token.upload);
    put_text(body, token.path);
    put(body, token.parts);
    put(body, to_micros(token.until));
    return to_base64url(body + mac_of(body, key));
}

Result<UploadToken> open_upload(std::string_view text, std::string_view path, Time now,
                                std::string_view key) {
    if (text.empty() || text.size() > kMaxTextBytes) return unknown();
    const auto bytes = from_base64url(text);
    if (!bytes || bytes->size() <= kMacBytes) return unknown();
    const std::string_view body = std::string_view(*bytes).substr(0, bytes->size() - kMacBytes);
    const std::string_view mac = std::string_view(*bytes).substr(body.size());
    if (!equal_in_constant_time(mac, mac_of(body, key))) return unknown();
    ByteReader reader(body);
    UploadToken token;
    token.upload = reader.get_text();
    token.path = reader.get_text();
    token.parts = reader.get<int64_t>();
    token.until = from_micros(reader.get<int64_t>());
    if (reader.failed() || reader.left() > 0) return unknown();
    if (token.path != path)
        return fail(Code::not_found, "this upload is not one of " + quoted(path), "upload_id");
    if (now > token.until)
        return fail(Code::not_found,
                    "this upload began more than a day ago and has ended; begin it again",
                    "upload_id");
    return token;
}

}  // namespace rondo::artifacts
