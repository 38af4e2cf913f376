// gRPC's framing: messages, compressed ones among them, and deadlines.
#include <string_view>

#include "base/check.h"
#include "platform/net/grpc.h"

using namespace rondo;
using namespace rondo::net;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    constexpr size_t kLimit = 1 << 16;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    Request request;
    request.headers.add("grpc-encoding", "gzip");
    request.body = text;
    if (const auto message = grpc_message(request, kLimit))
        CHECK(message->size() <= kLimit, "a message beyond the limit");
    request.body = grpc_frame(text);
    CHECK(size > kLimit || *grpc_message(request, kLimit) == text, "not there and back");
    if (const auto deadline = grpc_deadline(text, Micros{1}))
        CHECK(*deadline >= Micros{1}, "a deadline in the past");
    for (const auto& [name, value] : grpc_error(3, 400, text).trailers)
        for (const char c : value) CHECK(c >= 0x20 && c < 0x7f, "a trailer that is not ASCII");
    return 0;
}
