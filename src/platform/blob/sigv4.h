// AWS Signature Version 4, as S3 wants it: the path is encoded once and taken as it is. Pure
// functions of their arguments.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"

namespace rondo::blob {

struct Credentials {
    std::string access_key, secret_key;
    std::string session_token;  // of temporary ones
};

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct UnsignedRequest {
    std::string method;
    std::string host;          // as the Host header has it
    std::string path;          // from "/", percent-encoded
    Pairs query;               // not encoded
    Pairs headers;             // all of them are signed
    std::string payload_hash;  // sha256 of the body in hex
};

inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";

// name=value pairs in the order that signatures need, percent-encoded.
std::string canonical_query(const Pairs& query);

// The headers to send: those of the request, x-amz-date, x-amz-content-sha256, the token when there
// is one, and authorization.
Pairs sign_headers(const UnsignedRequest& request, const Credentials& credentials,
                   const std::string& region, Time now);

// The query that makes a URL good for `seconds`; the request's payload is never signed.
std::string presign_query(const UnsignedRequest& request, const Credentials& credentials,
                          const std::string& region, Time now, int64_t seconds);

}  // namespace rondo::blob
