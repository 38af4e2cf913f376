// Whether rows repeat, found column by column: a hash of 64 bits a row, summed over the columns.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "platform/columnar/table.h"

namespace rondo::drift {

// Any thread may add. Two rows that differ are taken as one with a chance of about n^2 / 2^65 over
// all n rows: 3 in 10^8 for a million.
class RowHashes {
  public:
    explicit RowHashes(size_t rows) : rows_(rows) {}
    // Instead of the rows it was made for; before any column.
    void expect(size_t rows) { rows_ = rows; }
    // The column at a place; the order of adding does not matter. Nothing when there are no rows.
    void add(const columnar::Column& column, size_t place);
    // Rows that repeat an earlier one. Once all columns are there.
    int64_t repeated();

  private:
    size_t rows_;
    std::mutex mutex_;
    std::vector<std::vector<uint64_t>> sums_;  // free ones; as many as threads that added at once
};

}  // namespace rondo::drift
