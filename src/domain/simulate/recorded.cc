#include "domain/simulate/recorded.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/text.h"
#include "domain/simulate/cells.h"

namespace rondo::simulate {
namespace {

constexpr std::string_view kWhere = "the recorded traffic";

struct Losses {
    double loss = 0;
    bool fails = false;
};
Result<Losses> losses_of(const Cells& answers, size_t row, double outcome, stats::Loss metric) {
    TRY_ASSIGN(const double answer, answers.number(row));
    TRY_ASSIGN(const double loss, answers.loss(row, metric, answer, outcome));
    return Losses{loss, *stats::loss_of(stats::Loss::zero_one, answer, outcome) > 0.5};
}

}  // namespace

Result<Recorded> read_recorded(const columnar::Table& table, const gates::DataColumns& columns,
                               stats::Loss loss) {
    TRY_ASSIGN(const Cells times, Cells::open(table, columns.event_time, kWhere));
    TRY_ASSIGN(const Cells names, Cells::open(table, columns.unit, kWhere));
    TRY_ASSIGN(const Cells labels, Cells::open(table, columns.label, kWhere));
    TRY_ASSIGN(const Cells champion, Cells::open(table, "champion", kWhere));
    std::optional<Cells> candidate;
    if (table.find("candidate") < table.fields().size()) {
        TRY_ASSIGN(candidate, Cells::open(table, "candidate", kWhere));
    }
    TRY(need_rows(table, kWhere));

    Recorded out;
    out.has_candidate = candidate.has_value();
    out.rows = static_cast<int64_t>(table.rows());
    std::unordered_map<std::string, uint64_t> units;
    std::map<Day, std::vector<std::tuple<Time, size_t, Row>>> days;
    int64_t labelled = 0;
    for (size_t i = 0; i < table.rows(); ++i) {
        TRY_ASSIGN(const Time moment, times.moment(i));
        Row row;
        row.unit = units.emplace(names.word(i), units.size()).first->second;
        TRY_ASSIGN(const double outcome, labels.number(i));
        row.labelled = !std::isnan(outcome);
        if (row.labelled) {
            ++labelled;
            TRY_ASSIGN(const Losses first, losses_of(champion, i, outcome, loss));
            Losses second = first;
            if (candidate) {
                TRY_ASSIGN(second, losses_of(*candidate, i, outcome, loss));
            }
            row.champion_loss = first.loss;
            row.champion_fails = first.fails;
            row.candidate_loss = second.loss;
            row.candidate_fails = second.fails;
            out.base_rate += first.fails ? 1 : 0;
            out.gain += first.loss - second.loss;
        }
        days[day_of(moment)].emplace_back(moment, i, row);
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
