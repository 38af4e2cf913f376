// Passes a request on to the upstream and its answer back, both as streams: a request holds about a
// quarter of a megabyte each way. What passes is seen on its way, never changed: status, the
// headers that are not about one connection, and the body byte for byte.
#pragma once

#include <memory>
#include <string>

#include "app/mirror/overlaps.h"
#include "app/mirror/replay.h"
#include "platform/client/client.h"
#include "platform/client/url.h"

namespace rondo::app::mirror {

// What a request is to the mirror, by its route here.
struct Plan {
    enum class Kind : uint8_t {
        aside,        // a page or its files: nothing to compare
        left_alone,   // accounts and webhooks: never copied
        not_offered,  // a route of the upstream's that is not here
        message,      // is answered here as well
        upload,       // its bytes are stored here as well
    };
    Kind kind = Kind::aside;
    const rpc::Row* row = nullptr;
    std::string endpoint;
};

class Forwarder {
  public:
    struct Parts {
        Env& env;
        client::Client& http;
        rpc::Service& service;
        Replay& replay;
        rondo::mirror::Record& record;
        client::Url upstream;
        bool artifacts = true;  // uploads are stored here as well
    };
    explicit Forwarder(Parts parts);

    // The handler of every request that is the upstream's.
    Task<net::Response> forward(net::Request& request);

    Plan plan_for(net::Request& request) const;

  private:
    class Passage;
    client::Request outgoing(const net::Request& request, const Plan& plan) const;
    net::Response refuse(const net::Request& request, const Error& error) const;

    Parts parts_;
    const std::string base_;  // of targets: the upstream's own path
    const std::string mark_;  // tells our own requests when they come back
    Overlaps overlaps_;
};

}  // namespace rondo::app::mirror
