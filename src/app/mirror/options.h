// What `rondo mirror` is told.
#pragma once

#include <cstddef>
#include <string>

namespace rondo::app::mirror {

// What waits to be answered here: nobody waits for it, so it is bounded.
struct QueueLimits {
    size_t requests = 10'000;
    size_t bytes = 64 << 20;  // of bodies
    // Uploads under way whose bytes are stored along, and what waits of one to be stored.
    size_t uploads = 16;
    size_t upload_bytes = 8 << 20;
};

struct Options {
    std::string upstream;     // the URL; empty: no mirror
    std::string authorities;  // PEM file that its certificate is checked with; empty: the system's
    QueueLimits queue;
    bool artifacts = true;  // uploads are stored here as well
};

}  // namespace rondo::app::mirror
