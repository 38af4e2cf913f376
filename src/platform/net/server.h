// The server: one I/O thread per core, each with its own io_context; they share one listening
// socket, so a busy thread does not take new connections from an idle one. HTTP/1.1 and HTTP/2 on
// one port. All handlers of a connection run on its thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/env.h"
#include "platform/net/router.h"

namespace rondo::net {

// Every limit has its reason.
struct Limits {
    size_t header_bytes = 64 << 10;      // cookies and tokens fit, a flood does not
    size_t max_connections = 20'000;     // below the usual descriptor limit
    size_t streams_per_connection = 128; // HTTP/2: enough for a busy client, bounds its memory
    Micros idle{75'000'000};             // longer than usual balancers keep connections
    Micros header{10'000'000};           // slow headers are an attack or a dead peer
    Micros progress{30'000'000};         // no byte of a body moved, either way
};

struct ServerOptions {
    std::string address = "127.0.0.1";
    uint16_t port = 5000;  // 0: any free port
    int threads = 0;       // 0: one per core
    Limits limits;
    std::string certificate_file, key_file;  // PEM; both or none
};

// What the server asks of the application. Called on I/O threads.
class Application {
  public:
    virtual ~Application() = default;
    // Decides by the head of a request, before its body is read: a route to go on with, or the
    // answer right away (unknown path, forbidden origin, no permission).
    struct Decision {
        const Route* route = nullptr;
        Response answer;
    };
    virtual Decision admit(Request& request) = 0;
    // An answer for a request that never reached a route (malformed, too large, too slow).
    virtual Response refuse(int status, const Error& error) = 0;
    // Called after the last byte was handed to the kernel.
    virtual void finished(const Request& request, const Route* route, int status, uint64_t bytes,
                          Micros took) = 0;
};

class Server {
  public:
    // Binds at once, so that a port in use is reported before anything else starts.
    static Result<std::unique_ptr<Server>> bind(Env& env, ServerOptions options,
                                                Application& application);
    virtual ~Server() = default;
    virtual uint16_t port() const = 0;
    // Serves until stop() has been called and all connections are gone.
    virtual void run() = 0;
    // Drains: no new connections, idle ones are closed, requests under way finish within `grace`.
    // Thread-safe, and callable from a signal-handling thread.
    virtual void stop(Micros grace) = 0;
    // Reads the certificate files again; connections under way keep the old one.
    virtual Status reload_certificates() = 0;
    virtual size_t connections() const = 0;
};

}  // namespace rondo::net
