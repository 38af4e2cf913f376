// Where the cells of a CSV text are, all found before the first is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace rondo::columnar {

// Of a text of whole records. It knows quotes, but not all that may be: a text with wrong quotes,
// empty lines or a record of another length is left to CsvRecords, which says what is wrong where.
class CsvIndex {
  public:
    static constexpr size_t kMostBytes = 8 << 20;  // of a text

    // Takes the place of what was found before; false where the text is CsvRecords'. The text has
    // to live as long as cells are asked for.
    bool find(std::string_view text, char separator, size_t columns);

    size_t rows() const { return row_begins_.size(); }
    // Line ends, those within cells too; an unfinished line counts.
    size_t lines() const { return lines_; }
    // Whether any quotes stand side by side, so that a quoted cell may hold doubled ones.
    bool has_doubled() const { return doubled_; }

    // As it stands in the text, quotes included.
    std::string_view cell(size_t row, size_t column) const {
        const size_t at = row * columns_ + column;
        const size_t begin = column == 0 ? row_begins_[row] : ends_[at - 1] + 1;
        return {text_ + begin, ends_[at] - begin};
    }

  private:
    bool find_ends(std::string_view text, char separator);
    bool find_rows(std::string_view text);

    const char* text_ = nullptr;
    size_t columns_ = 0, lines_ = 0, records_ = 0;
    bool doubled_ = false;
    std::vector<uint32_t> ends_;  // of cells, row by row
    std::vector<uint32_t> row_begins_;
};

}  // namespace rondo::columnar
