#include <doctest/doctest.h>

#include "platform/net/http1_writer.h"
#include "platform/net/testing.h"

namespace rondo::net {
namespace {

using testing::SmallApplication;

std::string serve(const std::string& input, size_t piece = 1 << 20, const Limits& limits = {}) {
    SmallApplication application;
    std::vector<std::string> pieces;
    for (size_t i = 0; i < input.size(); i += piece) pieces.push_back(input.substr(i, piece));
    return testing::serve(&serve_http1, application, std::move(pieces), limits);
}

// The answers one after the other as "status body|", without headers.
std::string short_form(std::string_view output) {
    std::string out;
    while (!output.empty()) {
        REQUIRE(output.starts_with("HTTP/1.1 "));
        out.append(output.substr(9, 3)) += ' ';
        const size_t body = output.find("\r\n\r\n") + 4;
        const std::string_view head = output.substr(0, body);
        output.remove_prefix(body);
        size_t size = 0;
        if (const size_t at = head.find("content-length: "); at != std::string_view::npos)
            size = std::stoul(std::string(head.substr(at + 16)));
        else if (head.find(" 204 ") == std::string_view::npos)
            size = output.size();
        size = std::min(size, output.size());
        out.append(output.substr(0, size)) += '|';
        output.remove_prefix(size);
    }
    return out;
}

constexpr const char* kGet = "GET /hello HTTP/1.1\r\nhost: a\r\n\r\n";

std::string post(std::string_view path, std::string_view rest) {
    return "POST " + std::string(path) + " HTTP/1.1\r\nhost: a\r\n" + std::string(rest);
}

TEST_CASE("one request after the other on one connection, in pieces of any size") {
    const std::string input =
        std::string(kGet) + post("/echo", "content-length: 3\r\n\r\nabc") +
        post("/echo", "transfer-encoding: chunked\r\n\r\n2\r\nde\r\n0\r\n\r\n") +
        post("/count", "content-length: 4\r\n\r\nfour") + kGet;
    for (const size_t piece : {1, 2, 3, 7, 64, 100'000})
        CHECK(short_form(serve(input, piece)) == "200 hello|200 abc|200 de|200 4|200 hello|");
}

TEST_CASE("HEAD, 204 and unknown paths") {
    const std::string head = serve("HEAD /hello HTTP/1.1\r\nhost: a\r\n\r\n");
    CHECK(head.find("content-length: 5\r\n") != std::string::npos);
    CHECK(head.ends_with("\r\n\r\n"));
    const std::string empty = serve("GET /empty HTTP/1.1\r\nhost: a\r\n\r\n");
    CHECK(empty.starts_with("HTTP/1.1 204 No Content\r\n"));
    CHECK(empty.find("content-") == std::string::npos);
    CHECK(short_form(serve("GET /none HTTP/1.1\r\nhost: a\r\n\r\n" + std::string(kGet))) ==
          "404 nothing here|200 hello|");
}

TEST_CASE("hosts and targets") {
    const auto status = [](const std::string& text) { return serve(text).substr(9, 3); };
    CHECK(status("GET /hello HTTP/1.1\r\n\r\n") == "400");
    CHECK(status("GET /hello HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n") == "400");
    CHECK(status("GET http://a/hello HTTP/1.1\r\nhost: a\r\n\r\n") == "200");
    CHECK(status("GET http://b/hello HTTP/1.1\r\nhost: a\r\n\r\n") == "400");
    CHECK(status("GET http://a HTTP/1.1\r\nhost: a\r\n\r\n") == "404");
    CHECK(status("GET hello HTTP/1.1\r\nhost: a\r\n\r\n") == "400");
    CHECK(status("GET * HTTP/1.1\r\nhost: a\r\n\r\n") == "400");
    CHECK(status("OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n") == "404");
    CHECK(status("CONNECT a:80 HTTP/1.1\r\nhost: a\r\n\r\n") == "400");
}

TEST_CASE("HTTP/1.0 gets what it understands") {
    const std::string once = serve("GET /pieces/ab,c HTTP/1.0\r\nhost: a\r\n\r\n");
    CHECK(once.find("transfer-encoding") == std::string::npos);
    CHECK(once.find("connection: close\r\n") != std::string::npos);
    CHECK(once.ends_with("\r\n\r\nabc"));
    const std::string kept = serve(
        "GET /hello HTTP/1.0\r\nhost: a\r\nconnection: keep-alive\r\n\r\n" + std::string(kGet));
    CHECK(kept.find("connection: keep-alive\r\n") != std::string::npos);
    CHECK(short_form(kept) == "200 hello|200 hello|");
    CHECK(short_form(serve("GET /pieces/ab HTTP/1.0\r\nhost: a\r\nconnection: keep-alive\r\n\r\n" +
                           std::string(kGet))) == "200 ab|");
}

TEST_CASE("bodies made piece by piece") {
    CHECK(short_form(serve("GET /pieces/ab,cde HTTP/1.1\r\nhost: a\r\n\r\n")) ==
          "200 2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n|");
    CHECK(short_form(serve("GET /known/ab,cdefghij HTTP/1.1\r\nhost: a\r\n\r\n" +
                           std::string(kGet))) == "200 abcdefghij|200 hello|");
    // Too short, too long, failed, thrown: the connection ends, so nobody takes it for whole.
    CHECK(short_form(serve("GET /known/ab HTTP/1.1\r\nhost: a\r\n\r\n" + std::string(kGet))) ==
          "200 ab|");
    CHECK(short_form(serve("GET /known/ab,cdefghijk HTTP/1.1\r\nhost: a\r\n\r\n" +
                           std::string(kGet))) == "200 ab|");
    for (const char* end : {"fail", "throw"})
        CHECK(short_form(serve("GET /pieces/ab," + std::string(end) +
                               " HTTP/1.1\r\nhost: a\r\n\r\n" + kGet)) == "200 2\r\nab\r\n|");
}

TEST_CASE("a handler that throws is a 500, and the connection goes on") {
    const std::string output = serve("GET /throw HTTP/1.1\r\nhost: a\r\n\r\n" + std::string(kGet));
    CHECK(short_form(output).starts_with("500 internal error"));
    CHECK(output.find("thrown") == std::string::npos);
    CHECK(output.ends_with("hello"));
}

TEST_CASE("Expect: 100-continue") {
    const std::string head = "content-length: 3\r\nexpect: 100-continue\r\n\r\n";
    const std::string waits = serve(post("/echo", head) + "abc");
    CHECK(waits.ends_with("abc"));
    // The body came without waiting, so nobody needs to be told to go on.
    CHECK(waits.find("100 Continue") == std::string::npos);
    SmallApplication application;
    const std::string told =
        testing::serve(&serve_http1, application, {post("/echo", head), "abc"});
    CHECK(told.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
    // Refused: the body is not asked for, and whether it comes is anybody's guess.
    const std::string refused =
        testing::serve(&serve_http1, application, {post("/none", head), "abc" + std::string(kGet)});
    CHECK(refused.find("connection: close\r\n") != std::string::npos);
    CHECK(short_form(refused) == "404 nothing here|");
}

TEST_CASE("bodies that are too large, unread or broken") {
    const std::string body(101, 'x');
    CHECK(short_form(serve(post("/echo", "content-length: 101\r\n\r\n") + body + kGet))
              .starts_with("413 the body has 101 bytes, the limit here is 100|200 hello|"));
    CHECK(short_form(serve(post("/echo", "transfer-encoding: chunked\r\n\r\n65\r\n") + body +
                           "\r\n0\r\n\r\n" + kGet)) ==
          "413 the body is larger than the limit of 100 bytes|");
    CHECK(short_form(serve(post("/early", "content-length: 101\r\n\r\n") + body + kGet)) ==
          "200 no need|200 hello|");
    CHECK(short_form(serve(post("/early", "content-length: 100000\r\n\r\n") +
                           std::string(100'000, 'x') + kGet)) == "200 no need|");
    CHECK(short_form(serve(post("/none", "content-length: 101\r\n\r\n") + body + kGet)) ==
          "404 nothing here|200 hello|");
    CHECK(short_form(serve(post("/echo", "transfer-encoding: chunked\r\n\r\nx\r\n") + kGet)) ==
          "400 malformed HTTP: the chunks of the body are broken|");
    CHECK(serve(post("/echo", "content-length: 9\r\n\r\nabc")).empty());
    CHECK(short_form(serve(post("/count", "content-length: 9\r\n\r\nabc"))) ==
          "400 the client left before the body was complete|");
}

TEST_CASE("T31 all buffered bodies together have a limit, and memory comes back") {
    Limits limits;
    limits.buffered_bytes = 50;
    CHECK(short_form(serve(post("/echo", "content-length: 60\r\n\r\n") + std::string(60, 'x'), 100,
                           limits))
              .starts_with("503 the server holds as many"));
    const std::string fits = post("/echo", "content-length: 40\r\n\r\n") + std::string(40, 'x');
    const std::string twice = serve(fits + fits, 1 << 20, limits);
    CHECK(short_form(twice).find("503") == std::string::npos);
}

TEST_CASE("T32 heads that are too large") {
    Limits limits;
    limits.header_bytes = 4096;
    CHECK(serve("GET /" + std::string(5000, 'a') + " HTTP/1.1\r\nhost: a\r\n\r\n", 100, limits)
              .starts_with("HTTP/1.1 431 "));
    CHECK(serve("GET /" + std::string(5000, 'a') + " HTTP/1.1\r\nhost: a\r\n\r\n", 1 << 20, limits)
              .starts_with("HTTP/1.1 431 "));
    CHECK(serve("GET /hello HTTP/1.1\r\nhost: a\r\nx: " + std::string(3000, 'a') + "\r\n\r\n", 100,
                limits)
              .starts_with("HTTP/1.1 200 "));
}

TEST_CASE("T9 no value of ours starts another header") {
    const std::string output =
        serve("GET /header/a%0D%0Aset-cookie:%20x%7f%22 HTTP/1.1\r\nhost: a\r\n\r\n");
    CHECK(output.find("x-value: a__set-cookie: x_\"\r\n") != std::string::npos);
    CHECK(output.find("\r\nset-cookie") == std::string::npos);
}

TEST_CASE("request ids of clients are kept when harmless") {
    const auto id = [](const std::string& given) {
        const std::string output =
            serve("GET /hello HTTP/1.1\r\nhost: a\r\nx-request-id: " + given + "\r\n\r\n");
        const size_t at = output.find("x-request-id: ") + 14;
        return output.substr(at, output.find('\r', at) - at);
    };
    CHECK(id("abc-1_2") == "abc-1_2");
    CHECK(id("a b") != "a b");
    CHECK(id(std::string(65, 'a')).size() == 20);
    CHECK(id("x") == "x");
}

TEST_CASE("what was served is counted") {
    SmallApplication application;
    testing::serve(&serve_http1, application, {kGet, "nonsense\r\n\r\n"});
    REQUIRE(application.finished_requests.size() == 2);
    CHECK(application.finished_requests[0].status == 200);
    CHECK(application.finished_requests[1].status == 400);
}

}  // namespace
}  // namespace rondo::net
