#include "base/log.h"

#include <unistd.h>

#include <atomic>
#include <charconv>
#include <chrono>

#include "base/text.h"
#include "base/time.h"

namespace rondo::log {
namespace {

std::atomic<Level> threshold{Level::info};

std::string_view name_of(Level level) {
    switch (level) {
        case Level::debug:
            return "debug";
        case Level::info:
            return "info";
        case Level::warning:
            return "warning";
        case Level::error:
            return "error";
    }
    return "error";
}

}  // namespace

void set_threshold(Level level) { threshold.store(level, std::memory_order_relaxed); }
bool enabled(Level level) { return level >= threshold.load(std::memory_order_relaxed); }

void write(Level level, std::string_view what, std::initializer_list<Field> fields) {
    const Time now = std::chrono::time_point_cast<Micros>(std::chrono::system_clock::now());
    std::string line = R"({"at":")";
    line += format_time(from_millis(to_millis(now)));
    line += R"(","level":")";
    line += name_of(level);
    line += R"(","what":)";
    append_json_string(line, what);
    for (const Field& field : fields) {
        line += ',';
        append_json_string(line, field.name);
        line += ':';
        if (const auto* text = std::get_if<std::string_view>(&field.value)) {
            append_json_string(line, *text);
        } else if (const auto* number = std::get_if<int64_t>(&field.value)) {
            line += std::to_string(*number);
        } else {
            append_json_double(line, std::get<double>(field.value));
        }
    }
    line += "}\n";
    // A log that cannot be written is no reason to stop serving.
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace rondo::log
