// Splits CSV (RFC 4180) into records of cells: the one place that knows quotes and line ends.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "platform/columnar/csv_scan.h"

namespace rondo::columnar {

// Cells are views into the text, or into what the reader holds for a cell with doubled quotes; both
// live as long as the reader and the text do. One owner.
class CsvRecords {
  public:
    explicit CsvRecords(std::string_view text, char separator = ',', size_t first_line = 1)
        : text_(text),
          scan_(text, separator),
          separator_(separator),
          line_(first_line - 1),
          next_line_(first_line) {}

    // The next record's cells; false at the end. Fails on an open quote and on text after a closing
    // one, with the line.
    Result<bool> next(std::vector<std::string_view>& cells);
    // The last record was an empty line: no cell, not even a quoted one.
    bool blank() const { return blank_; }
    // The line where the last record began.
    size_t line() const { return line_; }
    // Lines seen so far, those within cells too.
    size_t lines() const { return next_line_ - 1; }
    size_t position() const { return pos_; }

  private:
    Result<std::string_view> quoted_cell();

    std::string_view text_;
    CsvScan scan_;
    char separator_;
    size_t pos_ = 0;
    size_t line_, next_line_;
    bool blank_ = false;
    std::deque<std::string> unquoted_;
};

// What stands between the quotes of a cell, doubled quotes as one, appended.
void append_undoubled(std::string_view inside, std::string& out);

// How many bytes of the text are whole records: up to after the last line end outside quotes. 0
// when there is none.
size_t whole_records(std::string_view text, char separator);

// The separator of a header line: the most frequent of comma, semicolon and tab.
char separator_of(std::string_view header);

}  // namespace rondo::columnar
