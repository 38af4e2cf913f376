// What the network holds and waits for at most. Every limit has its reason.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace rondo::net {

struct Limits {
    size_t header_bytes = 64 << 10;       // cookies and tokens fit, a flood does not
    size_t header_fields = 256;           // each costs a look at every search by name
    size_t connections = 20'000;          // and never more than the descriptors leave room for
    size_t streams_per_connection = 128;  // HTTP/2: enough for a busy client, bounds its memory
    size_t buffered_bytes = 1U << 30;     // request bodies in memory, all connections together
    Micros idle{75'000'000};              // longer than usual balancers keep connections
    Micros header{10'000'000};            // slow headers are an attack or a dead peer
    Micros progress{30'000'000};          // no byte of a body moved, either way
};

// Whether the system lets this process open as many files as a server needs to listen and to
// answer; to be asked before anything is opened.
Status check_descriptors();

// Sets a limit by its name: "connections=500", "header=2s". For operators and for tests that
// cannot wait.
Status set_limit(Limits& limits, std::string_view assignment);

}  // namespace rondo::net
