#include "app/page/page.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>

#include "app/page/encoding.h"
#include "app/page/files.h"

namespace rondo::app {
namespace {

std::string header(const net::Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
        if (key == name) return value;
    }
    return {};
}

net::Response index(std::vector<std::pair<std::string, std::string>> headers) {
    net::Request request;
    for (const auto& [name, value] : headers) request.headers.add(name, value);
    auto response = Page(system_env(), "").index({}, rpc::Context{&request});
    REQUIRE(response);
    return std::move(*response);
}

std::string first_asset() {
    for (const page::File& file : page::built_in()) {
        if (file.path.starts_with("assets/")) return std::string(file.path.substr(7));
    }
    return {};
}

TEST_CASE("what an Accept-Encoding takes") {
    CHECK(page::accepts("gzip, deflate, br", "br"));
    CHECK(page::accepts("GZIP;q=0.5", "gzip"));
    CHECK_FALSE(page::accepts("gzip;q=0, br;q=0.000", "gzip"));
    CHECK_FALSE(page::accepts("gzip;q=0, br;q=0.000", "br"));
    CHECK_FALSE(page::accepts("", "gzip"));
    CHECK_FALSE(page::accepts("brotli", "br"));
    CHECK(page::accepts("br;nonsense", "br"));
}

TEST_CASE("what an If-None-Match names") {
    CHECK(page::lists_tag(R"("a", W/"b")", R"("b")"));
    CHECK(page::lists_tag("*", R"("b")"));
    CHECK_FALSE(page::lists_tag(R"("ab")", R"("b")"));
    CHECK_FALSE(page::lists_tag("", R"("b")"));
}

TEST_CASE("the index is asked for again, in the form that the client takes") {
    const auto plain = index({});
    CHECK(plain.body.starts_with("<!doctype html>"));
    CHECK(header(plain, "content-encoding").empty());
    CHECK(header(plain, "cache-control") == "no-cache");
    CHECK(header(plain, "content-security-policy").starts_with("default-src 'none'"));

    const auto packed = index({{"accept-encoding", "gzip, br"}});
    CHECK(header(packed, "content-encoding") == "br");
    CHECK(packed.body.size() < plain.body.size());
    CHECK(header(packed, "etag") != header(plain, "etag"));
    CHECK(index({{"accept-encoding", "gzip, br"}, {"if-none-match", header(packed, "etag")}})
              .status == 304);
    CHECK(index({{"if-none-match", header(packed, "etag")}}).status == 200);
}

TEST_CASE("assets are kept; there are no others") {
    Page page(system_env(), "");
    net::Request request;
    auto found = page.asset({first_asset()}, rpc::Context{&request});
    REQUIRE(found);
    CHECK(header(*found, "cache-control") == "public, max-age=31536000, immutable");
    for (const char* path : {"", "x.js", "../index.html", "/etc/passwd"}) {
        const auto missing = page.asset({path}, rpc::Context{&request});
        REQUIRE_FALSE(missing);
        CHECK(missing.error().code == Code::not_found);
    }
}

TEST_CASE("a folder of the page's developers, and nothing beside it") {
    namespace fs = std::filesystem;
    const fs::path root = fs::temp_directory_path() / ("rondo-page-" + std::to_string(::getpid()));
    fs::create_directories(root / "dist" / "assets");
    REQUIRE(write_file_atomically(system_env(), root / "dist/assets/a.css", "b{}"));
    REQUIRE(write_file_atomically(system_env(), root / "secret", "x"));
    Page page(system_env(), root / "dist");
    net::Request request;
    const auto found = page.asset({"a.css"}, rpc::Context{&request});
    REQUIRE(found);
    CHECK(found->body == "b{}");
    CHECK(found->content_type == "text/css; charset=utf-8");
    for (const char* path : {"../../secret", "/../../secret", "b.css", "..\\..\\secret"})
        CHECK_FALSE(page.asset({path}, rpc::Context{&request}));
    fs::remove_all(root);
}

}  // namespace
}  // namespace rondo::app
