// Writes responses as HTTP/1.1: heads, and bodies whole or as they are made.
#pragma once

#include <optional>
#include <string>

#include "platform/net/connection.h"
#include "platform/net/http1_parser.h"

namespace rondo::net {

// How the end of a response's body is told.
enum class Framing : uint8_t {
    none,    // there is no body: 204, 304
    length,  // content-length
    chunked,
    until_close,  // of unknown length, for HTTP/1.0
};
Framing framing_of(const Response& response, const Head& request);

enum class Afterwards : uint8_t { keep, close };

struct ResponseFrame {
    Framing framing = Framing::length;
    uint64_t length = 0;
    Afterwards afterwards = Afterwards::keep;
    int minor_version = 1;  // of the request
};

// The status line and the header fields, with the empty line.
std::string response_head(const Response& response, const ResponseFrame& frame,
                          std::string_view request_id, Env& env);

class ResponseWriter {
  public:
    ResponseWriter(Connection& connection, const Request& request, const Head& head)
        : connection_(connection), request_(request), head_(head) {}

    // False when the peer is gone or the body broke off. Framing::until_close asks for
    // Afterwards::close.
    Task<bool> write(Response& response, Afterwards afterwards);
    // Bytes handed to the kernel so far.
    uint64_t bytes() const { return bytes_; }
    // Ends a body that waits for events; one without an end of its own goes on for ever.
    void cancel() {
        if (producer_ != nullptr) producer_->cancel();
    }
    // True while a piece of a body is being made: nothing would notice the peer's leaving.
    bool waits_for_piece() const { return waits_for_piece_; }

  private:
    Task<bool> send(std::string_view first, std::string_view second = {});
    Task<bool> write_pieces(Framing framing, uint64_t length);
    // Nothing was sent and pieces have to be written: the stream has no socket for that.
    Task<std::optional<bool>> let_it_send_itself(uint64_t length);

    Connection& connection_;
    const Request& request_;
    const Head& head_;
    BodyProducer* producer_ = nullptr;
    bool waits_for_piece_ = false;
    uint64_t bytes_ = 0;
};

}  // namespace rondo::net
