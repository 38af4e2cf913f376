#include "domain/simulate/reference.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/text.h"
#include "domain/data/table.h"

namespace rondo::simulate {
namespace {

std::string at_row(size_t row) { return " in row " + std::to_string(row + 1); }

// A column of the reference by its name.
class Cells {
  public:
    static Result<Cells> open(const columnar::Table& table, const std::string& name) {
        const size_t at = table.find(name);
        if (at == table.fields().size()) {
            std::string names;
            for (const auto& field : table.fields())
                names += (names.empty() ? "" : ", ") + field.name;
            return fail(Code::invalid,
                        "the reference has no column " + quoted(name) + "; it has " + names);
        }
        TRY_ASSIGN(auto column, table.column(at));
        return Cells(name, std::move(column));
    }

    // NaN for a missing one.
    Result<double> number(size_t row) const {
        if (column_->type != columnar::Type::text) return column_->numbers[row];
        const auto value = data::number_of(text(row));
        if (value) return *value;
        return fail(Code::invalid, "column " + quoted(name_) + at_row(row) +
                                       " is no number: " + quoted(text(row)));
    }
    Result<Time> moment(size_t row) const {
        if (column_->type == columnar::Type::timestamp && !std::isnan(column_->numbers[row]))
            return Time{Micros{static_cast<int64_t>(column_->numbers[row])}};
        const bool is_text = column_->type == columnar::Type::text;
        const auto moment = is_text ? parse_time(text(row)) : no_time(row);
        if (moment) return *moment;
        return fail(Code::invalid,
                    "column " + quoted(name_) + at_row(row) + ": " + moment.error().message);
    }
    const std::string& name() const { return name_; }

  private:
    Cells(std::string name, std::shared_ptr<const columnar::Column> column)
        : name_(std::move(name)), column_(std::move(column)) {}
    std::string_view text(size_t row) const {
        const uint32_t code = column_->codes[row];
        return code == columnar::kMissingCode ? std::string_view() : column_->words[code];
    }
    Result<Time> no_time(size_t row) const {
        if (std::isnan(column_->numbers[row])) return fail(Code::invalid, "the time is missing");
        return fail(Code::invalid, "the column holds " +
                                       std::string(columnar::name_of(column_->type)) +
                                       " values and no points in time");
    }

    std::string name_;
    std::shared_ptr<const columnar::Column> column_;
};

// Where a row's loss comes from.
class LossReader {
  public:
    static Result<LossReader> open(const columnar::Table& table, const gates::DataColumns& columns,
                                   stats::Loss metric) {
        const auto has = [&](const char* name) { return table.find(name) < table.fields().size(); };
        if (has("loss")) {
            TRY_ASSIGN(Cells loss, Cells::open(table, "loss"));
            return LossReader(std::move(loss), std::nullopt, metric);
        }
        if (!has("answer") && !has("champion"))
            return fail(Code::invalid,
                        "the reference has no column 'loss' and no column 'answer'; give each "
                        "row's loss, or the champion's answer beside the label");
        TRY_ASSIGN(Cells label, Cells::open(table, columns.label));
        TRY_ASSIGN(Cells answer, Cells::open(table, has("answer") ? "answer" : "champion"));
        return LossReader(std::move(label), std::move(answer), metric);
    }

    // Nothing for a row without a label.
    Result<std::optional<double>> at(size_t row) const {
        TRY_ASSIGN(const double first, first_.number(row));
        if (std::isnan(first)) return std::nullopt;
        if (!answer_) {
            if (!(first >= 0 && first <= 1))
                return fail(Code::invalid, "column 'loss'" + at_row(row) + " holds " +
                                               shown(first) + "; losses are in [0, 1]");
            return first;
        }
        TRY_ASSIGN(const double answer, answer_->number(row));
        const auto loss = stats::loss_of(metric_, answer, first);
        if (!loss)
            return fail(Code::invalid, "column " + quoted(answer_->name()) + at_row(row) +
                                           " holds " + shown(answer) + " for the outcome " +
                                           shown(first) +
                                           "; answers are in [0, 1], outcomes 0 or 1");
        return *loss;
    }

  private:
    LossReader(Cells first, std::optional<Cells> answer, stats::Loss metric)
        : first_(std::move(first)), answer_(std::move(answer)), metric_(metric) {}

    Cells first_;  // of the losses, or of the labels where there are answers
    std::optional<Cells> answer_;
    stats::Loss metric_;
};

}  // namespace

Result<ReferenceDays> read_reference(const columnar::Table& table,
                                     const gates::DataColumns& columns, stats::Loss metric) {
    TRY_ASSIGN(const Cells times, Cells::open(table, columns.event_time));
    TRY_ASSIGN(const LossReader reader, LossReader::open(table, columns, metric));
    if (table.rows() == 0) return fail(Code::invalid, "the reference has no rows");
    if (table.rows() > kMaxReferenceRows)
        return fail(Code::too_large, "the reference has more than 20,000,000 rows");
    std::map<Day, std::vector<std::tuple<Time, size_t, double>>> days;
    ReferenceDays out;
    for (size_t i = 0; i < table.rows(); ++i) {
        TRY_ASSIGN(const Time moment, times.moment(i));
        TRY_ASSIGN(const auto loss, reader.at(i));
        if (!loss) continue;
        days[day_of(moment)].emplace_back(moment, i, *loss);
        out.mean += *loss;
        ++out.rows;
    }
    if (out.rows == 0) return fail(Code::invalid, "no row of the reference has a label");
    out.mean /= static_cast<double>(out.rows);
    for (auto& [day, rows] : days) {
        std::ranges::sort(rows, {}, [](const auto& row) {
            return std::pair(std::get<0>(row), std::get<1>(row));
        });
        auto& losses = out.losses.emplace_back();
        for (const auto& [moment, line, loss] : rows) losses.push_back(loss);
    }
    return out;
}

}  // namespace rondo::simulate
