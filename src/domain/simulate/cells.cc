#include "domain/simulate/cells.h"

#include <cmath>

#include "base/text.h"
#include "domain/data/table.h"

namespace rondo::simulate {

Status need_rows(const columnar::Table& table, std::string_view where) {
    if (table.rows() == 0) return fail(Code::invalid, std::string(where) + " has no rows");
    if (table.rows() > kMaxRows)
        return fail(Code::too_large, std::string(where) + " has more than " +
                                         grouped(static_cast<int64_t>(kMaxRows)) + " rows");
    return ok();
}

std::string at_row(size_t row) { return " in row " + std::to_string(row + 1); }

Result<Cells> Cells::open(const columnar::Table& table, const std::string& name,
                          std::string_view where) {
    const size_t at = table.find(name);
    if (at == table.fields().size()) {
        std::string names;
        for (const auto& field : table.fields()) names += (names.empty() ? "" : ", ") + field.name;
        return fail(Code::invalid,
                    std::string(where) + " has no column " + quoted(name) + "; it has " + names);
    }
    TRY_ASSIGN(auto column, table.column(at));
    return Cells(name, std::move(column));
}

Result<double> Cells::number(size_t row) const {
    if (column_->type != columnar::Type::text) return column_->numbers[row];
    const auto value = data::number_of(text(row));
    if (value) return *value;
    return fail(Code::invalid,
                "column " + quoted(name_) + at_row(row) + " is no number: " + quoted(text(row)));
}

Result<Time> Cells::moment(size_t row) const {
    if (column_->type == columnar::Type::timestamp && !std::isnan(column_->numbers[row]))
        return Time{Micros{static_cast<int64_t>(column_->numbers[row])}};
    const bool is_text = column_->type == columnar::Type::text;
    const auto moment = is_text ? parse_time(text(row)) : no_time(row);
    if (moment) return *moment;
    return fail(Code::invalid,
                "column " + quoted(name_) + at_row(row) + ": " + moment.error().message);
}

std::string Cells::word(size_t row) const {
    if (column_->type == columnar::Type::text) return std::string(text(row));
    return std::isnan(column_->numbers[row]) ? std::string() : shown(column_->numbers[row]);
}

Result<double> Cells::loss(size_t row, stats::Loss metric, double answer, double outcome) const {
    const auto value = stats::loss_of(metric, answer, outcome);
    if (value) return *value;
    return fail(Code::invalid, "column " + quoted(name_) + at_row(row) + " holds " + shown(answer) +
                                   " for the outcome " + shown(outcome) +
                                   "; answers are in [0, 1], outcomes 0 or 1");
}

std::string_view Cells::text(size_t row) const {
    const uint32_t code = column_->codes[row];
    return code == columnar::kMissingCode ? std::string_view() : column_->words[code];
}

Result<Time> Cells::no_time(size_t row) const {
    if (std::isnan(column_->numbers[row])) return fail(Code::invalid, "the time is missing");
    return fail(Code::invalid, "the column holds " + std::string(columnar::name_of(column_->type)) +
                                   " values and no points in time");
}

}  // namespace rondo::simulate
