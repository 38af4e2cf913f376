// grpc.health.v1.Health, the protocol by which gRPC's clients, balancers and Kubernetes' probes ask
// whether a server serves. Two messages of one field each, so they are coded by hand.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "platform/rpc/grpc.h"
#include "platform/rpc/service.h"

namespace rondo::api {

class HealthApi {
  public:
    // Knows the gRPC services whose methods are rows of `service`. `ready` is asked on I/O threads.
    HealthApi(const rpc::Service& service, std::function<bool()> ready)
        : service_(service), ready_(std::move(ready)) {}

    std::vector<rpc::Row> rows();

    // Unknown services are Code::not_found.
    Result<std::string> check(std::string request, rpc::Context);
    // The status now and after each change, seen within half a second, until the caller leaves or
    // the server stops.
    Result<std::unique_ptr<net::BodyProducer>> watch(std::string request, rpc::Context);

  private:
    enum class Serving : uint8_t { yes = 1, no = 2, service_unknown = 3 };  // numbers of the wire
    class Watcher;

    bool knows(std::string_view service_name) const;
    Serving status() const { return ready_() ? Serving::yes : Serving::no; }
    static std::string encode(Serving serving);

    const rpc::Service& service_;
    std::function<bool()> ready_;
};

}  // namespace rondo::api
