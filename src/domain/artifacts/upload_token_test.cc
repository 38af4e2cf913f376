#include "domain/artifacts/upload_token.h"

#include <doctest/doctest.h>

namespace rondo::artifacts {
namespace {

const UploadToken kToken{"name the-service's-id", "0/run/artifacts/a b.bin", 7,
                         from_micros(1'000'000)};

Code refusal(std::string_view text, std::string_view path, Time now, std::string_view key) {
    const auto opened = open_upload(text, path, now, key);
    return opened ? Code::internal : opened.error().code;
}

}  // namespace

TEST_CASE("a sealed upload opens for its path, until its end, under its key") {
    const std::string text = seal_upload(kToken, "key");
    const auto opened = open_upload(text, kToken.path, from_micros(1'000'000), "key");
    REQUIRE(opened);
    CHECK(opened->upload == kToken.upload);
    CHECK(opened->parts == 7);
    CHECK(opened->until == kToken.until);
    CHECK(refusal(text, "0/run/artifacts/b", from_micros(0), "key") == Code::not_found);
    CHECK(refusal(text, kToken.path, from_micros(1'000'001), "key") == Code::not_found);
    CHECK(refusal(text, kToken.path, from_micros(0), "another") == Code::not_found);
}

TEST_CASE("a changed, cut or invented upload does not open") {
    const std::string text = seal_upload(kToken, "key");
    for (size_t i = 0; i + 1 < text.size(); ++i) {
        std::string changed = text;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        CHECK(refusal(changed, kToken.path, from_micros(0), "key") == Code::not_found);
        CHECK(refusal(text.substr(0, i), kToken.path, from_micros(0), "key") == Code::not_found);
    }
    for (const char* invented : {"", "x", "../..", "\xff\xfe", "AAAA"})
        CHECK(refusal(invented, kToken.path, from_micros(0), "key") == Code::not_found);
    CHECK(refusal(std::string(1 << 20, 'A'), kToken.path, from_micros(0), "key") ==
          Code::not_found);
}

}  // namespace rondo::artifacts
