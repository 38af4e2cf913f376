#include "domain/serving/trees/json_to_ubj.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "domain/serving/trees/ubj.h"

namespace rondo::serving::trees {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::string converted(std::string_view json) {
    const auto document = json_to_ubj(json);
    REQUIRE(document);
    return *document;
}

template <class T>
std::vector<T> numbers_of(std::string_view list) {
    const std::string document = converted("{\"a\":" + std::string(list) + "}");
    const auto numbers = ubj::Value::parse(document)->member("a")->numbers<T>();
    REQUIRE(numbers);
    return *numbers;
}

TEST_CASE("json to ubj: every kind of value arrives") {
    const std::string document = converted(
        R"({"text":"a\"b","list":["x",1,2.5,18446744073709551615,true,false,null,[],{}],"o":{"k":"v"}})");
    const auto root = ubj::Value::parse(document);
    REQUIRE(root);
    CHECK(root->member("text")->text() == "a\"b");
    CHECK(root->member("o")->member("k")->text() == "v");
    ubj::Items items(*root->member("list"));
    CHECK(items.next()->text() == "x");
    size_t rest = 0;
    while (items.next()) ++rest;
    CHECK(rest == 8);
}

TEST_CASE("json to ubj: lists of numbers") {
    CHECK(numbers_of<int32_t>("[1,-1,2147483647]") == std::vector<int32_t>{1, -1, 2147483647});
    CHECK(numbers_of<float>("[1,2.5,1E-45]") == std::vector<float>{1, 2.5F, 1e-45F});
    CHECK(numbers_of<uint8_t>("[true,false]") == std::vector<uint8_t>{1, 0});
    CHECK(numbers_of<float>("[]").empty());
}

TEST_CASE("json to ubj: bare words of a diverged model") {
    const auto numbers = numbers_of<float>("[NaN,Infinity,-Infinity,1]");
    CHECK(std::isnan(numbers[0]));
    CHECK(numbers[1] == kInfinity);
    CHECK(numbers[2] == -kInfinity);
    CHECK(numbers[3] == 1);
    CHECK(std::isnan(numbers_of<float>("[NaN]")[0]));
    const std::string document = converted(R"({"NaN":"a\"NaN\\","b":[NaN]})");
    CHECK(ubj::Value::parse(document)->member("NaN")->text() == "a\"NaN\\");
}

TEST_CASE("json to ubj: what is no JSON is refused") {
    for (const std::string_view text : {"", "{", "[1,]", "{\"a\":nan}", "\"NaN\\", "{\"a\":NaN"}) {
        CAPTURE(text);
        CHECK(json_to_ubj(text).error().code == Code::invalid);
    }
    CHECK_FALSE(json_to_ubj(std::string(1000, '[') + std::string(1000, ']')));
}

}  // namespace
}  // namespace rondo::serving::trees
