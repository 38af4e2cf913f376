#include "platform/net/router.h"

#include <array>

#include "base/check.h"
#include "base/text.h"

namespace rondo::net {

struct Router::Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
    std::unique_ptr<Node> parameter;
    std::unique_ptr<Node> rest;
    std::string name;  // of the parameter that leads here
    std::array<const Route*, 7> routes{};

    bool has_routes() const {
        for (const Route* route : routes) {
            if (route != nullptr) return true;
        }
        return false;
    }
};

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;

void Router::add(Route route) {
    Node* node = root_.get();
    for (const std::string_view segment : split(std::string_view(route.pattern).substr(1), '/')) {
        if (!segment.starts_with('{')) {
            auto& next = node->literals[std::string(segment)];
            if (!next) next = std::make_unique<Node>();
            node = next.get();
            continue;
        }
        const bool rest = segment.ends_with("...}");
        const std::string name(segment.substr(1, segment.size() - (rest ? 5 : 2)));
        auto& next = rest ? node->rest : node->parameter;
        if (!next) next = std::make_unique<Node>();
        CHECK(next->name.empty() || next->name == name, "one place, two parameter names");
        next->name = name;
        node = next.get();
    }
    const auto verb = static_cast<size_t>(route.verb);
    CHECK(node->routes[verb] == nullptr, "two routes for " + route.pattern);
    routes_.push_back(std::make_unique<Route>(std::move(route)));
    node->routes[verb] = routes_.back().get();
}

Result<Router::Match> Router::find(Request& request) const {
    // Depth first over the few candidates; the values are decoded only for the one that matches.
    struct Search {
        Request& request;
        size_t verb;
        Match match;
        std::vector<std::pair<const Node*, std::string_view>> taken;

        bool visit(const Node& node, std::string_view rest, bool at_end) {
            if (at_end) return accept(node);
            const size_t slash = rest.find('/');
            const std::string_view segment = rest.substr(0, slash);
            const bool last = slash == std::string_view::npos;
            const std::string_view after = last ? std::string_view{} : rest.substr(slash + 1);
            if (const auto found = node.literals.find(segment); found != node.literals.end()) {
                if (visit(*found->second, after, last)) return true;
            }
            if (node.parameter && !segment.empty()) {
                taken.emplace_back(node.parameter.get(), segment);
                if (visit(*node.parameter, after, last)) return true;
                taken.pop_back();
            }
            if (node.rest && !rest.empty()) {
                taken.emplace_back(node.rest.get(), rest);
                if (accept(*node.rest)) return true;
                taken.pop_back();
            }
            return false;
        }
        bool accept(const Node& node) {
            if (!node.has_routes()) return false;
            match.path_exists = true;
            if (verb < node.routes.size()) match.route = node.routes[verb];
            return match.route != nullptr;
        }
    };
    // HEAD is GET whose body is not sent.
    const Verb verb = request.verb == Verb::head ? Verb::get : request.verb;
    Search search{request, static_cast<size_t>(verb), {}, {}};
    request.params.clear();
    if (request.path.empty() || request.path[0] != '/') return search.match;
    if (search.visit(*root_, request.path.substr(1), false)) {
        for (const auto& [node, raw] : search.taken) {
            TRY_ASSIGN(std::string value, percent_decode(raw));
            request.params.emplace_back(node->name, std::move(value));
        }
    }
    return search.match;
}

}  // namespace rondo::net
