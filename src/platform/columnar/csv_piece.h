// A piece of a CSV file: whole records, parsed by one thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "platform/columnar/csv_index.h"
#include "platform/columnar/table.h"

namespace rondo::columnar {

// A column's type so far: none until a cell is there.
using CsvTypes = std::vector<std::optional<Type>>;

struct CsvLayout {
    char separator = ',';
    CsvTypes expected;  // one a column
};

class CsvPiece {
  public:
    void take(std::string records);

    // Learns the types of its cells, without keeping any. `first_line` is for messages.
    Status learn(const CsvLayout& layout, size_t first_line);
    // Keeps the cells in columns of the expected types (number where none is), and learns the types
    // of those that do not fit.
    Status parse(const CsvLayout& layout, size_t first_line);

    size_t bytes() const { return bytes_; }
    // Of the last parse.
    const std::vector<Column>& columns() const { return columns_; }
    const CsvTypes& types() const { return types_; }
    size_t rows() const { return rows_; }
    size_t lines() const { return lines_; }

  private:
    std::string_view records() const { return std::string_view(text_).substr(0, bytes_); }
    template <class Visit, class Lack>
    Status each_cell(const CsvLayout& layout, size_t first_line, Visit&& visit, Lack&& lack);
    void parse_rows(size_t from, size_t to);
    template <class Parse>
    void parse_numbers(size_t column, size_t from, size_t to, Parse&& parse);
    void parse_words(size_t column, size_t from, size_t to);
    std::string_view unquoted(std::string_view cell, std::string& room) const;
    double value_of(size_t column, std::string_view cell);

    std::string text_;  // the records and what may be read behind them
    size_t bytes_ = 0;
    CsvIndex index_;
    std::vector<Column> columns_;
    CsvTypes expected_, types_;
    size_t rows_ = 0, lines_ = 0;
};

}  // namespace rondo::columnar
