// Points in time as whole microseconds since 1970 (UTC), and civil days. std::chrono's calendar
// does the arithmetic; only text forms are ours, because libstdc++ 12 has no <format>.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace rondo {

using Micros = std::chrono::microseconds;
// A point in UTC. 64 bits of microseconds reach from the year -290308 to 294247.
using Time = std::chrono::sys_time<Micros>;
// A civil day in UTC: days since 1970-01-01.
using Day = std::chrono::sys_days;

inline int64_t to_micros(Time t) { return t.time_since_epoch().count(); }
inline int64_t to_millis(Time t) {
    return std::chrono::floor<std::chrono::milliseconds>(t).time_since_epoch().count();
}
inline Time from_micros(int64_t us) { return Time{Micros{us}}; }
inline Time from_millis(int64_t ms) { return Time{std::chrono::milliseconds{ms}}; }
inline Day day_of(Time t) { return std::chrono::floor<std::chrono::days>(t); }
inline int32_t to_number(Day d) { return static_cast<int32_t>(d.time_since_epoch().count()); }
inline Day day_from_number(int32_t n) { return Day{std::chrono::days{n}}; }

// "2013-07-01T12:00:00Z", with as many decimals (0, 3 or 6) as the value needs.
std::string format_time(Time t);
// "2013-07-01"
std::string format_day(Day d);

// RFC 3339 with 'T' or a space, fraction of any length (rounded down to microseconds), 'Z' or an
// offset; a bare date means midnight UTC. Years 1900 to 9999. Anything else is Code::invalid.
Result<Time> parse_time(std::string_view text);

// "90s", "15m", "12h", "7d", "500ms"; a positive count with one unit.
Result<Micros> parse_duration(std::string_view text);
// The shortest exact form that parse_duration reads back: "7d", "12h", "90s".
std::string format_duration(Micros d);

}  // namespace rondo
