// For tests of rows: a request made in place. Not part of the server.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "platform/rpc/service.h"

namespace rondo::rpc::testing {

struct Ask {
    std::string verb = "GET";
    std::string target = "/";
    std::string body{};
    std::vector<std::pair<std::string, std::string>> headers{};
};

// What the service answers, by the way that a request takes: admit, then the route's handler.
inline net::Response answer(Service& service, const Ask& ask) {
    net::Request request;
    request.verb = net::verb_of(ask.verb);
    request.target = ask.target;
    request.path = std::string_view(request.target).substr(0, request.target.find('?'));
    if (const size_t at = request.target.find('?'); at != std::string::npos)
        request.query = std::string_view(request.target).substr(at + 1);
    bool has_host = false;
    for (const auto& [name, value] : ask.headers) {
        request.headers.add(name, value);
        has_host = has_host || name == "host";
        request.is_grpc = request.is_grpc || value == "application/grpc";
    }
    if (!has_host) request.headers.add("host", "localhost");
    request.body = ask.body;
    auto admitted = service.admit(request);
    if (!admitted) return std::move(admitted).error();
    net::Response response;
    boost::asio::io_context context(1);
    boost::asio::co_spawn(
        context, (*admitted)->handle(request),
        [&](const std::exception_ptr&, net::Response made) { response = std::move(made); });
    context.run();
    service.finished(request, *admitted, response.status, response.body.size(), Micros{300});
    return response;
}

}  // namespace rondo::rpc::testing
