#include "domain/simulate/reference.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>

#include "base/text.h"
#include "domain/simulate/cells.h"

namespace rondo::simulate {
namespace {

constexpr std::string_view kWhere = "the reference";

// Where a row's loss comes from.
class LossReader {
  public:
    static Result<LossReader> open(const columnar::Table& table, const gates::DataColumns& columns,
                                   stats::Loss metric) {
        const auto has = [&](const char* name) { return table.find(name) < table.fields().size(); };
        if (has("loss")) {
            TRY_ASSIGN(Cells loss, Cells::open(table, "loss", kWhere));
            return LossReader(std::move(loss), std::nullopt, metric);
        }
        if (!has("answer") && !has("champion"))
            return fail(Code::invalid,
                        "the reference has no column 'loss' and no column 'answer'; give each "
                        "row's loss, or the champion's answer beside the label");
        TRY_ASSIGN(Cells label, Cells::open(table, columns.label, kWhere));
        TRY_ASSIGN(Cells answer, Cells::open(table, has("answer") ? "answer" : "champion", kWhere));
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
        return answer_->loss(row, metric_, answer, first);
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
    TRY_ASSIGN(const Cells times, Cells::open(table, columns.event_time, kWhere));
    TRY_ASSIGN(const LossReader reader, LossReader::open(table, columns, metric));
    TRY(need_rows(table, kWhere));
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
