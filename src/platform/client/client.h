// The one HTTP client: the command line, webhooks, the object store and whatever else speaks to
// another server. HTTP/1.1, plain or over TLS with verification, kept-alive connections in a pool,
// bodies that stream both ways, deadlines, retries, and a policy on where connections may lead.
//
// Threads. A client owns one I/O thread, on which all its sockets live. send() may be called by
// any number of other threads and blocks its caller; send_async() suspends a coroutine of any
// loop. Each call, and each piece that a source or a sink handles, costs two thread switches.
//
// Failure. An answer of any status is a success: Response::status tells. Without an answer the
// error's code tells what happened, and the message names host and reason:
//   invalid            the URL or a header is malformed
//   permission_denied  refused by the egress policy; nothing was connected to
//   unavailable        not resolved, refused, unreachable, cut off, no trust in the certificate, or
//                      an answer that is no HTTP
//   deadline_exceeded  one of the timeouts passed
//   too_large          the answer has more bytes than the request's limit
//   cancelled          Cancel::cancel() or the end of the client
//   exhausted          too many requests wait for a connection
// and what a Source or a Sink failed with.
//
// Repeats. A request is sent again only when that is safe: it is repeatable by its method or by
// its flag, its body is a string, and no byte of an answer was handed on. One that a kept-alive
// connection swallowed (it had been closed by the other side) goes out once more on a fresh
// connection without counting as an attempt.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/env.h"
#include "platform/async/task.h"
#include "platform/client/egress.h"

namespace rondo::client {

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Timeouts {
    Micros connect{10'000'000};     // a connection from the pool or a new one, with TLS
    Micros first_byte{60'000'000};  // from the end of the request to the answer's first line
    Micros stall{30'000'000};       // between two pieces of a body
    Micros whole{120'000'000};      // one attempt, from its begin to the last byte
};

// Exponential back-off with full jitter: before attempt n+1 a random time up to base * 2^n. After
// an answer with 408, 429, 500, 502, 503 or 504, after `unavailable` and `deadline_exceeded`. A
// Retry-After of the answer is honoured. The last answer stands when attempts or time run out.
struct Retry {
    int attempts = 1;
    Micros base{200'000};
    Micros longest_pause{10'000'000};
    Micros total{60'000'000};  // no attempt begins later than this after the first
};

// Ends requests early. Thread-safe; may be shared by several requests, and stays cancelled.
class Cancel {
  public:
    Cancel();
    void cancel();
    struct State;
    const std::shared_ptr<State>& state() const { return state_; }

  private:
    std::shared_ptr<State> state_;
};

struct Request {
    std::string method = "GET";
    std::string url;
    Fields headers;  // Host, Content-Length, Transfer-Encoding and Connection are the client's own
    std::string body;
    uint64_t limit = 1 << 20;  // of the answer's body
    Timeouts timeouts;
    Retry retry;
    bool repeatable = false;  // a POST or PATCH that does no harm when it arrives twice
    // Redirects to follow. When the host, port or scheme changes, every header is dropped that is
    // not about the content: a secret is bound to its host. Never from https to http.
    int redirects = 0;
    // Public addresses only, unless said otherwise.
    std::shared_ptr<const EgressPolicy> egress = EgressPolicy::public_only();
    std::shared_ptr<Cancel> cancel;  // none: it cannot be ended early
    // Instead of the URL's path and query, sent as it is: for who passes requests on.
    std::string target;
};

struct Response {
    int status = 0;
    Fields headers;    // names in lower case
    std::string body;  // empty when a sink took it

    // The first value of that name (in lower case), or an empty view.
    std::string_view header(std::string_view name) const;
};

// A request's body, piece by piece: the next one, empty at the end. Runs on the calling thread.
using Source = std::function<Result<std::string>()>;
// Takes the body of an answer with a status of 2xx; others come in Response::body. Runs on the
// calling thread; nothing more is read while it works. A failure ends the request.
using Sink = std::function<Status(std::string_view)>;
// Sees status and headers of an answer before the sink gets its body.
using HeadSink = std::function<Status(const Response&)>;

struct Streams {
    Source source;                          // instead of Request::body
    std::optional<uint64_t> source_length;  // chunked when unknown
    Sink sink;
    HeadSink head;
};

// The same for coroutines; both run on the client's I/O thread and must not block it.
class AsyncSource {
  public:
    virtual ~AsyncSource() = default;
    virtual Task<Result<std::string>> next() = 0;
    std::optional<uint64_t> length;
};
class AsyncSink {
  public:
    virtual ~AsyncSink() = default;
    // Whether the body of an answer with this status comes here, or in Response::body.
    virtual bool wants(int status) const { return status >= 200 && status < 300; }
    virtual Task<Status> begin(const Response&) { co_return Status{}; }
    virtual Task<Status> take(std::string_view piece) = 0;
};

struct ClientOptions {
    // PEM file of the authorities to trust; empty: the system's, or what SSL_CERT_FILE and
    // SSL_CERT_DIR name.
    std::string authorities;
    std::string user_agent = "rondo";
    size_t connections = 64;           // all together
    size_t connections_per_host = 16;  // of one scheme, host and port
    size_t waiting = 1024;             // requests that wait for a connection
    Micros idle{15'000'000};           // a kept connection unused for longer is closed
    // Instead of the system's resolver, for tests. Runs on threads of the client's own.
    std::function<Result<std::vector<IpAddress>>(const std::string& host)> resolve;
};

class Client {
  public:
    // Code::invalid when the file of authorities cannot be used.
    static Result<std::unique_ptr<Client>> open(Env& env, ClientOptions options = {});
    // Cancels what is under way and waits for its end.
    virtual ~Client() = default;

    virtual Result<Response> send(const Request& request, const Streams& streams = {}) = 0;
    // `source` and `sink` may be null and outlive the task. The loop of the coroutine outlives the
    // client, as hop() asks.
    virtual Task<Result<Response>> send_async(Request request, AsyncSource* source = nullptr,
                                              AsyncSink* sink = nullptr) = 0;

    struct Numbers {
        size_t open, idle;  // connections
        uint64_t opened;    // since the start
    };
    virtual Numbers numbers() = 0;

    // A request in one line: what a webhook needs. Blocks.
    Result<Response> post(std::string url, Fields headers, std::string body, Micros deadline,
                          uint64_t limit, std::shared_ptr<const EgressPolicy> egress);
};

}  // namespace rondo::client
