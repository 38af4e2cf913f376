#include "platform/rpc/grpc.h"

namespace rondo::rpc::detail {

Result<std::string> grpc_call(const Row& row, const net::Request& request) {
    if (!request.is_grpc)
        return fail(
            Code::invalid,
            "this is a gRPC method: call it over HTTP/2 with content-type application/grpc");
    return net::grpc_message(request, row.body_limit - net::kGrpcPrefixBytes);
}

}  // namespace rondo::rpc::detail
