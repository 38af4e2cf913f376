// What the two protocol loops share: the stream, the limits, and the application behind them.
#pragma once

#include <atomic>
#include <string>

#include "platform/net/server.h"
#include "platform/net/stream.h"

namespace rondo::net {

// One for each accepted connection; lives as long as its coroutine.
struct Connection {
    ByteStream& stream;
    Application& application;
    Env& env;
    const Limits& limits;
    const std::atomic<bool>& draining;
    bool secure;
    // True between requests: draining closes such connections at once.
    bool idle = true;

    void arm(Micros patience) { stream.set_deadline(env.steady() + patience); }
    void disarm() { stream.set_deadline(Micros::max()); }
};

// Serves HTTP/1.1 until the connection ends. `first` holds bytes that were read already.
Task<void> serve_http1(Connection& connection, std::string first);
// Serves HTTP/2 likewise.
Task<void> serve_http2(Connection& connection, std::string first);

// The first bytes of every HTTP/2 connection without TLS.
inline constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// A random prefix and a count: unique ids for requests without a system call each.
std::string next_request_id(Env& env);
// A client's own x-request-id is kept when it is short and harmless.
void assign_request_id(Env& env, Request& request);
// Fills path and query from the target; false when the target is no origin form.
bool split_target(Request& request);
// Runs the route's handler; whatever a library throws becomes a 500.
Task<Response> call(const Route& route, Request& request, Application& application);

}  // namespace rondo::net
