#include "domain/loop/training_data.h"

#include <charconv>

#include "base/text.h"
#include "domain/predictions/schema.h"

namespace rondo::loop {
namespace {

// A cell that needs quotes gets them (RFC 4180).
void append_cell(std::string& out, std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
        out += text;
        return;
    }
    out += '"';
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    out += '"';
}

std::string number(double value) {
    char buffer[40];
    const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
    return {buffer, static_cast<size_t>(end - buffer)};
}

}  // namespace

std::string training_file_name(Day first, Day last) {
    return "log/" + format_day(first) + "_" + format_day(last) + ".csv";
}

std::optional<Day> last_day_of(std::string_view path) {
    if (path.size() != 29 || !path.starts_with("log/") || !path.ends_with(".csv"))
        return std::nullopt;
    const auto time = parse_time(path.substr(15, 10));
    if (!time) return std::nullopt;
    return day_of(*time);
}

Status TrainingFile::add(const predictions::SealedDay& day) {
    if (day.rows.empty()) return ok();  // and no columns: it held labels without predictions
    std::string out;
    if (!has_header_) {
        schema_ = day.schema;
        append_cell(out, columns_.event_time);
        out += ',';
        append_cell(out, columns_.unit);
        out += ',';
        append_cell(out, columns_.label);
        for (const auto& column : schema_.columns) {
            out += ',';
            append_cell(out, column.name);
        }
        out += '\n';
        has_header_ = true;
    }
    for (const predictions::Row& row : day.rows) {
        if (!row.labelled) continue;
        predictions::Row converted;
        const bool same = day.schema == schema_;
        if (!same) {
            converted = row;
            predictions::convert(converted, day.schema, schema_);
        }
        const predictions::Row& shown = same ? row : converted;
        out += format_time(from_micros(row.key.event_us));
        out += ',';
        append_cell(out, row.unit);
        out += ',';
        out += number(row.label);
        for (size_t i = 0; i < schema_.columns.size(); ++i) {
            out += ',';
            append_cell(out, predictions::text_of(shown, schema_, i));
        }
        out += '\n';
        ++rows_;
    }
    return upload_.write(out);
}

}  // namespace rondo::loop
