// The application behind the server: all rows of all protocols, the border around them, and what
// is counted about them. Built once at start, then read-only.
#pragma once

#include <array>
#include <atomic>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "platform/net/server.h"
#include "platform/rpc/endpoint.h"

namespace rondo::rpc {

// What is counted per route. Latency in classic Prometheus buckets, outcomes by class of status.
// Written by the I/O threads.
struct RouteStats {
    static constexpr std::array<int64_t, 12> kBucketMicros{100,     250,     500,       1'000,
                                                           2'500,   5'000,   10'000,    25'000,
                                                           100'000, 500'000, 2'500'000, 10'000'000};
    std::array<std::atomic<uint64_t>, kBucketMicros.size() + 1> buckets{};
    std::array<std::atomic<uint64_t>, 6> by_status_class{};
    std::atomic<uint64_t> total_micros{0};
};

// What a request has to show before anything else is looked at (trust.md): loopback is no border.
struct Border {
    // Names that a Host header may carry besides the loopback ones, without a port.
    std::vector<std::string> allowed_hosts;
};

class Service final : public net::Application {
  public:
    // The guard outlives the service.
    Service(Border border, Guard& guard);

    // Registers rows; `api` outlives the service. Every row carries a permission, or there is no
    // way to write it down.
    void add(void* api, Style style, std::vector<Row> rows);

    // Whether the request's host and origin are served here.
    Status check_border(const net::Request& request) const;
    std::expected<const net::Route*, net::Response> admit(net::Request& request) override;
    net::Response refuse(const net::Request& request, const Error& error) override;
    void finished(const net::Request& request, const net::Route* route, int status, uint64_t bytes,
                  Micros took) override;

    // The rows in order of registration, for OpenAPI and for tests that walk them all.
    const std::vector<std::unique_ptr<Row>>& rows() const { return rows_; }
    const net::Router& router() const { return router_; }
    // OpenAPI 3.1 of every JSON route.
    std::string openapi(std::string_view version) const;
    // The routes' metrics in Prometheus' text format.
    void write_metrics(std::string& out) const;

  private:
    Border border_;
    Guard& guard_;
    net::Router router_;
    // Both by the route's index.
    std::vector<std::unique_ptr<Row>> rows_;
    std::vector<std::unique_ptr<RouteStats>> stats_;
    std::atomic<uint64_t> refused_{0};
};

}  // namespace rondo::rpc
