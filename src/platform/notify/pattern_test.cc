#include "platform/notify/pattern.h"

#include <string>

#include <doctest/doctest.h>

namespace rondo::notify {

TEST_CASE("patterns match whole kinds") {
    struct Case {
        const char *pattern, *text;
        bool expected;
    };
    const Case cases[] = {
        {"*", "rollout.promoted", true},
        {"rollout.*", "rollout.promoted", true},
        {"rollout.*", "rollout", false},
        {"rollout.*", "rollout.", true},
        {"rollout.promoted", "rollout.promoted", true},
        {"rollout.promoted", "rollout.promoted2", false},
        {"rollout.promote", "rollout.promoted", false},
        {"*.failed", "gate.failed", true},
        {"*.failed", "gate.failed.late", false},
        {"*failed*", "gate.failed.late", true},
        {"*.a*b", "x.aab", true},
        {"*.a*b", "x.aaa", false},
        {"*ab*", "aaab", true},
        {"endpoint/*", "endpoint/flights", true},
        {"endpoint/flights", "endpoint/flights2", false},
        {"", "", true},
        {"", "a", false},
    };
    for (const Case& c : cases)
        CHECK_MESSAGE(matches(c.pattern, c.text) == c.expected, c.pattern, " on ", c.text);
}

TEST_CASE("T35: a hostile pattern takes linear time, and a malformed one is refused") {
    const std::string text(100'000, 'a');
    CHECK(!matches("*a*a*a*b", text));
    CHECK(check_pattern("rollout.*", "events"));
    CHECK(check_pattern("endpoint/Fl\xC3\xBCge", "subject"));
    for (const std::string& bad :
         {std::string(), std::string("a b"), std::string("a\n"), std::string(101, 'a'),
          std::string("*****"), std::string("\xff"), std::string("a\0b", 3)})
        CHECK(!check_pattern(bad, "events"));
}

}  // namespace rondo::notify
