#include "platform/client/url.h"

#include <doctest/doctest.h>

using namespace rondo;
using namespace rondo::client;

namespace {

std::string read(std::string_view text) {
    const auto url = Url::parse(text);
    return url ? url->origin() + url->target : "refused";
}

}  // namespace

TEST_CASE("url: what is taken") {
    CHECK(read("http://example.org") == "http://example.org/");
    CHECK(read("HTTPS://Example.ORG:443/a?b=c") == "https://example.org/a?b=c");
    CHECK(read("http://example.org.:8080?x") == "http://example.org:8080/?x");
    CHECK(read("http://127.0.0.1:5000/") == "http://127.0.0.1:5000/");
    CHECK(read("http://[::1]:5000/") == "http://[::1]:5000/");
    CHECK(read("http://[0:0:0:0:0:ffff:7f00:1]/") == "http://[::ffff:127.0.0.1]/");
    CHECK(read("https://xn--bcher-kva.example/%C3%BC") == "https://xn--bcher-kva.example/%C3%BC");
    CHECK(read("http://a_b.example/") == "http://a_b.example/");
}

TEST_CASE("T38 url: spellings that two programs read in two ways are refused") {
    for (const char* text : {"",
                             "example.org",
                             "ftp://example.org/",
                             "file:///etc/passwd",
                             "gopher://x/",
                             "http:/x",
                             "http://",
                             "http:///x",
                             "http://user@example.org/",
                             "http://u:p@127.0.0.1/",
                             "http://example.org@127.0.0.1/",
                             "http://127.0.0.1#@example.org/",
                             "http://a b/",
                             "http://a\\b/",
                             "http://a\tb/",
                             "http://a/\r\nx: y",
                             "http://bücher.example/",
                             "http://2130706433/",
                             "http://0x7f000001/",
                             "http://0x7f.0.0.1/",
                             "http://0177.0.0.1/",
                             "http://127.1/",
                             "http://127.0.1/",
                             "http://0/",
                             "http://1.2.3.4.5/",
                             "http://256.1.1.1/",
                             "http://127.0.0.01/",
                             "http://127.0.0.1.:x/",
                             "http://a:0/",
                             "http://a:65536/",
                             "http://a:/",
                             "http://a:1:2/",
                             "http://::1/",
                             "http://[::1/",
                             "http://[::1]x/",
                             "http://[fe80::1%25eth0]/",
                             "http://[::127.1]/",
                             "http://a..b/",
                             "http://.a/",
                             "http://-a/",
                             "http://a%2eb/",
                             "http://①②⑦.0.0.1/",
                             "http://a*b/"}) {
        CAPTURE(text);
        CHECK(read(text) == "refused");
    }
    CHECK(read("http://" + std::string(64, 'a') + "/") == "refused");
    CHECK(read("http://a/" + std::string(8000, 'a')) == "refused");
    CHECK(read("http://127.0.0.1./") == "http://127.0.0.1/");  // the dot goes, the address is seen
}

TEST_CASE("url: references") {
    const auto base = Url::parse("https://a.example/b/c?d").value();
    const auto led = [&](std::string_view reference) {
        const auto url = resolve_reference(base, reference);
        return url ? url->origin() + url->target : "refused";
    };
    CHECK(led("/x") == "https://a.example/x");
    CHECK(led("x?y#z") == "https://a.example/b/x?y");
    CHECK(led("?q") == "https://a.example/b/c?q");
    CHECK(led("") == "https://a.example/b/c?d");
    CHECK(led("//b.example/x") == "https://b.example/x");
    CHECK(led("http://b.example:81/x?u=http://c/") == "http://b.example:81/x?u=http://c/");
    CHECK(led("file:///etc/passwd") == "refused");
    CHECK(led("/a b") == "refused");
    CHECK(led("//u@b.example/") == "refused");
}
