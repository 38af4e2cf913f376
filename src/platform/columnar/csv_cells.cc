#include "platform/columnar/csv_cells.h"

#include <array>
#include <chrono>
#include <cmath>

#include "base/text.h"
#include "platform/columnar/csv_number.h"

namespace rondo::columnar {
namespace {

constexpr size_t kLongestMissing = 8;

bool parse_number(std::string_view cell, double& value) {
    if (parse_decimal(cell, value)) return true;
    const auto parsed = parse_double(trim(cell));
    if (!parsed) return false;
    value = *parsed;
    return true;
}

bool parse_integer(std::string_view cell, double& value) {
    constexpr size_t kMostDigits = 18;
    const bool signed_ = !cell.empty() && (cell[0] == '-' || cell[0] == '+');
    const std::string_view digits = cell.substr(signed_ ? 1 : 0);
    if (digits.empty() || digits.size() > kMostDigits) return false;
    int64_t sum = 0;
    for (const char c : digits) {
        if (c < '0' || c > '9') return false;
        sum = sum * 10 + (c - '0');
    }
    value = static_cast<double>(cell[0] == '-' ? -sum : sum);
    return true;
}

bool parse_boolean(std::string_view cell, double& value) {
    if (cell == "True" || cell == "true" || cell == "TRUE") {
        value = 1;
        return true;
    }
    value = 0;
    return cell == "False" || cell == "false" || cell == "FALSE";
}

// Reads `count` digits, or fails.
bool take(std::string_view& text, size_t count, int& out) {
    if (text.size() < count) return false;
    out = 0;
    for (size_t i = 0; i < count; ++i) {
        if (text[i] < '0' || text[i] > '9') return false;
        out = out * 10 + (text[i] - '0');
    }
    text.remove_prefix(count);
    return true;
}
bool take(std::string_view& text, char c) {
    if (!text.starts_with(c)) return false;
    text.remove_prefix(1);
    return true;
}

bool parse_zone(std::string_view& text, double& microseconds) {
    if (text.empty() || take(text, 'Z')) return text.empty();
    const double sign = text[0] == '-' ? 1 : -1;
    if (!take(text, '+') && !take(text, '-')) return false;
    int hours = 0, minutes = 0;
    if (!take(text, 2, hours)) return false;
    if (!text.empty()) {
        take(text, ':');
        if (!take(text, 2, minutes)) return false;
    }
    microseconds += sign * (hours * 3600 + minutes * 60) * 1e6;
    return text.empty();
}

bool parse_time(std::string_view text, double& value) {
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
    if (!take(text, 4, year) || !take(text, '-') || !take(text, 2, month) || !take(text, '-') ||
        !take(text, 2, day))
        return false;
    const std::chrono::year_month_day date{std::chrono::year{year},
                                           std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!date.ok()) return false;
    value = static_cast<double>(std::chrono::sys_days{date}.time_since_epoch().count()) * 86400e6;
    if (text.empty()) return true;
    if ((!take(text, 'T') && !take(text, ' ')) || !take(text, 2, hour) || !take(text, ':') ||
        !take(text, 2, minute))
        return false;
    if (take(text, ':') && !take(text, 2, second)) return false;
    if (hour > 23 || minute > 59 || second > 60) return false;
    value += (hour * 3600 + minute * 60 + second) * 1e6;
    if (take(text, '.')) {
        double unit = 1e5;
        size_t digits = 0;
        for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1), ++digits) {
            if (digits < 6) value += unit * (text[0] - '0');
            unit /= 10;
        }
        if (digits == 0) return false;
    }
    return parse_zone(text, value);
}

}  // namespace

bool is_missing(std::string_view cell) {
    if (cell.empty()) return true;
    if (cell.size() > kLongestMissing) return false;
    switch (cell[0]) {
        case '#':
            return cell == "#N/A" || cell == "#NA" || cell == "#N/A N/A";
        case '-':
            return cell == "-nan" || cell == "-NaN" || cell == "-1.#IND" || cell == "-1.#QNAN";
        case '1':
            return cell == "1.#IND" || cell == "1.#QNAN";
        case '<':
            return cell == "<NA>";
        case 'N':
            return cell == "NA" || cell == "NaN" || cell == "N/A" || cell == "NULL" ||
                   cell == "None";
        case 'n':
            return cell == "nan" || cell == "null" || cell == "n/a";
        default:
            return false;
    }
}

bool parse_cell(std::string_view cell, Type type, double& value) {
    switch (type) {
        case Type::boolean:
            return parse_boolean(cell, value);
        case Type::integer:
            return parse_integer(cell, value);
        case Type::number:
            return parse_number(cell, value);
        case Type::timestamp:
            return parse_time(cell, value);
        default:
            return false;
    }
}

Type type_of_cell(std::string_view cell) {
    double value = 0;
    for (const Type type : {Type::integer, Type::number, Type::boolean, Type::timestamp}) {
        if (parse_cell(cell, type, value)) return type;
    }
    return Type::text;
}

Type joined(Type a, Type b) {
    if (a == b) return a;
    const auto numeric = [](Type t) { return t == Type::integer || t == Type::number; };
    return numeric(a) && numeric(b) ? Type::number : Type::text;
}

}  // namespace rondo::columnar
