#include "platform/net/http1_parser.h"

#include <doctest/doctest.h>

namespace rondo::net {
namespace {

// Feeds the text in pieces of n bytes, as a socket might.
Result<size_t> scan(std::string_view text, size_t n) {
    HeadScanner scanner;
    for (size_t have = n;; have += n) {
        auto size = scanner.scan(text.substr(0, have));
        if (!size || *size > 0 || have >= text.size()) return size;
    }
}

Result<Head> parse(std::string_view text, Request& request) {
    TRY_ASSIGN(const size_t size, scan(text, text.size()));
    if (size == 0) return fail(Code::cancelled, "incomplete");
    return parse_head(text.substr(0, size), 100, request);
}
Result<Head> parse(std::string_view text) {
    Request request;
    return parse(text, request);
}

struct Decoded {
    bool failed = false, done = false;
    std::string body;
    size_t used = 0;
};
Decoded decode(const Head& head, std::string_view text, size_t n) {
    BodyDecoder decoder(head);
    Decoded out;
    while (out.used < text.size() && !decoder.done()) {
        std::string piece(text.substr(out.used, n));
        const auto step = decoder.decode(piece.data(), piece.size());
        if (!step) {
            out.failed = true;
            return out;
        }
        out.body.append(piece, 0, step->made);
        out.used += step->used;
    }
    out.done = decoder.done();
    return out;
}
Decoded decode_chunks(std::string_view text, size_t n) {
    Head head;
    head.chunked = true;
    return decode(head, text, n);
}

TEST_CASE("a head is found however its bytes arrive") {
    const std::string_view head = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
    const std::string with_more = std::string(head) + "GET";
    const std::string after_blank_line = "\r\n" + std::string(head);
    for (size_t n = 1; n < 40; ++n) {
        CHECK(scan(head, n) == head.size());
        CHECK(scan(with_more, n) == head.size());
        CHECK(scan(after_blank_line, n) == after_blank_line.size());
        CHECK(scan("GET / HTTP/1.1\r\nhost: a\r\n\r", n) == 0U);
    }
}

TEST_CASE("nonsense is refused at its first byte") {
    for (const std::string_view text :
         {std::string_view("\x16\x03\x01", 3), std::string_view("\n"), std::string_view("GET /\n"),
          std::string_view(" GET"), std::string_view("a: b\r\n folded"),
          std::string_view("\0", 1)}) {
        const auto size = scan(text, 1);
        CHECK_MESSAGE(!size, text);
    }
}

TEST_CASE("a head's parts") {
    Request request;
    const auto head = parse(
        "POST /a%20b?c=d HTTP/1.1\r\nHost: x:1\r\nEmpty:\r\nPadded: \t v w \t\r\n"
        "Content-Length: 12\r\nExpect: 100-Continue\r\n\r\n",
        request);
    REQUIRE(head);
    CHECK(request.verb == Verb::post);
    CHECK(request.target == "/a%20b?c=d");
    CHECK(request.headers.get("HOST") == "x:1");
    CHECK(request.headers.has("empty"));
    CHECK(request.headers.get("empty").empty());
    CHECK(request.headers.get("padded") == "v w");
    CHECK(head->length == 12);
    CHECK(head->keep_alive);
    CHECK(head->expects_continue);
    CHECK(!head->chunked);
}

TEST_CASE("what keeps a connection") {
    CHECK(parse("GET / HTTP/1.1\r\n\r\n")->keep_alive);
    CHECK(!parse("GET / HTTP/1.1\r\nConnection: close\r\n\r\n")->keep_alive);
    CHECK(!parse("GET / HTTP/1.1\r\nConnection: keep-alive, Close\r\n\r\n")->keep_alive);
    CHECK(!parse("GET / HTTP/1.0\r\n\r\n")->keep_alive);
    CHECK(!parse("GET / HTTP/1.1\r\nConnection: close\r\nConnection: keep-alive\r\n\r\n")
               ->keep_alive);
    CHECK(parse("GET / HTTP/1.1\r\nConnection: ,TE,, upgrade\r\n\r\n")->keep_alive);
    CHECK(parse("GET / HTTP/1.0\r\nconnection: Keep-Alive\r\n\r\n")->keep_alive);
    CHECK(!parse("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n")->expects_continue);
}

TEST_CASE("T29 heads that two readers could understand in two ways are refused") {
    const char* fields[] = {
        "Content-Length: 5\r\nContent-Length: 5",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5, 5",
        "Content-Length: +5",
        "Content-Length: -1",
        "Content-Length: 0x5",
        "Content-Length: 5 5",
        "Content-Length:",
        "Content-Length: 99999999999999999999",
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding:",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding\t: chunked",
        " Transfer-Encoding: chunked",
        "X: a\r\n b",
        "X: a\r\n\tb",
        "X: a\nTransfer-Encoding: chunked",
        "X: a\rTransfer-Encoding: chunked",
        "X: a\r\r",
        "X: a\x01",
        "X: a\x7f",
        "X",
        ": a",
        "X\xc3\xa4: a",
        "Connection: a close",
        "X[]: a",
    };
    for (const char* field : fields) {
        const auto head = parse("POST / HTTP/1.1\r\nhost: a\r\n" + std::string(field) + "\r\n\r\n");
        CHECK_MESSAGE(!head, field);
        if (!head) CHECK_MESSAGE(head.error().code == Code::invalid, field);
    }
    CHECK(!parse(std::string("GET / HTTP/1.1\r\nX: a\0b\r\n\r\n", 27)));
    CHECK(!parse("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"));
    CHECK(parse("POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n")->chunked);
}

TEST_CASE("first lines") {
    for (const char* line :
         {"GET  / HTTP/1.1", "GET / HTTP/1.1 ", " GET / HTTP/1.1", "GET /", "GET / http/1.1",
          "GET / HTTP/2.0", "GET / HTTP/1.2", "GET / HTTP/1.10", "GET\t/ HTTP/1.1",
          "GET /a b HTTP/1.1", "G(T / HTTP/1.1", "/ HTTP/1.1", "GET /\x01 HTTP/1.1",
          "GET /\x7f HTTP/1.1", "GET / HTTP/1.1\r"})
        CHECK_MESSAGE(!parse(std::string(line) + "\r\nhost: a\r\n\r\n"), line);
    Request request;
    CHECK(parse("BREW /\xc3\xa4 HTTP/1.1\r\n\r\n", request));
    CHECK(request.verb == Verb::other);
}

TEST_CASE("T32 too many fields") {
    std::string head = "GET / HTTP/1.1\r\n";
    for (int i = 0; i < 100; ++i) head += "a:\r\n";
    CHECK(parse(head + "\r\n"));
    const auto refused = parse(head + "a:\r\n\r\n");
    REQUIRE(!refused);
    CHECK(refused.error().code == Code::too_large);
}

TEST_CASE("bodies with a length") {
    Head head;
    head.length = 5;
    for (size_t n = 1; n < 10; ++n) {
        const Decoded got = decode(head, "helloGET", n);
        CHECK(got.done);
        CHECK(got.body == "hello");
        CHECK(got.used == 5);
    }
    CHECK(!decode(head, "hell", 3).done);
    head.length = 0;
    CHECK(BodyDecoder(head).done());
}

TEST_CASE("chunked bodies however their bytes arrive") {
    const std::string_view text =
        "5\r\nhello\r\n0A;name=value;x=\"y z\"\r\n0123456789\r\n000\r\nTrailer: x\r\nb:\r\n\r\nGET";
    for (size_t n = 1; n < 80; ++n) {
        const Decoded got = decode_chunks(text, n);
        CHECK(got.done);
        CHECK(got.body == "hello0123456789");
        CHECK(text.substr(got.used) == "GET");
    }
    for (size_t n = 1; n < 6; ++n) CHECK(decode_chunks("0\r\n\r\n", n).done);
}

TEST_CASE("T29 broken chunks are refused") {
    for (const char* text : {"+5\r\nhello",
                             "-5\r\nhello",
                             "0x5\r\nhello",
                             " 5\r\nhello",
                             "5 \r\nhello",
                             "\r\nhello",
                             "5\nhello",
                             "5\rhello",
                             "5\r\nhelloX\r\n",
                             "5\r\nhello\n0\r\n\r\n",
                             "5;a\nb\r\nhello",
                             "g\r\n",
                             "10000000000000000\r\n",
                             "0000000000000005\r\nhello",
                             "FFFFFFFFFFFFFFFF\r\n",
                             "0\r\n\n",
                             "0\r\n\rX",
                             "0\r\n folded: x\r\n\r\n",
                             "0\r\na: b\n\r\n",
                             "0\r\n: b\r\n\r\n",
                             "5;\x01\r\nhello",
                             "0\r\na\r\n\r\n",
                             "0\r\na b: c\r\n\r\n",
                             "0\r\na: \x7f\r\n\r\n"}) {
        for (size_t n = 1; n < 30; n += 7) {
            const Decoded got = decode_chunks(text, n);
            CHECK_MESSAGE(got.failed, text);
        }
    }
}

TEST_CASE("T30 extensions and trailers without end are refused") {
    CHECK(decode_chunks("5;" + std::string(1 << 20, 'a'), 1000).failed);
    std::string trailers = "0\r\n";
    for (int i = 0; i < 100'000; ++i) trailers += "a:\r\n";
    CHECK(decode_chunks(trailers, 1000).failed);
    std::string many;
    for (int i = 0; i < 10'000; ++i) many += "1;abc\r\nx\r\n";
    CHECK(decode_chunks(many, 1000).failed);
}

}  // namespace
}  // namespace rondo::net
