// gRPC's framing over HTTP/2 (PROTOCOL-HTTP2.md of the gRPC project): messages with a prefix of
// five bytes, the status in trailers. Names of methods and errors are the business of rpc/grpc.h.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "platform/net/http.h"

namespace rondo::net {

inline constexpr size_t kGrpcPrefixBytes = 5;  // before each message: compressed?, size

// "application/grpc" and "application/grpc+proto", with or without parameters.
bool is_grpc_type(std::string_view content_type);

// The moment that a grpc-timeout ("250m", "10S") means; Micros::max() for an empty one.
Result<Micros> grpc_deadline(std::string_view timeout, Micros now);

// The one message of a unary call's body, inflated where it was sent with gzip.
Result<std::string> grpc_message(const Request& request, size_t limit_bytes);

// A message with its prefix.
std::string grpc_frame(std::string_view message);

// The answer of a unary call.
Response grpc_answer(std::string_view message);
// The answer of a call that streams; each piece is made of whole frames.
Response grpc_stream(std::unique_ptr<BodyProducer> frames);
// An answer without a message. `http_status` is what logs, metrics and HTTP/1.1 show of it.
Response grpc_error(int grpc_status, int http_status, std::string_view message);

}  // namespace rondo::net
