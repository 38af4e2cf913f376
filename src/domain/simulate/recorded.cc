#include "domain/simulate/recorded.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "base/text.h"
#include "domain/data/table.h"

namespace rondo::simulate {
namespace {

constexpr std::string_view kWhere = "the recorded traffic";

// Line of the file: the header is line 1.
std::string at_line(size_t row) { return " in line " + std::to_string(row + 2); }

Result<double> number(const data::Table& table, size_t column, size_t row) {
    const auto value = data::number_of(table.columns[column][row]);
    if (!value)
        return fail(Code::invalid, "column " + quoted(table.names[column]) + at_line(row) +
                                       " is no number: " + quoted(table.columns[column][row]));
    return *value;
}

struct Losses {
    double loss = 0;
    bool fails = false;
};
Result<Losses> losses_of(const data::Table& table, size_t column, size_t row, double label,
                         stats::Loss loss) {
    TRY_ASSIGN(const double answer, number(table, column, row));
    const auto value = stats::loss_of(loss, answer, label);
    if (!value)
        return fail(Code::invalid, "column " + quoted(table.names[column]) + at_line(row) +
                                       " holds " + quoted(table.columns[column][row]) +
                                       " for the outcome " + shown(label) +
                                       "; answers are in [0, 1], outcomes 0 or 1");
    return Losses{*value, *stats::loss_of(stats::Loss::zero_one, answer, label) > 0.5};
}

}  // namespace

Result<Recorded> read_recorded(std::string csv, const gates::DataColumns& columns,
                               stats::Loss loss) {
    TRY_ASSIGN(const data::Table table, data::parse_csv(std::move(csv)));
    TRY_ASSIGN(const size_t time, table.need(columns.event_time, kWhere));
    TRY_ASSIGN(const size_t unit, table.need(columns.unit, kWhere));
    TRY_ASSIGN(const size_t label, table.need(columns.label, kWhere));
    TRY_ASSIGN(const size_t champion, table.need("champion", kWhere));
    const auto candidate = table.find("candidate");
    if (table.rows == 0) return fail(Code::invalid, "the recorded traffic has no rows");
    if (table.rows > kMaxRecordedRows)
        return fail(Code::too_large, "the recorded traffic has more than 20,000,000 rows");

    Recorded out;
    out.has_candidate = candidate.has_value();
    out.rows = static_cast<int64_t>(table.rows);
    std::unordered_map<std::string_view, uint64_t> units;
    std::map<Day, std::vector<std::tuple<Time, size_t, Row>>> days;
    int64_t labelled = 0;
    for (size_t i = 0; i < table.rows; ++i) {
        const auto moment = parse_time(table.columns[time][i]);
        if (!moment)
            return fail(Code::invalid, "column " + quoted(table.names[time]) + at_line(i) + ": " +
                                           moment.error().message);
        Row row;
        row.unit = units.emplace(table.columns[unit][i], units.size()).first->second;
        TRY_ASSIGN(const double outcome, number(table, label, i));
        row.labelled = outcome == outcome;
        if (row.labelled) {
            ++labelled;
            TRY_ASSIGN(const Losses first, losses_of(table, champion, i, outcome, loss));
            Losses second = first;
            if (candidate) {
                TRY_ASSIGN(second, losses_of(table, *candidate, i, outcome, loss));
            }
            row.champion_loss = first.loss;
            row.champion_fails = first.fails;
            row.candidate_loss = second.loss;
            row.candidate_fails = second.fails;
            out.base_rate += first.fails ? 1 : 0;
            out.gain += first.loss - second.loss;
        }
        days[day_of(*moment)].emplace_back(*moment, i, row);
    }
    if (labelled == 0)
        return fail(Code::invalid, "no row of the recorded traffic has a label in column " +
                                       quoted(columns.label));
    if (days.size() < 2)
        return fail(Code::invalid,
                    "the recorded traffic is of one day only; days are what is drawn anew, so "
                    "record at least two, better four weeks");
    out.units = units.size();
    out.base_rate /= static_cast<double>(labelled);
    out.gain /= static_cast<double>(labelled);
    for (auto& [day, rows] : days) {
        std::ranges::sort(rows, {}, [](const auto& row) {
            return std::pair(std::get<0>(row), std::get<1>(row));
        });
        auto& sorted = out.days.emplace_back();
        for (const auto& [moment, line, row] : rows) sorted.push_back(row);
    }
    return out;
}

Replayed::Replayed(const Recorded& recorded, Stand stand, Draw draw)
    : recorded_(recorded), stand_(stand), draw_(draw) {
    coins_.reserve(recorded.units);
    for (uint64_t i = 0; i < recorded.units; ++i) coins_.push_back(draw_.uniform());
}

std::span<const Row> Replayed::day(int64_t) {
    rows_ = recorded_.days[draw_.below(recorded_.days.size())];
    bool swapped = stand_ == Stand::equal_days && draw_.chance(0.5);
    for (Row& row : rows_) {
        row.coin = coins_[row.unit];
        if (stand_ == Stand::equal_rows) swapped = draw_.chance(0.5);
        if (!swapped) continue;
        std::swap(row.champion_loss, row.candidate_loss);
        std::swap(row.champion_fails, row.candidate_fails);
    }
    return rows_;
}

}  // namespace rondo::simulate
