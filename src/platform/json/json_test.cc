#include "platform/json/json.h"

#include <cmath>

#include <doctest/doctest.h>

namespace rondo::json {

enum class Colour { red, green };
template <>
inline constexpr auto enum_names<Colour> =
    std::array{std::pair{Colour::red, std::string_view("red")},
               std::pair{Colour::green, std::string_view("green")}};

namespace {

struct Inner {
    std::string key;
    double value = 0;
    static constexpr auto fields = std::tuple{field("key", &Inner::key, "A name", required),
                                              field("value", &Inner::value, "A number")};
};
struct Outer {
    std::string name = "default";
    bool flag = false;
    int32_t small = 0;
    int64_t large = 0;
    double real = 0;
    Time at{};
    Micros every{};
    Colour colour = Colour::red;
    Raw raw;
    Inner inner;
    std::optional<int64_t> maybe;
    std::vector<Inner> list;
    std::map<std::string, std::string> tags;
    static constexpr auto fields =
        std::tuple{field("name", &Outer::name, ""),   field("flag", &Outer::flag, ""),
                   field("small", &Outer::small, ""), field("large", &Outer::large, ""),
                   field("real", &Outer::real, ""),   field("at", &Outer::at, ""),
                   field("every", &Outer::every, ""), field("colour", &Outer::colour, ""),
                   field("raw", &Outer::raw, ""),     field("inner", &Outer::inner, ""),
                   field("maybe", &Outer::maybe, ""), field("list", &Outer::list, ""),
                   field("tags", &Outer::tags, "")};
};

struct Held {
    std::vector<std::string> all, some;
    static constexpr auto fields =
        std::tuple{field("all", &Held::all, "", required), field("some", &Held::some, "")};
};

// The message of the refusal; empty when there is none.
std::string refusal(std::string_view text, Dialect dialect = Dialect::rondo) {
    const auto out = read<Outer>(text, dialect);
    return out ? "" : out.error().message;
}
std::string culprit(std::string_view text, Dialect dialect = Dialect::rondo) {
    const auto out = read<Outer>(text, dialect);
    return out ? "none" : out.error().field;
}

TEST_CASE("MLflow's empty lists are written where they are required") {
    CHECK(write(Held{}, Dialect::mlflow) == R"({"all":[]})");
    CHECK(write(Held{}, Dialect::rondo) == R"({"all":[],"some":[]})");
}

TEST_CASE("every kind goes there and back") {
    const std::string text =
        R"({"name":"a\"\u20ac\n","flag":true,"small":-2147483648,"large":9223372036854775807,)"
        R"("real":0.1,"at":"2013-07-01T12:00:00.500Z","every":"90s","colour":"green",)"
        R"("raw":{"x":[1,2.5,null]},"inner":{"key":"k","value":1e+300},"maybe":0,)"
        R"("list":[{"key":"a","value":1.0},{"key":"b","value":-0.0}],"tags":{"":"","b":"c"}})";
    const auto out = read<Outer>(text);
    REQUIRE_MESSAGE(out, out.error().message);
    CHECK(out->name == "a\"\xE2\x82\xAC\n");
    CHECK(out->large == INT64_MAX);
    CHECK(out->every == std::chrono::seconds{90});
    CHECK(out->colour == Colour::green);
    CHECK(out->maybe == 0);
    CHECK(out->list.size() == 2);
    std::string expected = text;
    expected.replace(expected.find("\\u20ac"), 6, "\xE2\x82\xAC");
    CHECK(write(*out) == expected);
}

TEST_CASE("what is absent or null keeps its default") {
    const auto out = read<Outer>(R"({"name":null,"maybe":null,"flag":null})");
    REQUIRE(out);
    CHECK(out->name == "default");
    CHECK(!out->maybe);
    CHECK(read<Outer>("{}")->name == "default");
}

TEST_CASE("errors name the path") {
    CHECK(culprit(R"({"list":[{"key":"a"},{"key":"b","value":"x"}]})") == "list[1].value");
    CHECK(culprit(R"({"list":[{"value":1}]})") == "list[0].key");
    CHECK(culprit(R"({"inner":{}})") == "inner.key");
    CHECK(culprit(R"({"tags":{"a":1}})") == "tags.a");
    CHECK(culprit(R"({"other":1})") == "other");
    CHECK(culprit(R"({"inner":{"key":"a","x":1}})") == "inner.x");
    CHECK(refusal(R"({"small":"x"})") == "'small' has to be an integer, not \"x\"");
    CHECK(refusal(R"({"colour":"blue"})") == "'colour' has to be one of red, green, not \"blue\"");
    CHECK(refusal("[]") == "the body has to be an object");
    CHECK(refusal(R"({"name":[")" + std::string(1000, 'x') + "\"]}").size() < 250);
}

TEST_CASE("unknown fields are refused in our own words and ignored in others'") {
    CHECK(refusal(R"({"other":1})") == "unknown field 'other'");
    CHECK(refusal(R"({"other":1})", Dialect::lenient).empty());
    CHECK(refusal(R"({"other":1,"other":2})", Dialect::mlflow).empty());
}

TEST_CASE("T13 keys given twice") {
    CHECK(refusal(R"({"name":"a","name":"b"})") == "'name' is given twice");
    CHECK(refusal(R"({"name":"a","name":"b"})", Dialect::lenient) == "'name' is given twice");
    CHECK(refusal(R"({"tags":{"a":"1","a":"2"}})") == "'tags.a' is given twice");
}

