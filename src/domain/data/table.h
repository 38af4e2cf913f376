// A CSV file (RFC 4180) as columns: what gates and references read from a data version.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "platform/columnar/csv_records.h"

namespace rondo::data {

struct Table {
    std::vector<std::string> names;
    size_t rows = 0;
    // Column-major text cells, views into `bytes` (or into `records`, for doubled quotes).
    std::vector<std::vector<std::string_view>> columns;

    std::optional<size_t> find(std::string_view name) const;
    // The column, or an error that names the table and the columns it has.
    Result<size_t> need(std::string_view name, std::string_view table) const;

    std::unique_ptr<std::string> bytes;  // the file itself, at an address that never moves
    std::unique_ptr<columnar::CsvRecords> records;
};

// At most 4,096 columns. Rows with another number of cells than the header are refused by line.
Result<Table> parse_csv(std::string bytes);

// A cell as a number: empty, "NaN", "nan" and "NA" are NaN; anything else that is no number is
// refused.
Result<double> number_of(std::string_view cell);

}  // namespace rondo::data
