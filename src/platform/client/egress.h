// Where outgoing connections may lead. The policy is asked about the address that is connected to,
// at that moment, so a name that resolves to something else a moment later changes nothing.
// Immutable once made: any thread may ask. Costs a few comparisons.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "platform/client/address.h"

namespace rondo::client {

class EgressPolicy {
  public:
    // The public internet only: closed are loopback, private, link-local (metadata services among
    // them), shared (CGNAT), multicast, reserved and documentation ranges, 0.0.0.0/8, and IPv6
    // addresses that carry one of these inside.
    static std::shared_ptr<const EgressPolicy> public_only();
    // The same with exceptions: ranges ("10.2.0.0/16", "fd00::/8", "127.0.0.1") or one service by
    // its spelling in URLs ("grafana.internal:3000"), wherever that name leads. Code::invalid says
    // which exception is malformed.
    static Result<std::shared_ptr<const EgressPolicy>> with_exceptions(
        const std::vector<std::string>& exceptions);
    // No border at all: for what the operator named by hand, such as the command line's server or
    // an object store's endpoint.
    static std::shared_ptr<const EgressPolicy> anywhere();

    // Code::permission_denied when a connection to the address, for this host and port of a URL,
    // is closed.
    Status check(const std::string& host, uint16_t port, const IpAddress& address) const;

  private:
    struct Service {
        std::string host;
        uint16_t port;
    };
    bool anywhere_ = false;
    std::vector<IpRange> ranges_;
    std::vector<Service> services_;
};

}  // namespace rondo::client
