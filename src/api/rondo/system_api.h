// Health, version, metrics and the API's own description.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "platform/rpc/endpoint.h"
#include "platform/store/database.h"

namespace rondo::api {

class SystemApi {
  public:
    struct Parts {
        store::Database& db;
        std::string version, mlflow_version;
        std::function<std::string()> openapi;
        // Appends metrics in Prometheus' text format.
        std::vector<std::function<void(std::string&)>> metrics;
    };
    explicit SystemApi(Parts parts) : parts_(std::move(parts)) {}

    // Not ready (503) while draining or before everything is up.
    void set_ready(bool ready) { ready_.store(ready); }
    bool is_ready() const { return ready_.load(); }

    std::vector<rpc::Row> rows();

    Result<net::Response> live(rpc::None, rpc::Context);
    Result<net::Response> ready(rpc::None, rpc::Context);
    Result<net::Response> health(rpc::None, rpc::Context);
    Result<net::Response> version(rpc::None, rpc::Context);
    Result<net::Response> metrics(rpc::None, rpc::Context);
    Result<net::Response> openapi(rpc::None, rpc::Context);

  private:
    Parts parts_;
    std::atomic<bool> ready_{false};
};

}  // namespace rondo::api
