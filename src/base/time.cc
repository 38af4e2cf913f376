#include "base/time.h"

#include <array>
#include <charconv>
#include <cstdio>

namespace rondo {
namespace {

// Reads exactly n digits at text[pos]; -1 when there are none.
int digits(std::string_view text, size_t& pos, size_t n) {
    if (pos + n > text.size()) return -1;
    int value = 0;
    for (size_t i = 0; i < n; ++i) {
        const char c = text[pos + i];
        if (c < '0' || c > '9') return -1;
        value = value * 10 + (c - '0');
    }
    pos += n;
    return value;
}

bool eat(std::string_view text, size_t& pos, char c) {
    if (pos >= text.size() || text[pos] != c) return false;
    ++pos;
    return true;
}

struct Unit {
    std::string_view name;
    int64_t micros;
};
constexpr std::array<Unit, 5> kUnits{{{"d", 86'400'000'000},
                                      {"h", 3'600'000'000},
                                      {"m", 60'000'000},
                                      {"s", 1'000'000},
                                      {"ms", 1'000}}};

}  // namespace

std::string format_time(Time t) {
    const Day day = day_of(t);
    const std::chrono::year_month_day date{day};
    const int64_t in_day = to_micros(t) - to_micros(Time{day});
    const int64_t seconds = in_day / 1'000'000;
    const int64_t fraction = in_day % 1'000'000;
    char buffer[48];
    int n = std::snprintf(buffer, sizeof buffer, "%04d-%02u-%02uT%02d:%02d:%02d",
                          static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                          static_cast<unsigned>(date.day()), static_cast<int>(seconds / 3600),
                          static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60));
    std::string out(buffer, static_cast<size_t>(n));
    if (fraction != 0) {
        const bool whole_millis = fraction % 1000 == 0;
        n = whole_millis
                ? std::snprintf(buffer, sizeof buffer, ".%03d", static_cast<int>(fraction / 1000))
                : std::snprintf(buffer, sizeof buffer, ".%06d", static_cast<int>(fraction));
        out.append(buffer, static_cast<size_t>(n));
    }
    return out += 'Z';
}

std::string format_day(Day d) { return format_time(Time{d}).substr(0, 10); }

Result<Time> parse_time(std::string_view text) {
    const auto bad = [&] {
        return fail(Code::invalid, "'" + std::string(text.substr(0, 64)) +
                                       "' is not a time; write it as 2013-07-01T12:00:00Z");
    };
    size_t pos = 0;
    const int year = digits(text, pos, 4);
    if (year < 1900 || !eat(text, pos, '-')) return bad();
    const int month = digits(text, pos, 2);
    if (month < 1 || !eat(text, pos, '-')) return bad();
    const int day = digits(text, pos, 2);
    const std::chrono::year_month_day date{
        std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
        std::chrono::day{static_cast<unsigned>(std::max(day, 0))}};
    if (!date.ok()) return bad();
    Time time{Day{date}};
    if (pos == text.size()) return time;

    if (text[pos] != 'T' && text[pos] != 't' && text[pos] != ' ') return bad();
    ++pos;
    const int hour = digits(text, pos, 2);
    if (hour < 0 || hour > 23 || !eat(text, pos, ':')) return bad();
    const int minute = digits(text, pos, 2);
    if (minute < 0 || minute > 59) return bad();
    int second = 0;
    if (eat(text, pos, ':')) {
        second = digits(text, pos, 2);
        if (second < 0 || second > 59) return bad();
    }
    time += std::chrono::hours{hour} + std::chrono::minutes{minute} + std::chrono::seconds{second};
    if (eat(text, pos, '.')) {
        const size_t start = pos;
        int64_t scale = 100'000, micros = 0;
        while (pos < text.size() && text[pos] >= '0' && text[pos] <= '9') {
            micros += (text[pos] - '0') * scale;
            scale /= 10;
            ++pos;
        }
        if (pos == start) return bad();
        time += Micros{micros};
    }
    if (pos < text.size() && (text[pos] == 'Z' || text[pos] == 'z')) {
        ++pos;
    } else if (pos < text.size() && (text[pos] == '+' || text[pos] == '-')) {
        const int sign = text[pos] == '-' ? -1 : 1;
        ++pos;
        const int offset_hours = digits(text, pos, 2);
        eat(text, pos, ':');
        const int offset_minutes = digits(text, pos, 2);
        if (offset_hours < 0 || offset_hours > 23 || offset_minutes < 0 || offset_minutes > 59)
            return bad();
        time -= sign * (std::chrono::hours{offset_hours} + std::chrono::minutes{offset_minutes});
    } else {
        return bad();  // a time without an offset could mean anything
    }
    if (pos != text.size()) return bad();
    return time;
}

Result<Micros> parse_duration(std::string_view text) {
    int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    const std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
    if (error == std::errc{} && count > 0) {
        for (const Unit& u : kUnits) {
            if (unit == u.name && count <= INT64_MAX / u.micros / 4)
                return Micros{count * u.micros};
        }
    }
    return fail(Code::invalid, "'" + std::string(text.substr(0, 64)) +
                                   "' is not a duration; write it as 90s, 15m, 12h or 7d");
}

std::string format_duration(Micros d) {
    for (const Unit& u : kUnits) {
        if (d.count() != 0 && d.count() % u.micros == 0)
            return std::to_string(d.count() / u.micros) + std::string(u.name);
    }
    return std::to_string(d.count()) + "us";
}

}  // namespace rondo
