// From verb and path to a route. Patterns: "/a/{id}/b" takes one segment, "/a/{path...}" takes the
// rest. Literal segments win over parameters, parameters over the rest.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "platform/net/http.h"

namespace rondo::net {

enum class BodyMode : uint8_t { buffered, streamed };

struct Route {
    Verb verb;
    std::string pattern;
    BodyMode body_mode = BodyMode::buffered;
    size_t body_limit = 0;
    // Called on an I/O thread. The request lives until the task has ended.
    std::function<Task<Response>(Request&)> handle;
    size_t index = 0;  // in the order of registration; set by the router
};

// Lets maps of strings be searched by views.
struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
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
        // Without a route: the verbs that the path does have, for 405 instead of 404.
        std::vector<Verb> allowed;
    };
    // Fills request.params. Fails when a parameter is not decodable.
    Result<Match> find(Request& request) const;

    const std::vector<std::unique_ptr<Route>>& routes() const { return routes_; }

  private:
    struct Node;
    struct Search;
    std::unique_ptr<Node> root_;
    // Whole paths without parameters: most requests need no walk.
    std::unordered_map<std::string, const Node*, TextHash, std::equal_to<>> literal_paths_;
    std::vector<std::unique_ptr<Route>> routes_;
};

}  // namespace rondo::net
