// One declaration per endpoint. A row and its two structs give: route, decoding with field paths
// in errors, permission check, encoding, error mapping, access log, latency metric and OpenAPI.
//
//   post<&MlflowApi::log_metric>("/api/2.0/mlflow/runs/log-metric", kUpdateRun,
//                                "Log one value of a metric"),
//
// The method is a member of the protocol's class, of one of these forms:
//   Task<Result<Answer>> method(Message, Context);   // the usual one
//   Result<Answer> method(Message, Context);         // cheap work that never waits
//   Task<Result<net::Response>> method(Message, Context);  // an answer that is not JSON
// Message and Answer are structs with field tables; None means an empty one. A field that the path
// names ({run_id}) is filled from there and never marked required.
#pragma once

#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "platform/json/json.h"
#include "platform/net/router.h"
#include "platform/rpc/errors.h"

namespace rondo::rpc {

struct None {
    static constexpr auto fields = std::tuple{};
};

// What a caller needs for a route: a verb on an object, and the field that names the object. In a
// server without accounts `reach` alone decides; the rest is what roles will be checked against.
enum class Reach : uint8_t {
    open,  // anybody: health, static files
    read,
    write,
    operate,  // runs commands, loads models, changes traffic: the token of the data folder
};
struct Permission {
    std::string_view name;
    Reach reach;
    std::string_view object;    // "run", "experiment"; empty: the workspace
    std::string_view id_field;  // of the message or the path
};

inline constexpr Permission kOpen{"open", Reach::open, "", ""};

// The request as a handler may look at it: headers, streamed body, parameters. A handler never
// keeps it beyond its own end.
struct Context {
    net::Request* request;
};

inline constexpr size_t kJsonLimit = 16 << 20;  // a full log-batch is far below

enum class BodyKind : uint8_t {
    json,      // decoded into the message
    raw,       // kept as bytes in request.body; the message comes from path and query
    streamed,  // read piece by piece from request.stream; likewise
};

struct Row {
    net::Verb verb{};
    std::string path;
    Permission permission{};
    std::string summary;
    BodyKind body = BodyKind::json;
    size_t body_limit = kJsonLimit;
    const json::Shape* message = nullptr;
    const json::Shape* answer = nullptr;  // nullptr: not JSON
    Task<net::Response> (*invoke)(void* api, const Row& row, net::Request& request) = nullptr;
    Style style = Style::rondo;  // set when the row is registered

    Row takes(BodyKind kind, size_t limit) && {
        body = kind;
        body_limit = limit;
        return std::move(*this);
    }
};

json::Dialect dialect_of(Style style);
// Fills *message from the path, the query and the body.
Status decode(const Row& row, const net::Request& request, void* message);
net::Response encode(const Row& row, const void* answer);

namespace detail {

template <class M>
struct Signature;
template <class A, class R, class Msg>
struct Signature<R (A::*)(Msg, Context)> {
    using Api = A;
    using Message = Msg;
    using Return = R;
};
template <class T>
struct Unwrap {
    using Value = T;
    static constexpr bool waits = false;
};
template <class T>
struct Unwrap<Task<T>> {
    using Value = T;
    static constexpr bool waits = true;
};

template <auto Method>
Task<net::Response> invoke(void* api, const Row& row, net::Request& request) {
    using S = Signature<decltype(Method)>;
    using Returned = Unwrap<typename S::Return>;
    using Answer = typename Returned::Value::value_type;
    typename S::Message message{};
    if (Status decoded = decode(row, request, &message); !decoded)
        co_return error_response(row.style, decoded.error());
    auto* self = static_cast<typename S::Api*>(api);
    typename Returned::Value result = std::unexpected(Error{});
    if constexpr (Returned::waits) {
        result = co_await (self->*Method)(std::move(message), Context{&request});
    } else {
        result = (self->*Method)(std::move(message), Context{&request});
    }
    if (!result) co_return error_response(row.style, result.error());
    if constexpr (std::is_same_v<Answer, net::Response>) {
        co_return std::move(*result);
    } else {
        co_return encode(row, &*result);
    }
}

template <auto Method>
Row row(net::Verb verb, std::string path, Permission permission, std::string summary) {
    using S = Signature<decltype(Method)>;
    using Answer = typename Unwrap<typename S::Return>::Value::value_type;
    Row out;
    out.verb = verb;
    out.path = std::move(path);
    out.permission = permission;
    out.summary = std::move(summary);
    out.message = &json::shape_of<typename S::Message>();
    if constexpr (!std::is_same_v<Answer, net::Response>) out.answer = &json::shape_of<Answer>();
    out.invoke = &invoke<Method>;
    return out;
}

}  // namespace detail

template <auto Method>
Row get(std::string path, Permission permission, std::string summary) {
    return detail::row<Method>(net::Verb::get, std::move(path), permission, std::move(summary));
}
template <auto Method>
Row post(std::string path, Permission permission, std::string summary) {
    return detail::row<Method>(net::Verb::post, std::move(path), permission, std::move(summary));
}
template <auto Method>
Row put(std::string path, Permission permission, std::string summary) {
    return detail::row<Method>(net::Verb::put, std::move(path), permission, std::move(summary));
}
template <auto Method>
Row patch(std::string path, Permission permission, std::string summary) {
    return detail::row<Method>(net::Verb::patch, std::move(path), permission, std::move(summary));
}
template <auto Method>
Row del(std::string path, Permission permission, std::string summary) {
    return detail::row<Method>(net::Verb::del, std::move(path), permission, std::move(summary));
}

}  // namespace rondo::rpc
