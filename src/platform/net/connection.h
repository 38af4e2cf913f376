// What the two protocol loops share: the stream, the limits, and the application behind them.
#pragma once

#include <atomic>
#include <string>

#include "platform/net/server.h"
#include "platform/net/stream.h"

namespace rondo::net {

// A protocol's loop, as the worker that owns the connection sees it. Called on its thread.
class Protocol {
  public:
    // The server is stopping: end when what is under way has been answered.
    virtual void drain() = 0;
    // Twice a second, for waits that the loop itself cannot see the end of.
    virtual void sweep(Micros now) = 0;

  protected:
    ~Protocol() = default;
};

// One accepted connection; lives as long as its coroutine.
struct Connection {
    ByteStream& stream;
    Application& application;
    Env& env;
    const Limits& limits;
    const std::atomic<bool>& draining;
    std::atomic<size_t>& buffered_bytes;  // of request bodies, all connections together
    bool secure;

    Protocol* protocol = nullptr;     // once it is known
    Micros deadline = Micros::max();  // when the sweeper ends the pending wait
    bool idle = true;                 // between requests
    Micros idle_since{0};
    bool expired = false;  // the sweeper ended a wait

    // Asks to end soon: at once between requests, after them otherwise.
    void drain() {
        if (protocol != nullptr)
            protocol->drain();
        else
            stream.close();
    }
    void rest() {
        idle = true;
        idle_since = env.steady();
    }
    void arm(Micros patience) { deadline = env.steady() + patience; }
    void disarm() { deadline = Micros::max(); }
    // Writes all of both parts; each step of progress renews the patience. False when the peer is
    // gone or reads too slowly.
    Task<bool> send(std::string_view first, std::string_view second = {});
};

// Memory taken by the buffered body of one request; goes back with the object.
class BodyMemory {
  public:
    explicit BodyMemory(const Connection& connection)
        : all_(connection.buffered_bytes), limit_(connection.limits.buffered_bytes) {}
    ~BodyMemory() { all_.fetch_sub(taken_, std::memory_order_relaxed); }
    BodyMemory(const BodyMemory&) = delete;
    BodyMemory& operator=(const BodyMemory&) = delete;

    // Fails when all connections together hold too much.
    Status take(size_t bytes);

  private:
    std::atomic<size_t>& all_;
    size_t limit_;
    size_t taken_ = 0;
};

// Serves HTTP/1.1 until the connection ends. `first` holds bytes that were read already. False
// when the peer is gone, true when it may still be reading our last answer.
Task<bool> serve_http1(Connection& connection, std::string first);
// Serves HTTP/2 likewise.
Task<bool> serve_http2(Connection& connection, std::string first);

// The first bytes of every HTTP/2 connection without TLS.
inline constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// A random prefix and a count: unique ids for requests without a system call each.
std::string next_request_id(Env& env);
// Completes what a head says: path and query, the id for logs, where it came from. Fails when the
// target is none or the host is not named exactly once.
Status complete_head(const Connection& connection, Request& request);
// Runs the route's handler; whatever a library throws becomes a 500.
Task<Response> call(const Route& route, Request& request, Application& application);
// The next piece of a body; whatever a library throws becomes an error.
Task<Result<std::string>> next_piece(BodyProducer& producer, const Request& request);

}  // namespace rondo::net
