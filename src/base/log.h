// Log lines: one JSON object a line on stderr, for machines first and readable by people.
//   {"at":"2026-11-23T08:00:00.123Z","level":"info","what":"listening","port":5000}
// Lines are written by one write(2) each, so threads never mix them. Secrets never enter a field.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace rondo::log {

enum class Level { debug, info, warning, error };

struct Field {
    std::string_view name;
    std::variant<std::string_view, int64_t, double> value;

    Field(std::string_view n, std::string_view v) : name(n), value(v) {}
    Field(std::string_view n, const char* v) : name(n), value(std::string_view(v)) {}
    Field(std::string_view n, const std::string& v) : name(n), value(std::string_view(v)) {}
    Field(std::string_view n, double v) : name(n), value(v) {}
    template <class T>
        requires std::is_integral_v<T>
    Field(std::string_view n, T v) : name(n), value(static_cast<int64_t>(v)) {}
};

// Lines below the threshold cost one comparison. Set once at start, before threads.
void set_threshold(Level level);
bool enabled(Level level);

void write(Level level, std::string_view what, std::initializer_list<Field> fields = {});

inline void debug(std::string_view what, std::initializer_list<Field> fields = {}) {
    if (enabled(Level::debug)) write(Level::debug, what, fields);
}
inline void info(std::string_view what, std::initializer_list<Field> fields = {}) {
    if (enabled(Level::info)) write(Level::info, what, fields);
}
inline void warning(std::string_view what, std::initializer_list<Field> fields = {}) {
    if (enabled(Level::warning)) write(Level::warning, what, fields);
}
inline void error(std::string_view what, std::initializer_list<Field> fields = {}) {
    write(Level::error, what, fields);
}

}  // namespace rondo::log
