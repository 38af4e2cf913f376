#include "platform/net/connection.h"

#include <exception>

#include "base/log.h"

namespace rondo::net {

std::string next_request_id(Env& env) {
    thread_local std::string prefix = random_hex(env, 6);
    thread_local uint32_t count = 0;
    constexpr std::string_view hex = "0123456789abcdef";
    std::string id = prefix;
    const uint32_t n = ++count;
    for (int shift = 28; shift >= 0; shift -= 4) id += hex[n >> shift & 15];
    return id;
}

void assign_request_id(Env& env, Request& request) {
    const std::string_view given = request.headers.get("x-request-id");
    bool harmless = !given.empty() && given.size() <= 64;
    for (const char c : given) {
        harmless = harmless && ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                                (c >= 'A' && c <= 'Z') || c == '-' || c == '_');
    }
    request.id = harmless ? std::string(given) : next_request_id(env);
}

bool split_target(Request& request) {
    const std::string_view target = request.target;
    if (target.empty() || target[0] != '/') return false;
    const size_t question = target.find('?');
    request.path = target.substr(0, question);
    request.query = question == std::string_view::npos ? std::string_view{}
                                                       : target.substr(question + 1);
    return true;
}

Task<Response> call(const Route& route, Request& request, Application& application) {
    std::string what;
    try {
        co_return co_await route.handle(request);
    } catch (const std::exception& e) {
        what = e.what();
    }
    log::error("exception in a handler",
               {{"route", route.pattern}, {"request", request.id}, {"error", what}});
    co_return application.refuse(500, {Code::internal, "internal error; see the server's log, "
                                                       "request " + request.id});
}

}  // namespace rondo::net
