// The strict reader of responses against Boost.Beast's: what ours takes, the other takes for the
// same status, fields and body.
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "base/check.h"
#include "platform/net/http1_parser.h"

using namespace rondo;
using namespace rondo::net;
namespace http = boost::beast::http;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (text.starts_with("\r")) return 0;  // the client refuses these before
    HeadScanner scanner;
    const auto end = scanner.scan(text);
    if (!end || *end == 0) return 0;
    Headers fields;
    const auto head = parse_response_head(text.substr(0, *end), 1000, fields);
    if (!head || head->status < 200 || head->status == 204 || head->status == 304) return 0;
    if (text[12] != ' ') return 0;  // ours forgives a missing reason with its blank
    const bool framed = head->has_length || head->head.chunked;
    std::string rest(text.substr(*end));
    size_t used = *end;
    if (framed) {
        BodyDecoder decoder(head->head);
        const auto step = decoder.decode(rest.data(), rest.size());
        if (!step || !decoder.done()) return 0;
        used += step->used;
        rest.resize(step->made);
        // Beast reads trailers as fields and refuses some; ours skips them.
        if (head->head.chunked && !text.substr(0, used).ends_with("\n0\r\n\r\n")) return 0;
    } else {
        used = size;
    }
    http::response_parser<http::string_body> theirs;
    theirs.eager(true);
    theirs.header_limit(1 << 20);
    boost::system::error_code error;
    size_t taken = theirs.put(boost::asio::buffer(text), error);
    if (error == http::error::bad_chunk_extension) return 0;  // ours skips these
    if (!error && !framed) {
        theirs.put_eof(error);
        taken = size;
    }
    CHECK(!error && theirs.is_done(), "Beast refuses: " + error.message());
    const auto& message = theirs.get();
    CHECK(static_cast<int>(message.result_int()) == head->status, "different statuses");
    CHECK(taken == used, "messages of different length");
    CHECK(message.body() == rest, "different bodies");
    CHECK(!framed || theirs.keep_alive() == head->head.keep_alive, "different ends");
    return 0;
}
