// Small text helpers that every storey needs: JSON escapes, splitting, numbers, quoting for
// messages. No locale is ever consulted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rondo {

// Appends "text" with JSON escapes. Bytes that are not UTF-8 become U+FFFD, so that one hostile
// name can never break a whole answer.
void append_json_string(std::string& out, std::string_view text);
// Appends the shortest text that reads back as the same double ("1.0", "0.1", "1e+300"); NaN and
// infinities as the strings "NaN", "Infinity", "-Infinity", which is MLflow's way.
void append_json_double(std::string& out, double value);
// The same for a float: shortest text that reads back as the same float.
void append_json_float(std::string& out, float value);

std::vector<std::string_view> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);
std::string to_lower(std::string_view text);
// Whole and well-formed UTF-8; NUL is a character like others.
bool is_utf8(std::string_view text);
bool equals_ignoring_case(std::string_view a, std::string_view b);

// The whole text as a number, or nothing.
std::optional<int64_t> parse_int(std::string_view text);
std::optional<double> parse_double(std::string_view text);

// Numbers for people: four significant digits ("0.1751", "13,997", "2.3e+46"); whole numbers in
// groups of three; "1 day", "26,553 labels".
std::string shown(double value);
std::string grouped(int64_t value);
std::string counted(int64_t count, std::string_view noun);

// A name inside a message: at most 200 bytes of it, control characters shown as '?'.
std::string quoted(std::string_view name);

}  // namespace rondo
