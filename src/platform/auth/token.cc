#include "platform/auth/token.h"

#include <zlib.h>

#include "base/bytes.h"
#include "base/text.h"
#include "platform/crypto/crypto.h"
#include "platform/json/enums.h"

namespace rondo::auth {
namespace {

constexpr std::string_view kPrefix = "rondo_";
constexpr std::string_view kAlphabet =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr size_t kRandom = 43;   // 256 bits
constexpr size_t kChecksum = 6;  // 62^6 > 2^32
constexpr size_t kMaxHeader = 4096;

std::string_view short_name(TokenKind kind) {
    switch (kind) {
        case TokenKind::personal:
            return "pat";
        case TokenKind::session:
            return "ses";
        case TokenKind::task:
            return "tsk";
    }
    return "pat";
}

std::string checksum_of(std::string_view text) {
    auto sum = static_cast<uint64_t>(
        ::crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size())));
    std::string out(kChecksum, '0');
    for (size_t i = kChecksum; i-- > 0; sum /= kAlphabet.size())
        out[i] = kAlphabet[sum % kAlphabet.size()];
    return out;
}

std::unexpected<Error> not_understood() {
    return fail(Code::unauthenticated,
                "the authorization header is not understood: send 'Bearer TOKEN', or Basic with a "
                "name and a password");
}

// The standard alphabet with padding, as Basic has it.
Result<std::string> from_basic(std::string_view text) {
    std::string url{trim(text)};
    while (url.ends_with('=')) url.pop_back();
    for (char& c : url) {
        if (c == '+') c = '-';
        if (c == '/') c = '_';
    }
    return from_base64url(url);
}

// The value of a cookie by its name.
std::string_view cookie_value(std::string_view cookies, std::string_view name) {
    for (const std::string_view part : split(cookies, ';')) {
        const std::string_view pair = trim(part);
        const size_t equals = pair.find('=');
        if (equals != std::string_view::npos && pair.substr(0, equals) == name)
            return pair.substr(equals + 1);
    }
    return {};
}

}  // namespace

std::string make_token(Env& env, TokenKind kind) {
    std::string out = std::string(kPrefix) + std::string(short_name(kind)) + "_";
    while (out.size() < kPrefix.size() + 4 + kRandom) {
        unsigned char byte = 0;
        env.random({reinterpret_cast<char*>(&byte), 1});
        // Rejection keeps every letter equally likely.
        if (byte < 4 * kAlphabet.size()) out += kAlphabet[byte % kAlphabet.size()];
    }
    return out + checksum_of(out);
}

bool is_token(std::string_view text) {
    if (!text.starts_with(kPrefix) || text.size() != kPrefix.size() + 4 + kRandom + kChecksum)
        return false;
    return checksum_of(text.substr(0, text.size() - kChecksum)) ==
           text.substr(text.size() - kChecksum);
}

std::string hash_of(std::string_view token) { return sha256_hex(token); }

Result<Shown> read_credentials(const Headers& headers) {
    Shown out;
    const std::string_view authorization = trim(headers.authorization);
    if (authorization.size() > kMaxHeader) return not_understood();
    if (!authorization.empty()) {
        const size_t blank = authorization.find(' ');
        const std::string_view scheme = authorization.substr(0, blank);
        const std::string_view rest =
            blank == std::string_view::npos ? "" : trim(authorization.substr(blank));
        if (equals_ignoring_case(scheme, "Bearer") && !rest.empty()) {
            out.token = rest;
            return out;
        }
        if (!equals_ignoring_case(scheme, "Basic")) return not_understood();
        const auto decoded = from_basic(rest);
        if (!decoded) return not_understood();
        const size_t colon = decoded->find(':');
        if (colon == std::string::npos || !is_storable_text(*decoded)) return not_understood();
        std::string secret = decoded->substr(colon + 1);
        if (secret.starts_with(kPrefix)) {
            out.token = std::move(secret);
        } else {
            out.name = decoded->substr(0, colon);
            out.password = std::move(secret);
            if (out.name.empty() || out.password.empty()) return not_understood();
        }
        return out;
    }
    if (!headers.api_key.empty()) {
        out.token = trim(headers.api_key);
        return out;
    }
    for (const bool secure : {true, false}) {
        const std::string_view value = cookie_value(headers.cookie, cookie_name(secure));
        if (value.empty()) continue;
        out.token = value;
        break;
    }
    return out;
}

std::string_view cookie_name(bool secure) { return secure ? "__Host-rondo" : "rondo"; }

}  // namespace rondo::auth
