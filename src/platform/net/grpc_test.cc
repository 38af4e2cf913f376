#include "platform/net/grpc.h"

#include <doctest/doctest.h>

namespace rondo::net {
namespace {

Result<std::string> message(std::string body, size_t limit = 1000) {
    Request request;
    request.body = std::move(body);
    return grpc_message(request, limit);
}

TEST_CASE("content types of gRPC") {
    CHECK(is_grpc_type("application/grpc"));
    CHECK(is_grpc_type("application/grpc+proto"));
    CHECK(is_grpc_type("application/grpc ; charset=x"));
    for (const char* other : {"", "application/grpc-web", "application/grpc+json",
                              "application/grpcx", "application/json"})
        CHECK_MESSAGE(!is_grpc_type(other), other);
}

TEST_CASE("frames go there and back") {
    for (const std::string& text : {std::string(), std::string("abc"), std::string(1000, 'x')})
        CHECK(*message(grpc_frame(text)) == text);
    CHECK(grpc_frame("abc") == std::string("\0\0\0\0\3abc", 8));
    CHECK(message(grpc_frame(std::string(1001, 'x'))).error().code == Code::too_large);
    const std::string two = grpc_frame("a") + grpc_frame("b");
    for (const std::string& broken :
         {std::string(), std::string(4, '\0'), two, std::string("\0\0\0\0\4abc", 8),
          std::string("\2\0\0\0\0", 5)})
        CHECK(message(broken).error().code == Code::invalid);
}

TEST_CASE("deadlines") {
    const Micros now{1'000};
    CHECK(*grpc_deadline("", now) == Micros::max());
    CHECK(*grpc_deadline("2H", now) == now + std::chrono::hours{2});
    CHECK(*grpc_deadline("2M", now) == now + std::chrono::minutes{2});
    CHECK(*grpc_deadline("2S", now) == now + std::chrono::seconds{2});
    CHECK(*grpc_deadline("2m", now) == now + std::chrono::milliseconds{2});
    CHECK(*grpc_deadline("2u", now) == now + Micros{2});
    CHECK(*grpc_deadline("99999999H", now) > now);
    CHECK(*grpc_deadline("2500n", now) == now + Micros{2});
    for (const char* wrong : {"S", "1", "x", "-1S", "+1S", "123456789S", "1s", " 1S", "1.5S"})
        CHECK_MESSAGE(!grpc_deadline(wrong, now), wrong);
}

TEST_CASE("errors carry their text in ASCII") {
    const Response response = grpc_error(5, 404, "no '\xE2\x82\xAC' 100%\n");
    CHECK(response.status == 404);
    CHECK(response.body.empty());
    REQUIRE(response.trailers.size() == 2);
    CHECK(response.trailers[0].second == "5");
    CHECK(response.trailers[1].second == "no '%E2%82%AC' 100%25%0A");
}

}  // namespace
}  // namespace rondo::net
