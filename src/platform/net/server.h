// The server: one I/O thread per core, each with its own event loop. The first one accepts and
// hands each connection to the thread that has the fewest. HTTP/1.1 and HTTP/2 on one port. All
// handlers of a connection run on its thread.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "base/env.h"
#include "platform/net/limits.h"
#include "platform/net/router.h"

namespace rondo::net {

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
    virtual std::expected<const Route*, Response> admit(Request& request) = 0;
    // The answer for a request that no handler answered: malformed, too large, too slow, crashed.
    virtual Response refuse(const Request& request, const Error& error) = 0;
    // Called after the last byte was handed to the kernel, or the client left (status 499).
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
    // Drains: no new connections, idle ones are closed, requests under way finish within `grace`;
    // what is left then is cut. Returns when all is over. Thread-safe.
    virtual void stop(Micros grace) = 0;
    // Reads the certificate files again; connections under way keep the old one.
    virtual Status reload_certificates() = 0;
    virtual size_t connections() const = 0;
};

}  // namespace rondo::net
