#include "platform/notify/signature.h"

#include <algorithm>

#include "platform/crypto/base64.h"
#include "platform/crypto/crypto.h"

namespace rondo::notify {
namespace {

constexpr std::string_view kPrefix = "whsec_";
constexpr size_t kSecretBytes = 32, kLeastBytes = 16, kMostBytes = 1024;

std::string key_of(std::string_view secret) {
    if (secret.starts_with(kPrefix)) {
        if (auto bytes = from_base64(secret.substr(kPrefix.size()))) return std::move(*bytes);
    }
    return std::string(secret);
}

}  // namespace

std::string make_secret(Env& env) {
    std::string bytes(kSecretBytes, '\0');
    env.random(bytes);
    return std::string(kPrefix) + to_base64(bytes);
}

Status check_secret(std::string_view secret) {
    const bool printable = std::ranges::all_of(secret, [](char c) { return c > 0x20 && c < 0x7f; });
    if (!printable || secret.size() < kLeastBytes || secret.size() > kMostBytes)
        return fail(Code::invalid,
                    "a secret has 16 to 1,024 bytes of printable ASCII without blanks", "secret");
    if (secret.starts_with(kPrefix)) {
        const auto bytes = from_base64(secret.substr(kPrefix.size()));
        if (!bytes || bytes->size() < kLeastBytes)
            return fail(Code::invalid, "after 'whsec_' a secret has base64 of at least 16 bytes",
                        "secret");
    }
    return ok();
}

Status check_mlflow_secret(std::string_view secret) {
    const bool plain =
        std::ranges::none_of(secret, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
    if (plain && !secret.empty() && secret.size() <= kMostBytes) return ok();
    return fail(Code::invalid, "a secret has 1 to 1,024 bytes without control characters",
                "secret");
}

std::string signature_by_text(std::string_view secret, std::string_view id, int64_t seconds,
                              std::string_view body) {
    std::string content;
    content.reserve(id.size() + body.size() + 24);
    content.append(id).append(".").append(std::to_string(seconds)).append(".").append(body);
    return "v1," + to_base64(hmac_sha256(secret, content));
}

std::string signature(std::string_view secret, std::string_view id, int64_t seconds,
                      std::string_view body) {
    return signature_by_text(key_of(secret), id, seconds, body);
}

std::string signatures(const std::vector<std::string>& secrets, std::string_view id,
                       int64_t seconds, std::string_view body) {
    std::string out;
    for (const std::string& secret : secrets)
        out += (out.empty() ? "" : " ") + signature(secret, id, seconds, body);
    return out;
}

}  // namespace rondo::notify
