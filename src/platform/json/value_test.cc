#include "platform/json/value.h"

#include <cmath>

#include <doctest/doctest.h>

namespace rondo::json {
namespace {

std::string yaml(std::string_view text) {
    const auto value = parse_yaml(text);
    return value ? value->dump() : value.error().message;
}

TEST_CASE("a document as a tree") {
    const auto value = Value::parse(R"({"a":[1,2.5,"x",true,null],"b":{"c":-1}})");
    REQUIRE(value);
    CHECK((*value)["a"].list().size() == 5);
    CHECK((*value)["a"].list()[1].number() == 2.5);
    CHECK((*value)["b"]["c"].integer() == -1);
    CHECK((*value)["none"]["none"].is_null());
    CHECK((*value)["a"].text().empty());
    CHECK(value->dump() == R"({"a":[1,2.5,"x",true,null],"b":{"c":-1}})");
    CHECK(value->pretty() ==
          "{\n  \"a\": [\n    1,\n    2.5,\n    \"x\",\n    true,\n    null\n  ],"
          "\n  \"b\": {\n    \"c\": -1\n  }\n}");
    CHECK(Value::parse("18446744073709551615")->number() == 18446744073709551615.0);
    CHECK(!Value::parse("{"));
    CHECK(!Value::parse(std::string(200, '[') + std::string(200, ']')));
}

TEST_CASE("members are set and replaced") {
    Value value;
    value.set("a", 1);
    value.set("b", "x");
    value.set("a", Value::List{});
    CHECK(value.dump() == R"({"a":[],"b":"x"})");
    CHECK(Value(std::nan("")).dump() == "\"NaN\"");
}

TEST_CASE("YAML's core schema") {
    CHECK(yaml("a: no\nb: yes\nc: on\nd: true\ne: ~\nf:\n") ==
          R"({"a":"no","b":"yes","c":"on","d":true,"e":null,"f":null})");
    CHECK(yaml("[1, -2, +3, 1.5, 1e3, .5, 0x1F, 0o17, 010, 1_000, 12:30, 1.2.3]") ==
          R"([1,-2,3,1.5,1000.0,0.5,31,15,10,"1_000","12:30","1.2.3"])");
    CHECK(yaml("[.inf, -.INF, .nan, inf, nan, 0x, 0x-1, -]") ==
          R"(["Infinity","-Infinity","NaN","inf","nan","0x","0x-1","-"])");
    CHECK(yaml("['1', \"2\", 'null', 2013-07-01]") == R"(["1","2","null","2013-07-01"])");
    CHECK(yaml("a: |\n  x\n  y\nb: >\n  x\n  y\n") == R"({"a":"x\ny\n","b":"x y\n"})");
    CHECK(yaml("") == "null");
    CHECK(yaml("1: a\ntrue: b") == R"({"1":"a","true":"b"})");
    CHECK(yaml("[99999999999999999999, 1e999]") == R"([1e+20,"1e999"])");
}

TEST_CASE("YAML read as text keeps what was written, but for nothing") {
    const auto value =
        parse_yaml("a: 1234e567\nb: 007\nc: null\nd: 'null'\ne: ~\nf: [0x1F, true, 1.50]\ng:\n",
                   Scalars::text);
    REQUIRE(value.has_value());
    CHECK(value->dump() == R"({"a":"1234e567","b":"007","c":null,"d":"null","e":null,)"
                           R"("f":["0x1F","true","1.50"],"g":null})");
}

TEST_CASE("T12 YAML's dangers are refused by name and place") {
    const std::pair<const char*, const char*> cases[] = {
        {"a: &x 1\nb: *x", "anchors"},
        {"a: *x", "anchor"},
        {"&a [*a]", "anchors"},
        {"a: !!python/object:os.system x", "tags"},
        {"!!map {a: 1}", "tags"},
        {"[!local x]", "tags"},
        {"a: 1\na: 2", "twice"},
        {"a:\na: 2", "twice"},
        {"{a: 1, 'a': 2}", "twice"},
        {"? [a, b]\n: c", "plain word"},
        {"--- a\n--- b", "more than one document"},
        {"a: [1, 2", "line"},
        {"a: b: c", "line"},
        {"\t- a", "line"},
    };
    for (const auto& [text, word] : cases) {
        const auto value = parse_yaml(text);
        CHECK_MESSAGE(!value, text);
        if (!value)
            CHECK_MESSAGE(value.error().message.find(word) != std::string::npos,
                          text << " -> " << value.error().message);
        if (!value) CHECK(value.error().message.find("line ") != std::string::npos);
    }
    CHECK(!parse_yaml(std::string(100, '[')));
    CHECK(!parse_yaml(std::string(100'000, '[')));
    CHECK(!parse_yaml(std::string(5 << 20, 'a')));
    std::string many;
    for (int i = 0; i < 100'000; ++i) many.append("k").append(std::to_string(i)).append(": 1\n");
    CHECK(parse_yaml(many)->object().size() == 100'000);
}

}  // namespace
}  // namespace rondo::json
