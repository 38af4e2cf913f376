#include "platform/net/limits.h"

#include <doctest/doctest.h>

namespace rondo::net {
namespace {

TEST_CASE("limits are set by name") {
    Limits limits;
    CHECK(set_limit(limits, "header=500ms"));
    CHECK(limits.header == Micros{500'000});
    CHECK(set_limit(limits, "connections=7"));
    CHECK(limits.connections == 7);
    for (const char* wrong : {"", "connections", "connections=", "connections=0", "connections=-1",
                              "connections=9999999999", "header=5", "header=0s", "other=5", "=5"})
        CHECK_MESSAGE(!set_limit(limits, wrong), wrong);
    CHECK(set_limit(limits, "x=1").error().message.find("progress") != std::string::npos);
}

}  // namespace
}  // namespace rondo::net
