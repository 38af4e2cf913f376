// The grammar of HTTP/1.1 messages (RFC 9112), strict and without I/O: a head as a whole, a body
// piece by piece. Whatever two readers could understand in two ways is refused, since a proxy in
// front may be the other reader (T29): bare LF, folded headers, blanks around names, two lengths,
// a length beside chunks, codings other than chunked.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "platform/net/http.h"

namespace rondo::net {

// What the head says about the rest of the message and of the connection.
struct Head {
    int minor_version = 1;  // HTTP/1.0 or HTTP/1.1
    bool keep_alive = true;
    bool expects_continue = false;
    bool chunked = false;
    uint64_t length = 0;  // of the body, when it is not chunked
};

// Finds the end of a head while its bytes arrive. Looks at each byte once and refuses nonsense at
// once, before the rest is waited for.
class HeadScanner {
  public:
    // `bytes` is all that has arrived since the head began; more of it at each call. Returns the
    // size of the head with its empty line, 0 while that is missing.
    Result<size_t> scan(std::string_view bytes);

  private:
    size_t scanned_ = 0;
    size_t line_ = 0;  // where the current line starts
};

// Reads a whole head (what the scanner found) into the request's verb, target and headers. Fails
// with Code::too_large when it has more fields than allowed, with Code::invalid otherwise.
Result<Head> parse_head(std::string_view head, size_t max_fields, Request& request);

struct ResponseHead {
    Head head;
    int status = 0;
    bool has_length = false;  // without it and without chunks the body ends with the connection
};
// The same for the head of a response.
Result<ResponseHead> parse_response_head(std::string_view head, size_t max_fields,
                                         Headers& headers);

// Takes the body of one message out of the bytes that arrive.
class BodyDecoder {
  public:
    explicit BodyDecoder(const Head& head);

    struct Step {
        size_t used;  // bytes of the input that are done with
        size_t made;  // bytes of body that now stand at the start of the input
    };
    // Decodes in place. Uses all of the input, except what follows the end of the body.
    Result<Step> decode(char* data, size_t size);
    bool done() const { return state_ == State::done; }
    // Bytes of body still to come; nothing when only the peer knows.
    std::optional<uint64_t> left() const;

  private:
    enum class State : uint8_t {
        length,      // the body is left_ bytes
        size_start,  // of a chunk: the first digit
        size,        // further digits
        extension,   // skipped up to CR
        size_lf,
        data,  // left_ bytes of the chunk
        data_cr,
        data_lf,
        trailer_start,  // CR ends the message here
        trailer_name,   // up to the colon
        trailer,        // skipped up to CR
        trailer_lf,
        last_lf,
        done,
    };
    // The state after one byte of framing; nothing when the byte cannot stand there.
    std::optional<State> after(char c);

    State state_;
    uint64_t left_ = 0;
    int digits_ = 0;
    size_t skipped_ = 0;  // bytes of extensions and trailers
};

}  // namespace rondo::net
