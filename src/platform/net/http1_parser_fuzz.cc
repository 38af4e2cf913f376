// The strict parser against Boost.Beast's: what ours takes, the other takes for the same message.
// (The reverse does not hold, and must not.)
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "base/check.h"
#include "base/text.h"
#include "platform/net/http1_parser.h"

using namespace rondo;
using namespace rondo::net;
namespace http = boost::beast::http;

namespace {

struct Ours {
    Request request;
    Head head;
    std::string body;
    size_t used = 0;
};

// False when the message is refused or incomplete.
bool parse(std::string_view text, Ours& out) {
    HeadScanner scanner;
    const auto size = scanner.scan(text);
    if (!size || *size == 0) return false;
    const auto head = parse_head(text.substr(0, *size), 1000, out.request);
    if (!head) return false;
    out.head = *head;
    BodyDecoder decoder(*head);
    std::string rest(text.substr(*size));
    const auto step = decoder.decode(rest.data(), rest.size());
    if (!step || !decoder.done()) return false;
    out.body = rest.substr(0, step->made);
    out.used = *size + step->used;
    return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    if (text.starts_with("\r\n")) return 0;  // ours forgives one empty line, Beast none
    Ours ours;
    if (!parse(text, ours)) return 0;
    // Beast reads trailers as fields and refuses some; ours skips them.
    if (ours.head.chunked && !text.substr(0, ours.used).ends_with("\n0\r\n\r\n")) return 0;
    http::request_parser<http::string_body> theirs;
    theirs.eager(true);
    theirs.header_limit(1 << 20);
    boost::system::error_code error;
    const size_t used = theirs.put(boost::asio::buffer(text), error);
    if (error == http::error::bad_chunk_extension) return 0;  // ours skips these, too
    CHECK(!error && theirs.is_done(), "Beast refuses: " + error.message());
    const auto& message = theirs.get();
    CHECK(used == ours.used, "messages of different length");
    CHECK(message.body() == ours.body, "different bodies");
    CHECK(message.target() == ours.request.target, "different targets");
    CHECK(theirs.keep_alive() == ours.head.keep_alive, "different ends of the connection");
    for (size_t i = 0; i < ours.request.headers.size(); ++i) {
        const auto [name, value] = ours.request.headers.at(i);
        const auto found = message.equal_range(std::string(name));
        CHECK(std::any_of(found.first, found.second,
                          [&](const auto& field) { return field.value() == value; }),
              "different fields");
    }
    return 0;
}
