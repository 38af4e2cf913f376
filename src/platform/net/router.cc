#include "platform/net/router.h"

#include <array>
#include <map>

#include "base/check.h"
#include "base/text.h"

namespace rondo::net {

struct Router::Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
    std::unique_ptr<Node> parameter;
    std::unique_ptr<Node> rest;
    std::string name;  // of the parameter that leads here
    std::array<const Route*, static_cast<size_t>(Verb::other)> routes{};
};

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;

void Router::add(Route route) {
    CHECK(route.pattern.starts_with('/') && route.verb < Verb::other, "no route: " + route.pattern);
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
    if (route.pattern.find('{') == std::string::npos) literal_paths_[route.pattern] = node;
    route.index = routes_.size();
    routes_.push_back(std::make_unique<Route>(std::move(route)));
    node->routes[verb] = routes_.back().get();
}

// Depth first over the few candidates, as deep as the longest pattern; values are decoded only
// for the one that matches.
struct Router::Search {
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

  private:
    bool accept(const Node& node) {
        if (verb < node.routes.size()) match.route = node.routes[verb];
        if (match.route != nullptr) return true;
        for (size_t i = 0; i < node.routes.size(); ++i) {
            const auto other = static_cast<Verb>(i);
            if (node.routes[i] != nullptr && std::ranges::count(match.allowed, other) == 0)
                match.allowed.push_back(other);
        }
        return false;
    }
};

Result<Router::Match> Router::find(Request& request) const {
    // HEAD is GET whose body is not sent.
    const Verb verb = request.verb == Verb::head ? Verb::get : request.verb;
    const auto index = static_cast<size_t>(verb);
    request.params.clear();
    if (const auto found = literal_paths_.find(request.path);
        found != literal_paths_.end() && verb != Verb::other &&
        found->second->routes[index] != nullptr)
        return Match{found->second->routes[index], {}};
    Search search{index, {}, {}};
    if (!request.path.starts_with('/')) return search.match;
    if (search.visit(*root_, request.path.substr(1), false)) {
        search.match.allowed.clear();
        for (const auto& [node, raw] : search.taken) {
            TRY_ASSIGN(std::string value, percent_decode(raw));
            request.params.emplace_back(node->name, std::move(value));
        }
    }
    return std::move(search.match);
}

}  // namespace rondo::net
