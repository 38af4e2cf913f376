// From verb and path to a route. Patterns: "/a/{id}/b" takes one segment, "/a/{path...}" takes the
// rest. Literal segments win over parameters, parameters over the rest.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "platform/net/http.h"

namespace rondo::net {

enum class BodyMode : uint8_t { buffered, streamed };

// What is counted per route, for /metrics. Written by the I/O threads.
struct RouteStats;

struct Route {
    Verb verb;
    std::string pattern;
    BodyMode body_mode = BodyMode::buffered;
    size_t body_limit = 0;
    // Called on an I/O thread. The request lives until the task has ended.
    std::function<Task<Response>(Request&)> handle;
    RouteStats* stats = nullptr;
};

class Router {
  public:
    Router();
    ~Router();
    Router(Router&&) noexcept;

    // Two routes with the same verb and pattern are a broken program (CHECK).
    void add(Route route);

    struct Match {
        const Route* route = nullptr;
        bool path_exists = false;  // some other verb is there: 405 instead of 404
    };
    // Fills request.params. Fails when a parameter is not decodable.
    Result<Match> find(Request& request) const;

    const std::vector<std::unique_ptr<Route>>& routes() const { return routes_; }

  private:
    struct Node;
    std::unique_ptr<Node> root_;
    std::vector<std::unique_ptr<Route>> routes_;
};

}  // namespace rondo::net
