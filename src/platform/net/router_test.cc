#include "platform/net/router.h"

#include <doctest/doctest.h>

namespace rondo::net {
namespace {

Router make(std::vector<std::pair<Verb, std::string>> routes) {
    Router router;
    for (auto& [verb, pattern] : routes) router.add({verb, pattern, {}, 0, {}});
    return router;
}

// "PATTERN name=value ...", or "405 VERB ...", "404", "400".
std::string find(const Router& router, Verb verb, std::string target) {
    Request request;
    request.verb = verb;
    request.target = std::move(target);
    request.path = request.target;
    const auto match = router.find(request);
    if (!match) return "400";
    std::string out;
    if (match->route == nullptr) {
        if (match->allowed.empty()) return "404";
        out = "405";
        for (const Verb other : match->allowed) out.append(" ").append(name_of(other));
        return out;
    }
    out = match->route->pattern;
    for (const auto& [name, value] : request.params)
        out.append(" ").append(name).append("=").append(value);
    return out;
}

TEST_CASE("literals win over parameters, parameters over the rest") {
    const Router router = make({{Verb::get, "/a/b"},
                                {Verb::get, "/a/{id}"},
                                {Verb::get, "/a/{id}/c"},
                                {Verb::get, "/a/{path...}"},
                                {Verb::get, "/"}});
    CHECK(find(router, Verb::get, "/a/b") == "/a/b");
    CHECK(find(router, Verb::get, "/a/x") == "/a/{id} id=x");
    CHECK(find(router, Verb::get, "/a/b/c") == "/a/{id}/c id=b");
    CHECK(find(router, Verb::get, "/a/b/d") == "/a/{path...} path=b/d");
    CHECK(find(router, Verb::get, "/a/x/y/z") == "/a/{path...} path=x/y/z");
    CHECK(find(router, Verb::get, "/a/b/") == "/a/{path...} path=b/");
    CHECK(find(router, Verb::get, "/a/") == "404");
    CHECK(find(router, Verb::get, "/a") == "404");
    CHECK(find(router, Verb::get, "/") == "/");
    CHECK(find(router, Verb::get, "//") == "404");
    CHECK(find(router, Verb::get, "") == "404");
    CHECK(find(router, Verb::options, "*") == "404");
}

TEST_CASE("verbs") {
    const Router router = make(
        {{Verb::get, "/a/b"}, {Verb::post, "/a/{id}"}, {Verb::del, "/a/{id}"}, {Verb::put, "/c"}});
    CHECK(find(router, Verb::head, "/a/b") == "/a/b");
    CHECK(find(router, Verb::post, "/a/b") == "/a/{id} id=b");
    CHECK(find(router, Verb::put, "/a/b") == "405 GET POST DELETE");
    CHECK(find(router, Verb::head, "/a/x") == "405 POST DELETE");
    CHECK(find(router, Verb::other, "/c") == "405 PUT");
    CHECK(find(router, Verb::options, "/c") == "405 PUT");
    CHECK(find(router, Verb::other, "/d") == "404");
}

TEST_CASE("T2 parameters are decoded once, and only they are") {
    const Router router = make({{Verb::get, "/a/{id}"}, {Verb::get, "/f/{path...}"}});
    CHECK(find(router, Verb::get, "/a/x%2Fy") == "/a/{id} id=x/y");
    CHECK(find(router, Verb::get, "/a/%252e") == "/a/{id} id=%2e");
    CHECK(find(router, Verb::get, "/a/+") == "/a/{id} id=+");
    CHECK(find(router, Verb::get, "/f/a%20b/%2E%2E/c") == "/f/{path...} path=a b/../c");
    for (const char* broken :
         {"/a/%", "/a/%4", "/a/%zz", "/a/%00", "/a/%ff", "/a/%c0%af", "/a/\xff"})
        CHECK_MESSAGE(find(router, Verb::get, broken) == "400", broken);
    CHECK(find(router, Verb::get, "/%61/x") == "404");
}

TEST_CASE("many candidates do not make a search long") {
    std::vector<std::pair<Verb, std::string>> routes;
    std::string pattern, path;
    for (int i = 0; i < 12; ++i) {
        pattern += "/{p" + std::to_string(i) + "}";
        path += "/a";
        routes.emplace_back(Verb::get, pattern);
    }
    const Router router = make(routes);
    CHECK(find(router, Verb::get, path).starts_with(pattern));
    std::string long_path;
    for (int i = 0; i < 100'000; ++i) long_path += "/a";
    CHECK(find(router, Verb::get, long_path) == "404");
}

}  // namespace
}  // namespace rondo::net
