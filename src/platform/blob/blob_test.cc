// The store in a folder; the one in a bucket is tested against a service in tests/blobs.
#include "platform/blob/blob.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "platform/blob/s3_bucket.h"

using namespace rondo;
using namespace rondo::blob;

namespace {

struct Folder {
    std::string path =
        std::filesystem::temp_directory_path() / ("rondo-" + random_hex(system_env(), 8));
    ~Folder() { std::filesystem::remove_all(path); }
};

}  // namespace

TEST_CASE("blobs: a folder lists what it holds, in order and from anywhere") {
    const Folder folder;
    const auto store = open_local_store(system_env(), folder.path).value();
    CHECK(store->list("", 10)->empty());
    std::vector<std::string> digests;
    for (int i = 0; i < 50; ++i) digests.push_back(store->put(std::to_string(i))->digest.hex());
    std::ranges::sort(digests);
    std::vector<std::string> seen;
    while (true) {
        const auto page = store->list(seen.empty() ? "" : seen.back(), 7).value();
        if (page.empty()) break;
        CHECK(page.size() <= 7);
        for (const Stored& one : page) {
            seen.push_back(one.digest.hex());
            CHECK(one.size <= 2);
        }
    }
    CHECK(seen == digests);
    CHECK(store->presign(Digest::parse(digests[0]).value(), Micros{1}).error().code ==
          Code::unsupported);
}

TEST_CASE("blobs: whole, in pieces, and damaged") {
    const Folder folder;
    const auto store = open_local_store(system_env(), folder.path).value();
    const std::string bytes(3'000'000, 'b');
    const auto stored = store->put(bytes).value();
    std::string got;
    CHECK(store->get(stored.digest, [&](std::string_view piece) -> Status {
        CHECK(piece.size() <= (1 << 20));
        got += piece;
        return ok();
    }));
    CHECK(got == bytes);
    CHECK(store->read_all(stored.digest, bytes.size()).value() == bytes);
    CHECK(store->read_all(stored.digest, bytes.size() - 1).error().code == Code::too_large);
    const auto enough = [](std::string_view) -> Status { return fail(Code::cancelled, "enough"); };
    CHECK(store->get(stored.digest, enough).error().code == Code::cancelled);
    const std::string hex = stored.digest.hex();
    std::filesystem::resize_file(folder.path + "/objects/" + hex.substr(0, 2) + "/" + hex, 5);
    const auto take = [](std::string_view) -> Status { return ok(); };
    CHECK(store->get(stored.digest, take).error().code == Code::internal);
    CHECK(store->read_all(stored.digest, 100).error().code == Code::internal);
    CHECK(store->get(Digest::parse(std::string(64, '0')).value(), take).error().code ==
          Code::not_found);
}

TEST_CASE("blobs: places in an object store") {
    const Credentials keys{"a", "b", ""};
    const auto plain = parse_s3_location("s3://my-bucket", "", "", keys).value();
    CHECK(plain.bucket == "my-bucket");
    CHECK(plain.prefix.empty());
    CHECK(plain.endpoint == "https://s3.us-east-1.amazonaws.com");
    const auto deep = parse_s3_location("s3://my.bucket/a/b//", "http://h:1", "eu", keys).value();
    CHECK(deep.prefix == "a/b/");
    CHECK(deep.endpoint == "http://h:1");
    CHECK(deep.region == "eu");
    for (const char* bad :
         {"", "my-bucket", "s3:my-bucket", "s3://", "s3://ab", "s3://My-Bucket", "s3://a_b_c",
          "s3://a..b", "s3://abc/../d", "s3://abc/./d", "s3://abc/d//e", "https://abc"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_s3_location(bad, "", "", keys).has_value());
    }
    CHECK_FALSE(parse_s3_location("s3://abc", "", "", {"a", "", ""}).has_value());
}
