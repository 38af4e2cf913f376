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

#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "platform/json/json.h"
#include "platform/net/router.h"
#include "platform/rpc/errors.h"
#include "platform/rpc/guard.h"

namespace rondo::rpc {

struct None {
    static constexpr auto fields = std::tuple{};
};

// What a caller needs for a route. In a server without accounts everybody on the machine may do
// what needs no token of the data folder (guard.h).
enum class Reach : uint8_t {
    open,       // anybody: health, static files, signing in
    optional,   // anybody, but what is shown to be let in has to be right
    signed_in,  // whoever has an account
    read,
    search,  // many objects: the handler answers with what the caller may read
    invoke,  // calls a model
    write,
    create,   // a new object in the workspace
    manage,   // deletes, restores, shares
    operate,  // runs commands, loads models, changes traffic
    admin,    // accounts
};
// Another object that a message names, and what is needed on it.
struct ObjectField {
    std::string_view object, id_field;
    Reach reach;
};
// A verb on an object, and where the message or the path names the object: a field, a path of
// fields through lists ("metrics.model_id"), or several of these with blanks between.
struct Permission {
    std::string_view name;
    Reach reach;
    std::string_view object;  // "run", "experiment"; empty: the workspace
    std::string_view id_field;
    std::span<const ObjectField> also = {};
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
    // Set when the row is registered.
    Style style = Style::rondo;
    Guard* guard = nullptr;

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

// A permission that names fields which the message lacks is a broken row (CHECK).
void check_permission(const Row& row);
// Asks the guard about the objects that the message names. The number of the audit row, or 0.
Task<Result<int64_t>> permit(const Row& row, net::Request& request, const void* message);

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
    int64_t noted = 0;
    if (row.guard != nullptr && row.guard->asks(row.permission, request)) {
        auto permitted = co_await permit(row, request, &message);
        if (!permitted) co_return error_response(row.style, permitted.error());
        noted = *permitted;
    }
    auto* self = static_cast<typename S::Api*>(api);
    typename Returned::Value result = std::unexpected(Error{});
    if constexpr (Returned::waits) {
        result = co_await (self->*Method)(std::move(message), Context{&request});
    } else {
        result = (self->*Method)(std::move(message), Context{&request});
    }
    if (noted != 0)
        co_await row.guard->note_outcome(noted, request, result ? nullptr : &result.error());
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
