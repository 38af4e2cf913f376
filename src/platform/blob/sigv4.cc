#include "platform/blob/sigv4.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/text.h"
#include "platform/crypto/crypto.h"
#include "platform/net/http.h"

namespace rondo::blob {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

// "20130524T000000Z"
std::string compact_time(Time now) {
    std::string out;
    for (const char c : format_time(std::chrono::floor<std::chrono::seconds>(now))) {
        if (c != '-' && c != ':') out += c;
    }
    return out;
}

// Trimmed, and runs of blanks as one.
std::string canonical_value(std::string_view value) {
    std::string out;
    for (const char c : trim(value)) {
        if (c == ' ' && out.ends_with(' ')) continue;
        out += c;
    }
    return out;
}

struct Scope {
    std::string day, region;
    std::string text() const { return day + "/" + region + "/s3/aws4_request"; }
};

struct CanonicalHeaders {
    std::string lines, names;
};

CanonicalHeaders canonical_headers(const UnsignedRequest& request, const Pairs& headers) {
    Pairs sorted{{"host", request.host}};
    for (const auto& [name, value] : headers)
        sorted.emplace_back(to_lower(name), canonical_value(value));
    std::ranges::sort(sorted);
    CanonicalHeaders out;
    for (const auto& [name, value] : sorted) {
        out.lines += name + ":" + value + "\n";
        out.names += (out.names.empty() ? "" : ";") + name;
    }
    return out;
}

std::string signature(const UnsignedRequest& request, const std::string& query,
                      const CanonicalHeaders& headers, std::string_view payload_hash,
                      const std::string& secret, const Scope& scope, const std::string& time) {
    const std::string canonical = request.method + "\n" + request.path + "\n" + query + "\n" +
                                  headers.lines + "\n" + headers.names + "\n" +
                                  std::string(payload_hash);
    const std::string to_sign =
        std::string(kAlgorithm) + "\n" + time + "\n" + scope.text() + "\n" + sha256_hex(canonical);
    std::string key = "AWS4" + secret;
    for (const std::string_view part : {std::string_view(scope.day), std::string_view(scope.region),
                                        std::string_view("s3"), std::string_view("aws4_request")})
        key = hmac_sha256(key, part);
    return to_hex(hmac_sha256(key, to_sign));
}

}  // namespace

std::string canonical_query(const Pairs& query) {
    Pairs encoded;
    for (const auto& [name, value] : query)
        encoded.emplace_back(net::percent_encode(name), net::percent_encode(value));
    std::ranges::sort(encoded);
    std::string out;
    for (const auto& [name, value] : encoded) out += (out.empty() ? "" : "&") + name + "=" + value;
    return out;
}

Pairs sign_headers(const UnsignedRequest& request, const Credentials& credentials,
                   const std::string& region, Time now) {
    const std::string time = compact_time(now);
    const Scope scope{time.substr(0, 8), region};
    Pairs headers = request.headers;
    headers.emplace_back("x-amz-content-sha256", request.payload_hash);
    headers.emplace_back("x-amz-date", time);
    if (!credentials.session_token.empty())
        headers.emplace_back("x-amz-security-token", credentials.session_token);
    const CanonicalHeaders canonical = canonical_headers(request, headers);
    headers.emplace_back("authorization",
                         std::string(kAlgorithm) + " Credential=" + credentials.access_key + "/" +
                             scope.text() + ", SignedHeaders=" + canonical.names + ", Signature=" +
                             signature(request, canonical_query(request.query), canonical,
                                       request.payload_hash, credentials.secret_key, scope, time));
    return headers;
}

std::string presign_query(const UnsignedRequest& request, const Credentials& credentials,
                          const std::string& region, Time now, int64_t seconds) {
    const std::string time = compact_time(now);
    const Scope scope{time.substr(0, 8), region};
    const CanonicalHeaders canonical = canonical_headers(request, request.headers);
    Pairs query = request.query;
    query.emplace_back("X-Amz-Algorithm", kAlgorithm);
    query.emplace_back("X-Amz-Credential", credentials.access_key + "/" + scope.text());
    query.emplace_back("X-Amz-Date", time);
    query.emplace_back("X-Amz-Expires", std::to_string(seconds));
    query.emplace_back("X-Amz-SignedHeaders", canonical.names);
    if (!credentials.session_token.empty())
        query.emplace_back("X-Amz-Security-Token", credentials.session_token);
    const std::string text = canonical_query(query);
    return text + "&X-Amz-Signature=" +
           signature(request, text, canonical, kUnsignedPayload, credentials.secret_key, scope,
                     time);
}

}  // namespace rondo::blob