TEST_CASE("T13 depth") {
    const auto nested = [](int depth) {
        return R"({"raw":)" + std::string(static_cast<size_t>(depth), '[') +
               std::string(static_cast<size_t>(depth), ']') + "}";
    };
    CHECK(refusal(nested(90)).empty());
    CHECK(refusal(nested(101)).find("nested deeper than 100") != std::string::npos);
    CHECK(!refusal(nested(1'000'000)).empty());
}

TEST_CASE("T13 T36 numbers at their edges") {
    CHECK(read<Outer>(R"({"large":"9223372036854775807"})")->large == INT64_MAX);
    CHECK(read<Outer>(R"({"large":"-9223372036854775808"})")->large == INT64_MIN);
    CHECK(read<Outer>(R"({"large":1e3})")->large == 1000);
    CHECK(read<Outer>(R"({"large":-0})")->large == 0);
    for (const char* wrong : {R"({"large":9223372036854775808})",
                              R"({"large":1e19})",
                              R"({"large":1.5})",
                              R"({"large":"1.0"})",
                              R"({"large":""})",
                              R"({"large":" 1"})",
                              R"({"large":true})",
                              R"({"large":[1]})",
                              R"({"large":"9223372036854775808"})",
                              R"({"small":2147483648})",
                              R"({"small":-2147483649})",
                              R"({"large":1e400})",
                              R"({"real":1e400})",
                              R"({"large":00})",
                              R"({"large":+1})",
                              R"({"large":0x1})",
                              R"({"large":NaN})",
                              R"({"real":NaN})",
                              R"({"real":true})",
                              R"({"real":"1"})",
                              R"({"real":"inf"})",
                              R"({"real":123456789012345678901234567890})"})
        CHECK_MESSAGE(!refusal(wrong).empty(), wrong);
    CHECK(std::isnan(read<Outer>(R"({"real":"NaN"})")->real));
    CHECK(read<Outer>(R"({"real":"-Infinity"})")->real == -INFINITY);
    CHECK(read<Outer>(R"({"real":18446744073709551615})")->real == 18446744073709551615.0);
    CHECK(read<Outer>(R"({"real":"0.5"})", Dialect::mlflow)->real == 0.5);
}

TEST_CASE("T13 T37 text at its edges") {
    for (const char* wrong :
         {R"({"name":"\ud800"})", R"({"name":"\udc00\ud800"})", "{\"name\":\"\xff\"}",
          "{\"name\":\"\xC0\xAF\"}", "{\"name\":\"\xED\xA0\x80\"}", "{\"name\":\"a\nb\"}",
          R"({"name":"\x"})", R"({"name":"\u12"})", R"({"name":"\u0000"})", R"({"name":)",
          R"({"name":"a"} x)", "", " ", "{", "{\"name\":\"a\",}", "{'name':'a'}", "nul"})
        CHECK_MESSAGE(!refusal(wrong).empty(), wrong);
    CHECK(refusal(R"({"tags":{"a\u0000":"b"}})").find("NUL") != std::string::npos);
    CHECK(refusal(R"({"name":"\u0000"})", Dialect::mlflow).find("NUL") != std::string::npos);
    CHECK(refusal(R"({"name":"\u0000"})", Dialect::lenient).empty());
    CHECK(read<Outer>(R"({"name":"\ud83d\ude00"})")->name == "\xF0\x9F\x98\x80");
}

TEST_CASE("what is written is always JSON") {
    Outer out;
    out.name = "\xff\x01\x7f</script>";
    out.real = std::nan("");
    out.inner.value = -INFINITY;
    const std::string text = write(out);
    CHECK(text.find("\"\xEF\xBF\xBD\\u0001\x7f</script>\"") != std::string::npos);
    CHECK(text.find(R"("real":"NaN")") != std::string::npos);
    CHECK(text.find(R"("value":"-Infinity")") != std::string::npos);
    CHECK(text.find("maybe") == std::string::npos);
    CHECK(text.find(R"("list":[])") != std::string::npos);
    CHECK(write(out, Dialect::mlflow).find("list") == std::string::npos);
}

TEST_CASE("values of a query string") {
    Outer out;
    const auto set = [&](std::string_view name, std::string_view text) {
        const FieldInfo* field = find_field(shape_of<Outer>().object(), name);
        return read_query_value(*field->shape, name, text,
                                reinterpret_cast<char*>(&out) + field->offset, Dialect::rondo);
    };
    CHECK(set("small", "-7"));
    CHECK(out.small == -7);
    CHECK(set("maybe", "8"));
    CHECK(out.maybe == 8);
    CHECK(set("flag", "true"));
    CHECK(set("every", "2h"));
    CHECK(set("colour", "green"));
    CHECK(set("at", "2013-07-01"));
    for (const auto& [name, text] :
         std::vector<std::pair<std::string, std::string>>{{"small", ""},
                                                          {"small", "1.0"},
                                                          {"small", "2147483648"},
                                                          {"flag", "yes"},
                                                          {"flag", "True"},
                                                          {"real", "x"},
                                                          {"every", "-2h"},
                                                          {"colour", "blue"},
                                                          {"at", "yesterday"},
                                                          {"inner", "{}"},
                                                          {"tags", "a"},
                                                          {"raw", "{}"}}) {
        const Status status = set(name, text);
        CHECK_MESSAGE(!status, name << "=" << text);
        if (!status) CHECK(status.error().field == name);
    }
}

TEST_CASE("a document read within another") {
    // The reader keeps one parser a thread; a nested read must not disturb the outer one.
    const auto out = read<Outer>(R"({"list":[{"key":"a"}],"name":"outer"})");
    REQUIRE(out);
    CHECK(read<Inner>(R"({"key":"inner"})")->key == "inner");
    CHECK(out->name == "outer");
}

}  // namespace
}  // namespace rondo::json
