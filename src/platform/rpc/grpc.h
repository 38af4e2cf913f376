// gRPC methods as rows, beside the HTTP ones: a message's bytes in, a message's bytes out.
//
//   grpc<&HealthApi::check>("/grpc.health.v1.Health/Check", kOpen, "Whether the server serves")
//
// The method is a member of the protocol's class, of one of these forms:
//   Task<Result<std::string>> method(std::string message, Context);  // unary
//   Result<std::string> method(std::string message, Context);        // unary, never waits
//   Result<std::unique_ptr<net::BodyProducer>> method(std::string message, Context);
//       // server streaming; each piece is one or more net::grpc_frame()s
// Context's request has the deadline. Register the rows with Style::grpc.
#pragma once

#include "platform/net/grpc.h"
#include "platform/rpc/endpoint.h"

namespace rondo::rpc {

inline constexpr size_t kGrpcLimit = 4 << 20;  // gRPC's own default for a received message

namespace detail {

// The call's message, or why it is no call.
Result<std::string> grpc_call(const Row& row, const net::Request& request);

template <auto Method>
Task<net::Response> invoke_grpc(void* api, const Row& row, net::Request& request) {
    using S = Signature<decltype(Method)>;
    using Returned = Unwrap<typename S::Return>;
    using Answer = typename Returned::Value::value_type;
    const Style style = request.is_grpc ? Style::grpc : Style::rondo;
    auto message = grpc_call(row, request);
    if (!message) co_return error_response(style, message.error());
    if (row.guard != nullptr && row.guard->asks(row.permission, request)) {
        auto permitted = co_await permit(row, request, nullptr);
        if (!permitted) co_return error_response(style, permitted.error());
    }
    auto* self = static_cast<typename S::Api*>(api);
    typename Returned::Value result = std::unexpected(Error{});
    if constexpr (Returned::waits) {
        result = co_await (self->*Method)(std::move(*message), Context{&request});
    } else {
        result = (self->*Method)(std::move(*message), Context{&request});
    }
    if (!result) co_return error_response(style, result.error());
    if constexpr (std::is_same_v<Answer, std::string>) {
        co_return net::grpc_answer(*result);
    } else {
        co_return net::grpc_stream(std::move(*result));
    }
}

}  // namespace detail

template <auto Method>
Row grpc(std::string path, Permission permission, std::string summary,
         size_t limit_bytes = kGrpcLimit) {
    CHECK(permission.id_field.empty() && permission.also.empty(),
          "a gRPC message is bytes: its row cannot name an object");
    Row out;
    out.verb = net::Verb::post;
    out.path = std::move(path);
    out.permission = permission;
    out.summary = std::move(summary);
    out.body = BodyKind::raw;
    out.body_limit = net::kGrpcPrefixBytes + limit_bytes;
    out.message = &json::shape_of<None>();
    out.invoke = &detail::invoke_grpc<Method>;
    return out;
}

}  // namespace rondo::rpc
