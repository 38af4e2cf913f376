// HTTP as the rest of the house sees it: one request in, one response out, whichever version of
// the protocol carried them. Nothing here knows Asio beyond Task.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/env.h"
#include "base/result.h"
#include "base/time.h"
#include "platform/async/task.h"

namespace rondo::auth {
struct Caller;
}

namespace rondo::net {

enum class Verb : uint8_t { get, head, post, put, patch, del, options, other };
std::string_view name_of(Verb verb);
Verb verb_of(std::string_view name);

// Header fields in arrival order; names compare without case.
class Headers {
  public:
    void add(std::string_view name, std::string_view value);
    // The first value of that name, or an empty view.
    std::string_view get(std::string_view name) const;
    bool has(std::string_view name) const { return count(name) > 0; }
    size_t count(std::string_view name) const;
    size_t size() const { return fields_.size(); }
    std::pair<std::string_view, std::string_view> at(size_t index) const;
    // Room for that many bytes of names and values, so that adding them moves nothing.
    void reserve(size_t bytes) { text_.reserve(bytes); }

  private:
    // All text in one string; fields as offsets, because the string may move.
    struct Span {
        uint32_t name, name_size, value, value_size;
    };
    std::string text_;
    std::vector<Span> fields_;
};

// The body of a request that is read piece by piece.
class BodySource {
  public:
    virtual ~BodySource() = default;
    // The next piece; empty at the end. The view lives until the next call. Fails when the peer
    // leaves or stalls, sends nonsense, or exceeds the route's limit; and then again at each call.
    virtual Task<Result<std::string_view>> next() = 0;
};

// The body of a response that is made piece by piece.
class BodyProducer {
  public:
    virtual ~BodyProducer() = default;
    // The next piece; empty at the end. A failure cuts the connection, since the status line is
    // out already.
    virtual Task<Result<std::string>> next() = 0;
    // The client left, or the server is stopping: a body that waits for events has to end soon.
    // Called on the I/O thread, also while next() waits, and maybe more than once.
    virtual void cancel() {}
    // A body of known length that can go from its file to a socket without passing through this
    // process: true means that send_to() may take the place of all calls of next().
    virtual bool sends_itself() const { return false; }
    // Writes what the socket takes at once, and says how much; 0: it is full for now. The socket
    // stays open as long as the task runs.
    virtual Task<Result<uint64_t>> send_to(int) {
        co_return fail(Code::unsupported, "a body that does not send itself");
    }
};

// What another server chose when it answered this request before; its copy here takes that over (a
// mirror). Empty members were not chosen.
struct Chosen {
    std::string id, name, location;
    int64_t number = 0;
};

// Stays where it was made: path and query are views into target.
struct Request {
    Request() = default;
    Request(const Request&) = delete;
    Request& operator=(const Request&) = delete;

    Verb verb = Verb::other;
    std::string target;      // as sent, for logs
    std::string_view path;   // raw path, part of target
    std::string_view query;  // raw query, part of target
    Headers headers;
    std::string body;              // whole, when the route takes a buffered body
    BodySource* stream = nullptr;  // when the route takes a streamed body
    std::vector<std::pair<std::string_view, std::string>> params;  // of the route, decoded once
    std::string peer;                                              // address of the client
    std::string id;                              // for logs and the x-request-id header
    bool secure = false;                         // came over TLS
    bool is_grpc = false;                        // HTTP/2 with content-type application/grpc
    std::shared_ptr<const auth::Caller> caller;  // who asks, as the application found out
    // When the client stops waiting (grpc-timeout), on the steady clock.
    Micros deadline = Micros::max();
    std::shared_ptr<const Chosen> chosen;  // of a request that was answered elsewhere before

    std::string_view param(std::string_view name) const;
};

struct Response {
    int status = 200;
    std::string content_type = "application/json";
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::unique_ptr<BodyProducer> stream;                       // instead of body
    std::optional<uint64_t> stream_length;                      // when known; otherwise chunked
    std::vector<std::pair<std::string, std::string>> trailers;  // HTTP/2 only (gRPC)

    Response& header(std::string name, std::string value) {
        headers.emplace_back(std::move(name), std::move(value));
        return *this;
    }
};

std::string_view reason_of(int status);

// "%41" -> "A", exactly once; '+' stays. Fails on a broken escape, NUL or invalid UTF-8.
Result<std::string> percent_decode(std::string_view text);
// The pairs of a query string, decoded ('+' is a blank), in order. At most 1,024.
Result<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query);
std::string percent_encode(std::string_view text);

// A header's value as it may go out: no control character of a file name or a message can start
// another header (T9). `scratch` holds the text where something had to be replaced.
std::string_view safe_value(std::string_view value, std::string& scratch);

// Now as an HTTP date, made once a second on each thread.
std::string_view http_date(Env& env);

}  // namespace rondo::net
