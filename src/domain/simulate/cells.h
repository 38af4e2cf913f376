// The cells of a file of rows, Parquet or CSV, that a study reads: numbers, points in time, units.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "domain/stats/loss.h"
#include "platform/columnar/table.h"

namespace rondo::simulate {

inline constexpr size_t kMaxRows = 20'000'000;

// Fails without rows, and with more than kMaxRows. `where` names the file: "the reference".
Status need_rows(const columnar::Table& table, std::string_view where);

// " in row 1": rows are counted from 1, a header is none.
std::string at_row(size_t row);

// A column by its name. Errors name the column and the row.
class Cells {
  public:
    static Result<Cells> open(const columnar::Table& table, const std::string& name,
                              std::string_view where);

    // NaN for a missing one.
    Result<double> number(size_t row) const;
    Result<Time> moment(size_t row) const;
    // The same text for equal cells, empty for a missing one.
    std::string word(size_t row) const;
    // The loss of an answer for an outcome.
    Result<double> loss(size_t row, stats::Loss metric, double answer, double outcome) const;

  private:
    Cells(std::string name, std::shared_ptr<const columnar::Column> column)
        : name_(std::move(name)), column_(std::move(column)) {}
    std::string_view text(size_t row) const;
    Result<Time> no_time(size_t row) const;

    std::string name_;
    std::shared_ptr<const columnar::Column> column_;
};

}  // namespace rondo::simulate
