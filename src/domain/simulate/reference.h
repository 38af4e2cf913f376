// The champion's own labelled losses by day, from a file of rows: what streams in which nothing is
// wrong are drawn from.
#pragma once

#include <cstdint>
#include <vector>

#include "domain/gates/model.h"
#include "domain/stats/loss.h"
#include "platform/columnar/table.h"

namespace rondo::simulate {

struct ReferenceDays {
    std::vector<std::vector<double>> losses;  // by day, in the order of event time
    int64_t rows = 0;
    double mean = 0;  // of all rows
};

// A file with the policy's column of event time and either `loss`, in [0, 1], or the column of the
// label with the champion's answer in `answer` or `champion`. Rows without a label are left out.
// Errors name the column or the row, the first of which is 1.
Result<ReferenceDays> read_reference(const columnar::Table& table,
                                     const gates::DataColumns& columns, stats::Loss metric);

}  // namespace rondo::simulate
