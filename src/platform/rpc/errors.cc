#include "platform/rpc/errors.h"

#include <array>

#include "base/check.h"
#include "base/text.h"
#include "platform/net/grpc.h"

namespace rondo::rpc {
namespace {

using log::Level;

// gRPC numbers: 1 cancelled, 3 invalid, 4 deadline, 5 not found, 6 exists, 7 denied, 8 exhausted,
// 9 precondition, 12 unimplemented, 13 internal, 14 unavailable, 16 unauthenticated.
constexpr std::array kKinds{
    ErrorKind{Code::invalid, 400, 3, "INVALID_PARAMETER_VALUE", Level::debug},
    ErrorKind{Code::not_found, 404, 5, "RESOURCE_DOES_NOT_EXIST", Level::debug},
    // 400 and not 409: MLflow's clients look for this pair.
    ErrorKind{Code::already_exists, 409, 6, "RESOURCE_ALREADY_EXISTS", Level::debug},
    ErrorKind{Code::conflict, 409, 9, "INVALID_STATE", Level::debug},
    ErrorKind{Code::unauthenticated, 401, 16, "UNAUTHENTICATED", Level::info},
    ErrorKind{Code::permission_denied, 403, 7, "PERMISSION_DENIED", Level::info},
    ErrorKind{Code::too_large, 413, 8, "INVALID_PARAMETER_VALUE", Level::info},
    ErrorKind{Code::unsupported, 501, 12, "NOT_IMPLEMENTED", Level::debug},
    ErrorKind{Code::exhausted, 429, 8, "RESOURCE_EXHAUSTED", Level::info},
    ErrorKind{Code::unavailable, 503, 14, "TEMPORARILY_UNAVAILABLE", Level::warning},
    ErrorKind{Code::deadline_exceeded, 504, 4, "DEADLINE_EXCEEDED", Level::warning},
    ErrorKind{Code::storage_full, 507, 8, "RESOURCE_EXHAUSTED", Level::error},
    ErrorKind{Code::cancelled, 499, 1, "CANCELLED", Level::debug},
    ErrorKind{Code::internal, 500, 13, "INTERNAL_ERROR", Level::error},
};

// Where MLflow answers another status than everyone else.
int mlflow_status(const ErrorKind& kind) {
    if (kind.code == Code::already_exists) return 400;
    if (kind.code == Code::conflict) return 400;  // upstream: 500, which its clients retry
    return kind.http;
}

}  // namespace

const ErrorKind& kind_of(Code code) {
    for (const ErrorKind& kind : kKinds) {
        if (kind.code == code) return kind;
    }
    CHECK(false, "an error code without a row");
}

net::Response error_response(Style style, const Error& error) {
    const ErrorKind& kind = kind_of(error.code);
    if (style == Style::grpc) return net::grpc_error(kind.grpc, kind.http, error.message);
    net::Response response;
    response.status = style == Style::mlflow ? mlflow_status(kind) : kind.http;
    std::string& out = response.body;
    switch (style) {
        case Style::rondo:
            out = R"({"error":{"code":)";
            append_json_string(out, name_of(error.code));
            out += R"(,"message":)";
            append_json_string(out, error.message);
            if (!error.field.empty()) {
                out += R"(,"field":)";
                append_json_string(out, error.field);
            }
            out += "}}";
            break;
        case Style::mlflow:
            out = R"({"error_code":)";
            append_json_string(out, kind.mlflow);
            out += R"(,"message":)";
            append_json_string(out, error.message);
            out += '}';
            break;
        case Style::oip:
            out = R"({"error":)";
            append_json_string(out, error.message);
            out += '}';
            break;
        case Style::grpc:
            break;
    }
    if (error.code == Code::unavailable || error.code == Code::exhausted ||
        error.code == Code::storage_full)
        response.header("retry-after", std::to_string(error.retry_after_s));
    if (error.code == Code::unauthenticated) response.header("www-authenticate", "Bearer");
    return response;
}

}  // namespace rondo::rpc
