// One table for every protocol: what an error kind is called and answered with.
#pragma once

#include <string>
#include <string_view>

#include "base/log.h"
#include "base/result.h"
#include "platform/net/http.h"

namespace rondo::rpc {

struct ErrorKind {
    Code code;
    int http;
    int grpc;
    std::string_view mlflow;  // MLflow's error_code
    log::Level level;
};
const ErrorKind& kind_of(Code code);

// How a protocol writes an error.
enum class Style : uint8_t {
    rondo,   // {"error": {"code": "not_found", "message": "...", "field": "..."}}
    mlflow,  // {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "..."}
    oip,     // {"error": "..."}
    grpc,    // no body; grpc-status and grpc-message
};

net::Response error_response(Style style, const Error& error);

}  // namespace rondo::rpc
