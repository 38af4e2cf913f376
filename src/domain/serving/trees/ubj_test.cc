#include "domain/serving/trees/ubj.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

namespace rondo::serving::trees::ubj {
namespace {

using namespace std::string_literals;

// {"a": <value>} with the key's length as int8.
std::string with_member(const std::string& value) { return "{i\1a"s + value + "}"; }

Value member_of(const std::string& document) {
    const auto root = Value::parse(document);
    REQUIRE(root);
    const auto member = root->member("a");
    REQUIRE(member);
    return *member;
}

template <class T>
std::vector<T> numbers_of(const std::string& list) {
    const std::string document = with_member(list);
    const auto numbers = member_of(document).numbers<T>();
    REQUIRE(numbers);
    return *numbers;
}

bool refused(const std::string& document) {
    const auto root = Value::parse(document);
    if (!root) CHECK(root.error().code == Code::invalid);
    return !root;
}

bool value_refused(const std::string& value) { return refused(with_member(value)); }

TEST_CASE("ubj: packed lists of every number type") {
    CHECK(numbers_of<int32_t>("[$i#i\2\xff\x7f"s) == std::vector<int32_t>{-1, 127});
    CHECK(numbers_of<int32_t>("[$U#i\2\xff\0"s) == std::vector<int32_t>{255, 0});
    CHECK(numbers_of<int32_t>("[$I#i\1\x80\0"s) == std::vector<int32_t>{-32768});
    CHECK(numbers_of<int32_t>("[$l#i\1\0\1\2\3"s) == std::vector<int32_t>{0x010203});
    CHECK(numbers_of<int64_t>("[$L#i\1\0\0\0\1\0\0\0\2"s) == std::vector<int64_t>{(1LL << 32) + 2});
    CHECK(numbers_of<float>("[$d#i\1\x3f\xc0\0\0"s) == std::vector<float>{1.5F});
    CHECK(numbers_of<float>("[$D#i\1\x3f\xf8\0\0\0\0\0\0"s) == std::vector<float>{1.5F});
    CHECK(numbers_of<float>("[$i#i\1\x07"s) == std::vector<float>{7.0F});
    CHECK(std::isnan(numbers_of<float>("[$d#i\1\x7f\xc0\0\0"s)[0]));
}

TEST_CASE("ubj: counts come in every whole type") {
    for (const std::string& count : {"i\1"s, "U\1"s, "I\0\1"s, "l\0\0\0\1"s, "L\0\0\0\0\0\0\0\1"s})
        CHECK(numbers_of<uint8_t>("[$U#" + count + "\x09") == std::vector<uint8_t>{9});
}

TEST_CASE("ubj: lists whose elements have their own type") {
    CHECK(numbers_of<int32_t>("[#i\2i\1I\0\2"s) == std::vector<int32_t>{1, 2});
    CHECK(numbers_of<int32_t>("[i\1U\2]"s) == std::vector<int32_t>{1, 2});
    CHECK(numbers_of<float>("[]"s).empty());
    CHECK(numbers_of<float>("[#i\0"s).empty());
    CHECK(numbers_of<float>("[$d#i\0"s).empty());
}

TEST_CASE("ubj: a list gives numbers only if the type holds all of them") {
    const auto fails = []<class T>(const std::string& list, T) {
        const std::string document = with_member(list);
        return !member_of(document).numbers<T>();
    };
    CHECK(fails("[$I#i\1\1\0"s, uint8_t{}));
    CHECK(fails("[$i#i\1\xff"s, uint8_t{}));
    CHECK(fails("[$L#i\1\0\0\0\1\0\0\0\0"s, int32_t{}));
    CHECK(fails("[$d#i\1\x3f\x80\0\0"s, int32_t{}));
    CHECK(fails("[#i\1Si\1x"s, int32_t{}));
    CHECK(fails("[#i\1[]"s, float{}));
    CHECK(fails("{}"s, float{}));
    CHECK(fails("i\1"s, float{}));
}

TEST_CASE("ubj: members and texts") {
    const std::string document = "{i\1aSi\2hii\1bTi\1cFi\1dZi\1a{}}"s;
    const auto root = Value::parse(document);
    REQUIRE(root);
    CHECK(root->is_object());
    CHECK(root->member("a")->text() == "hi");
    CHECK(root->member("b"));
    CHECK_FALSE(root->member("b")->text());
    CHECK_FALSE(root->member("e"));
    CHECK_FALSE(root->member("a")->member("x"));
    CHECK_FALSE(root->text());
}

TEST_CASE("ubj: objects with count and type") {
    CHECK(member_of("{#i\1i\1aSi\1x"s).text() == "x");
    CHECK(member_of("{$S#i\1i\1ai\1x"s).text() == "x");
    CHECK(member_of("{$[#i\1i\1ai\5]"s).numbers<int32_t>() == std::vector<int32_t>{5});
}

TEST_CASE("ubj: items come in order, and finish at the end") {
    const std::string document = with_member("[#i\3Si\1xi\7{i\1ki\1}"s);
    const Value list = member_of(document);
    CHECK(list.is_list());
    Items items(list);
    CHECK(items.next()->text() == "x");
    CHECK(items.next());
    CHECK(items.next()->member("k"));
    CHECK_FALSE(items.next());
    CHECK_FALSE(items.next());
}

TEST_CASE("ubj: every cut of a document is refused, and so is more than one") {
    const std::string document =
        "{i\1a[$d#L\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\0I\0\1b[i\1Si\2xyT]i\1c{}}"s;
    REQUIRE(Value::parse(document));
    for (size_t size = 0; size < document.size(); ++size) {
        CAPTURE(size);
        CHECK(refused(document.substr(0, size)));
    }
    CHECK(refused(document + "}"));
    CHECK(Value::parse("{}"s + "x").error().message == "the UBJSON document goes on at byte 2");
    CHECK(Value::parse("{i\1aQ}").error().message == "the UBJSON document is malformed at byte 5");
}

TEST_CASE("ubj: lengths that lie are refused before anything is made of them") {
    const std::string huge = "L\0\0\1\0\0\0\0\0"s;  // 2^40
    const std::string largest = "L\x7f\xff\xff\xff\xff\xff\xff\xff"s;
    const std::string negative = "L\xff\xff\xff\xff\xff\xff\xff\xff"s;
    for (const std::string& length : {huge, largest, negative, "i\xff"s, "d\0\0\0\0"s, "S"s, ""s}) {
        CHECK(value_refused("S" + length));
        CHECK(value_refused("[#" + length));
        CHECK(value_refused("{#" + length));
        for (const char type : "iUCIlLdDS[{ZTFNHQ"s) {
            CHECK(value_refused("[$"s + type + "#" + length));
            CHECK(value_refused("{$"s + type + "#" + length));
        }
    }
    // Elements without bytes: any number of them would fit.
    for (const char type : "ZTF\0"s) CHECK(value_refused("[$"s + type + "#i\1"));
}

TEST_CASE("ubj: other malformed things") {
    CHECK(refused(""));
    CHECK(refused("[]"));
    CHECK(refused("i\1"));
    CHECK(value_refused("N"));
    CHECK(
        value_refused("Hi\1"
                      "1"));
    CHECK(value_refused("[$i\1]"));
    CHECK(value_refused("[$"));
    CHECK(value_refused("]"));
    CHECK(value_refused("[}"));
    CHECK(refused("{S}"));
}

TEST_CASE("ubj: nesting ends") {
    const auto nested = [](int depth) {
        return with_member(std::string(depth, '[') + std::string(depth, ']'));
    };
    CHECK_FALSE(refused(nested(kMaxDepth - 1)));
    CHECK(refused(nested(kMaxDepth)));
    CHECK(refused(nested(1'000'000)));
    std::string typed = "{i\1a";
    for (int i = 0; i < 100'000; ++i) typed += "[$[#i\1";
    CHECK(refused(typed));
}

}  // namespace
}  // namespace rondo::serving::trees::ubj
