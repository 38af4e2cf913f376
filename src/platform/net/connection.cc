#include "platform/net/connection.h"

#include <algorithm>
#include <exception>

#include "base/log.h"

namespace rondo::net {
namespace {

// A client's own x-request-id is kept when it is short and harmless.
std::string request_id(Env& env, const Request& request) {
    const std::string_view given = request.headers.get("x-request-id");
    bool harmless = !given.empty() && given.size() <= 64;
    for (const char c : given) {
        harmless = harmless && ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                                (c >= 'A' && c <= 'Z') || c == '-' || c == '_');
    }
    return harmless ? std::string(given) : next_request_id(env);
}

// Path and query of the target's four forms (RFC 9112 3.2), of which CONNECT's has none.
Status split_target(Request& request) {
    std::string_view rest = request.target;
    if (rest == "*" && request.verb == Verb::options) {
        request.path = rest;
        return ok();
    }
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!rest.starts_with(scheme)) continue;
        rest.remove_prefix(scheme.size());
        const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
        // Two names for one host: who routes by the one must not be fooled by the other.
        if (authority != request.headers.get("host"))
            return fail(Code::invalid, "the target names another host than the Host header");
        rest.remove_prefix(authority.size());
        if (rest.empty()) rest = "/";
    }
    if (!rest.starts_with('/'))
        return fail(Code::invalid, "the target has to be a path such as /health");
    const size_t question = rest.find('?');
    request.path = rest.substr(0, question);
    if (question != std::string_view::npos) request.query = rest.substr(question + 1);
    return ok();
}

}  // namespace

Task<bool> Connection::send(std::string_view first, std::string_view second) {
    bool good = true;
    while (good && !(first.empty() && second.empty())) {
        arm(limits.progress);
        const size_t put = co_await stream.write(first, second);
        good = put > 0;
        const size_t of_first = std::min(put, first.size());
        first.remove_prefix(of_first);
        second.remove_prefix(put - of_first);
    }
    disarm();
    co_return good;
}

Status BodyMemory::take(size_t bytes) {
    const size_t before = all_.fetch_add(bytes, std::memory_order_relaxed);
    taken_ += bytes;
    if (before + bytes > limit_)
        return fail(Code::unavailable,
                    "the server holds as many request bodies as it may; try again soon");
    return ok();
}

std::string next_request_id(Env& env) {
    thread_local const std::string prefix = random_hex(env, 6);
    thread_local uint32_t count = 0;
    constexpr std::string_view hex = "0123456789abcdef";
    std::string id;
    id.reserve(prefix.size() + 8);
    id += prefix;
    const uint32_t n = ++count;
    for (int shift = 28; shift >= 0; shift -= 4) id += hex[n >> shift & 15];
    return id;
}

Status complete_head(const Connection& connection, Request& request) {
    request.peer = connection.stream.peer();
    request.secure = connection.secure;
    request.id = request_id(connection.env, request);
    if (request.headers.count("host") != 1)
        return fail(Code::invalid, "a request has to name its host exactly once");
    return split_target(request);
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
    co_return application.refuse(
        request, {Code::internal, "internal error; see the server's log, request " + request.id});
}

Task<Result<std::string>> next_piece(BodyProducer& producer, const Request& request) {
    std::string what;
    try {
        co_return co_await producer.next();
    } catch (const std::exception& e) {
        what = e.what();
    }
    log::error("exception in a body", {{"request", request.id}, {"error", what}});
    co_return fail(Code::internal, what);
}

}  // namespace rondo::net
