#include "platform/net/http.h"

#include <doctest/doctest.h>

namespace rondo::net {
namespace {

TEST_CASE("headers compare names without case and keep their order") {
    Headers headers;
    headers.add("Accept", "a");
    headers.add("X-Empty", "");
    headers.add("accept", "b");
    CHECK(headers.get("ACCEPT") == "a");
    CHECK(headers.count("accept") == 2);
    CHECK(headers.has("x-empty"));
    CHECK(!headers.has("x-empt"));
    CHECK(headers.get("none").empty());
    CHECK(headers.at(2).second == "b");
}

TEST_CASE("escapes are decoded exactly once") {
    CHECK(*percent_decode("a%41%2541+") == "aA%41+");
    CHECK(*percent_decode("%E2%82%AC") == "\xE2\x82\xAC");
    CHECK(percent_decode("")->empty());
    for (const char* broken :
         {"%", "a%4", "%%41", "%4g", "%00", "%80", "%C0%80", "%ED%A0%80", "%F5%80%80%80", "%E2%82"})
        CHECK_MESSAGE(!percent_decode(broken), broken);
    CHECK(percent_encode("a b/\xC3\xA4~%") == "a%20b%2F%C3%A4~%25");
    CHECK(*percent_decode(percent_encode("any \x7f text\t")) == "any \x7f text\t");
}

TEST_CASE("query strings") {
    const auto pairs = parse_query("a=1&b=x+y%2Bz&&c&=d&a=2=3");
    REQUIRE(pairs);
    const std::vector<std::pair<std::string, std::string>> expected{
        {"a", "1"}, {"b", "x y+z"}, {"c", ""}, {"", "d"}, {"a", "2=3"}};
    CHECK(*pairs == expected);
    CHECK(parse_query("")->empty());
    CHECK(!parse_query("a=%0"));
    std::string many = "a";
    for (int i = 0; i < 1023; ++i) many += "&a";
    CHECK(parse_query(many)->size() == 1024);
    CHECK(!parse_query(many + "&a"));
}

TEST_CASE("verbs have names") {
    for (const char* name : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
        CHECK(name_of(verb_of(name)) == name);
    CHECK(verb_of("get") == Verb::other);
    CHECK(verb_of("") == Verb::other);
    CHECK(reason_of(404) == "Not Found");
    CHECK(!reason_of(299).empty());
}

TEST_CASE("T9 values that may go out") {
    std::string scratch;
    CHECK(safe_value("plain \xE2\x82\xAC \"quoted\"", scratch) == "plain \xE2\x82\xAC \"quoted\"");
    CHECK(scratch.empty());
    CHECK(safe_value("a\r\nb\tc\x7f", scratch) == "a__b_c_");
}

TEST_CASE("dates") {
    struct : Env {
        Time at{};
        Time now() override { return at; }
        Micros steady() override { return {}; }
        void random(std::span<char>) override {}
        FileSystem& files() override { return system_env().files(); }
    } env;
    env.at = from_micros(784'111'777'999'999);
    CHECK(http_date(env) == "Sun, 06 Nov 1994 08:49:37 GMT");
    env.at = from_micros(951'782'400'000'000);
    CHECK(http_date(env) == "Tue, 29 Feb 2000 00:00:00 GMT");
}

}  // namespace
}  // namespace rondo::net
