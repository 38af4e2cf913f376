#include "base/ordered_id.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "base/time.h"

namespace rondo {
namespace {

TEST_CASE("a time-ordered id is a UUID of version 7") {
    const std::string id = time_ordered_id(system_env());
    REQUIRE(id.size() == 32);
    CHECK(id[12] == '7');
    CHECK(std::string("89ab").find(id[16]) != std::string::npos);
    const int64_t ms = std::strtoll(id.substr(0, 12).c_str(), nullptr, 16);
    CHECK(std::abs(ms - to_millis(system_env().now())) < 60'000);
    CHECK(time_ordered_id(system_env()) != id);
    CHECK(time_ordered_id(system_env()).substr(0, 12) >= id.substr(0, 12));
}

}  // namespace
}  // namespace rondo
