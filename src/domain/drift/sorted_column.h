// One column on its own, made ready to be compared or described: its values ascending, its words
// counted, both summed up.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "domain/drift/model.h"
#include "domain/stats/sample.h"
#include "platform/columnar/table.h"

namespace rondo::drift {

// Some rows of a column; empty means all.
using Rows = std::vector<uint32_t>;

// One side, its finite values ascending. Categories of text are numbered by the order of their
// words.
struct SideValues {
    stats::Sample values = stats::Sample::taking({});
    std::vector<double> in_order;  // the same in the file's order, when somebody asked
    Side side;
};

// Of booleans, numbers and timestamps. `rows` null: all.
SideValues sort_numbers(const columnar::Column& column, const Rows* rows, bool in_order);

// A whole column. Of text the values are empty, and the words stand below.
struct SortedColumn {
    columnar::Type type = columnar::Type::number;
    size_t rounded = 0;  // as in columnar::Column
    SideValues numbers;
    std::vector<std::string_view> words;  // that stand in a row, ascending
    std::vector<uint64_t> counts;         // of each word
    std::vector<uint32_t> order;          // the word of each row that has one, when somebody asked
    std::shared_ptr<const void> holder;   // of the words' bytes

    bool is_text() const { return type == columnar::Type::text; }
    size_t rows() const { return static_cast<size_t>(numbers.side.rows); }
    size_t missing() const { return static_cast<size_t>(numbers.side.missing); }
    // Text as the others: each word's value is ranks[word], which has to ascend.
    SideValues ranked(const std::vector<uint32_t>& ranks) const;
};

SortedColumn sort_column(std::shared_ptr<const columnar::Column> column, bool in_order);

}  // namespace rondo::drift
