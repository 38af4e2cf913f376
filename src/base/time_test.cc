#include "base/time.h"

#include <doctest/doctest.h>

namespace rondo {
namespace {

int64_t micros(std::string_view text) {
    const auto time = parse_time(text);
    return time ? to_micros(*time) : -1;
}

TEST_CASE("times there and back") {
    for (const char* text :
         {"1970-01-01T00:00:00Z", "2013-07-01T12:34:56Z", "2013-07-01T12:34:56.789Z",
          "2013-07-01T12:34:56.000001Z", "1900-01-01T00:00:00Z", "1969-12-31T23:59:59.999999Z",
          "9999-12-31T23:59:59.999999Z", "2000-02-29T00:00:00Z"})
        CHECK(format_time(*parse_time(text)) == text);
    CHECK(format_day(day_of(*parse_time("2013-07-01T23:59:59Z"))) == "2013-07-01");
    CHECK(day_of(*parse_time("1969-12-31T23:00:00Z")) == day_from_number(-1));
    CHECK(to_millis(from_micros(-1)) == -1);
}

TEST_CASE("forms of a time") {
    const int64_t noon = micros("2013-07-01T12:00:00Z");
    CHECK(noon == 1'372'680'000'000'000);
    for (const char* same :
         {"2013-07-01 12:00:00Z", "2013-07-01t12:00:00z", "2013-07-01T12:00Z",
          "2013-07-01T14:30:00+02:30", "2013-07-01T14:30:00+0230", "2013-07-01T00:00:00-12:00",
          "2013-07-01T12:00:00.0Z", "2013-07-01T12:00:00.000000999Z", "2013-07-02T02:00:00+14:00"})
        CHECK_MESSAGE(micros(same) == noon, same);
    CHECK(micros("2013-07-01T12:00:00.5Z") == noon + 500'000);
    CHECK(micros("2013-07-01") == micros("2013-07-01T00:00:00Z"));
}

TEST_CASE("T36 what is no time") {
    for (const char* wrong : {"",
                              "2013",
                              "2013-7-1",
                              "2013-13-01",
                              "2013-00-01",
                              "2013-02-29",
                              "2013-01-00",
                              "2013-01-32",
                              "1899-12-31",
                              "12013-01-01",
                              "-2013-01-01",
                              "2013-07-01T",
                              "2013-07-01T12",
                              "2013-07-01T12:00:00",
                              "2013-07-01T24:00:00Z",
                              "2013-07-01T12:60:00Z",
                              "2013-07-01T12:00:60Z",
                              "2013-07-01T12:00:00.Z",
                              "2013-07-01T12:00:00+24:00",
                              "2013-07-01T12:00:00+02:60",
                              "2013-07-01T12:00:00+2",
                              "2013-07-01T12:00:00Zx",
                              "2013-07-01x",
                              "+013-07-01",
                              "2013-07-0\xff",
                              "yesterday",
                              "1372680000"})
        CHECK_MESSAGE(!parse_time(wrong), wrong);
    CHECK(parse_time(std::string(10'000, '1')).error().message.size() < 200);
}

TEST_CASE("durations") {
    for (const char* text : {"90s", "15m", "12h", "7d", "500ms"})
        CHECK(format_duration(*parse_duration(text)) == text);
    CHECK(format_duration(*parse_duration("60s")) == "1m");
    CHECK(format_duration(*parse_duration("24h")) == "1d");
    CHECK(format_duration(Micros{1'500'000}) == "1500ms");
    CHECK(format_duration(Micros{5}) == "5us");
    CHECK(format_duration(Micros{0}) == "0us");
    for (const char* wrong : {"", "s", "5", "0s", "-5s", "+5s", "5 s", "5S", "1.5h", "5ss", "1h30m",
                              "9223372036854775807d", "99999999999999999999s"})
        CHECK_MESSAGE(!parse_duration(wrong), wrong);
}

}  // namespace
}  // namespace rondo
