#include "base/text.h"
#include "base/utf8.h"

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

namespace rondo {
namespace {

std::string json_of(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}
std::string json_of(double value) {
    std::string out;
    append_json_double(out, value);
    return out;
}

TEST_CASE("what is no UTF-8 is shown as question marks") {
    CHECK(as_utf8("AUTOIN\xc3REMENT") == "AUTOIN?REMENT");
    CHECK(as_utf8("na\xc3\xafve \xff\xc3") == "na\xc3\xafve ??");
    CHECK(as_utf8("") == "");
}

TEST_CASE("text as JSON") {
    CHECK(json_of("plain") == "\"plain\"");
    CHECK(json_of("\"\\\n\r\t\b\x01\x1f") == R"("\"\\\n\r\t\u0008\u0001\u001f")");
    CHECK(json_of(std::string_view("a\0b", 3)) == R"("a\u0000b")");
    CHECK(json_of("\xE2\x82\xAC\xF0\x9F\x98\x80") == "\"\xE2\x82\xAC\xF0\x9F\x98\x80\"");
    CHECK(json_of("a\xff\xE2\x82z\xC0\xAF\xED\xA0\x80") ==
          "\"a\uFFFD\uFFFD\uFFFDz\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\"");
}

TEST_CASE("numbers as JSON are the shortest that read back") {
    CHECK(json_of(1.0) == "1.0");
    CHECK(json_of(-0.0) == "-0.0");
    CHECK(json_of(0.1) == "0.1");
    CHECK(json_of(1e300) == "1e+300");
    CHECK(json_of(5e-324) == "5e-324");
    CHECK(json_of(std::nan("")) == "\"NaN\"");
    CHECK(json_of(-std::numeric_limits<double>::infinity()) == "\"-Infinity\"");
    std::string out;
    append_json_float(out, 0.1F);
    CHECK(out == "0.1");
}

TEST_CASE("pieces of text") {
    CHECK(split("a,,b", ',') == std::vector<std::string_view>{"a", "", "b"});
    CHECK(split("", ',') == std::vector<std::string_view>{""});
    CHECK(trim(" \t\r\na b\n ") == "a b");
    CHECK(trim(" \n").empty());
    CHECK(to_lower("AbZ[\xC3\x84") == "abz[\xC3\x84");
    CHECK(equals_ignoring_case("Content-Type", "cONTENT-tYPE"));
    CHECK(!equals_ignoring_case("a", "ab"));
    CHECK(!equals_ignoring_case("@", "`"));
}

TEST_CASE("T36 numbers in text") {
    CHECK(parse_int("-9223372036854775808") == INT64_MIN);
    CHECK(parse_int("007") == 7);
    for (const char* wrong : {"", "-", "+1", " 1", "1 ", "1.0", "0x1", "9223372036854775808"})
        CHECK_MESSAGE(!parse_int(wrong), wrong);
    CHECK(parse_double("+1.5e3") == 1500.0);
    CHECK(parse_double("1.7976931348623157e308") == 1.7976931348623157e308);
    for (const char* wrong : {"", "+", "++1", " 1", "1,5", "1e400", "0x1p3", "1.5 "})
        CHECK_MESSAGE(!parse_double(wrong), wrong);
}

TEST_CASE("numbers for people") {
    CHECK(grouped(0) == "0");
    CHECK(grouped(-999) == "-999");
    CHECK(grouped(-1000) == "-1,000");
    CHECK(grouped(INT64_MIN) == "-9,223,372,036,854,775,808");
    CHECK(counted(1, "day") == "1 day");
    CHECK(counted(0, "day") == "0 days");
    CHECK(counted(26553, "label") == "26,553 labels");
    CHECK(shown(0.17509) == "0.1751");
    CHECK(shown(20) == "20");
    CHECK(shown(9999.4) == "9999");
    CHECK(shown(13997.2) == "13,997");
    CHECK(shown(-1234567) == "-1,234,567");
    CHECK(shown(2.3e46) == "2.3e+46");
    CHECK(shown(NAN) == "nan");
}

TEST_CASE("names in messages") {
    CHECK(quoted("a") == "'a'");
    CHECK(quoted("a\nb") == "'a?b'");
    CHECK(quoted(std::string(1000, 'x')).size() == 205);
}

}  // namespace
}  // namespace rondo
