// The examples of Amazon's manual for S3, and what they do not show. Thousands of requests are
// compared with botocore's signer in tests/blobs.
#include "platform/blob/sigv4.h"

#include <doctest/doctest.h>

#include "platform/crypto/crypto.h"

using namespace rondo;
using namespace rondo::blob;

namespace {

const Credentials kExample{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""};
const Time kMoment = parse_time("2013-05-24T00:00:00Z").value();

UnsignedRequest example(std::string method, std::string path, Pairs query, Pairs headers,
                        std::string_view body = "") {
    return {std::move(method),  "examplebucket.s3.amazonaws.com",
            std::move(path),    std::move(query),
            std::move(headers), sha256_hex(body)};
}

std::string signature_of(const UnsignedRequest& request) {
    const std::string header = sign_headers(request, kExample, "us-east-1", kMoment).back().second;
    return header.substr(header.find("Signature=") + 10);
}

}  // namespace

TEST_CASE("sigv4: the manual's examples") {
    CHECK(signature_of(example("GET", "/test.txt", {}, {{"Range", "bytes=0-9"}})) ==
          "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    CHECK(signature_of(example("PUT", "/test%24file.text", {},
                               {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                                {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                               "Welcome to Amazon S3.")) ==
          "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
    CHECK(signature_of(example("GET", "/", {{"lifecycle", ""}}, {})) ==
          "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
    CHECK(signature_of(example("GET", "/", {{"prefix", "J"}, {"max-keys", "2"}}, {})) ==
          "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
    const std::string query =
        presign_query(example("GET", "/test.txt", {}, {}), kExample, "us-east-1", kMoment, 86'400);
    CHECK(query ==
          "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-"
          "east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-"
          "SignedHeaders=host&X-Amz-Signature="
          "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

TEST_CASE("sigv4: what is sent") {
    Credentials temporary = kExample;
    temporary.session_token = "token";
    const Pairs headers = sign_headers(example("GET", "/a", {}, {{"X-B", " c   d "}}), temporary,
                                       "eu-west-1", kMoment + Micros{999'999});
    REQUIRE(headers.size() == 5);
    CHECK(headers[0].second == " c   d ");
    CHECK(headers[2] == std::pair<std::string, std::string>("x-amz-date", "20130524T000000Z"));
    CHECK(headers[3].second == "token");
    CHECK(headers[4].second.find("SignedHeaders=host;x-amz-content-sha256;x-amz-date;"
                                 "x-amz-security-token;x-b,") != std::string::npos);
    CHECK(canonical_query({{"b", "/ +"}, {"a", "ü"}, {"a", "b"}}) == "a=%C3%BC&a=b&b=%2F%20%2B");
}
