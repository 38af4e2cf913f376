// Finds the characters that shape a CSV text, 64 bytes at a time.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rondo::columnar {

// One bit a byte of a block, the first byte lowest.
struct CsvBlock {
    static constexpr size_t kBytes = 64;
    uint64_t ends = 0;  // of cells: separators and line ends ('\n', '\r')
    uint64_t lines = 0;
    uint64_t returns = 0;
    uint64_t quotes = 0;
    uint64_t within = ~uint64_t{0};  // the text
};

// Of the block that begins at a place; what lies beyond the text has no bits. By SSE2 where there
// is one.
CsvBlock csv_block(std::string_view text, size_t from, char separator);
// The same without: what other machines run.
CsvBlock csv_block_plain(std::string_view text, size_t from, char separator);

// Follows the quotes of a text, block after block.
class CsvQuotes {
  public:
    // Ones from each opening quote to before its closing one.
    uint64_t open(const CsvBlock& block);
    // Whether the text so far ends within quotes.
    bool inside() const { return inside_ != 0; }
    // A quote stood in the middle of a cell, or text after a closing one: what is open cannot be
    // told by counting then.
    bool odd() const { return odd_; }

  private:
    uint64_t inside_ = 0;  // all ones while a quote is open
    uint64_t before_ = 1;  // whether the byte before the block allows a quote to open
    uint64_t closed_ = 0;  // whether it was a closing quote
    bool odd_ = false;
};

// A cursor: places that are asked for only go up. The text has to live as long.
class CsvScan {
  public:
    CsvScan(std::string_view text, char separator) : text_(text), separator_(separator) {}

    // The place of the first cell's end, or quote, at or after `from`; the text's size when there
    // is none.
    size_t end_from(size_t from) { return find(from, &CsvBlock::ends); }
    size_t quote_from(size_t from) { return find(from, &CsvBlock::quotes); }

  private:
    size_t find(size_t from, uint64_t CsvBlock::* what) {
        if (from >= text_.size()) return text_.size();
        if (from >= next_) load(from);
        uint64_t left = (block_.*what) >> (from + CsvBlock::kBytes - next_);
        while (left == 0) {
            from = next_;
            if (from >= text_.size()) return text_.size();
            load(from);
            left = block_.*what;
        }
        return from + static_cast<size_t>(std::countr_zero(left));
    }
    void load(size_t from) {
        const size_t begin = from & ~(CsvBlock::kBytes - 1);
        block_ = csv_block(text_, begin, separator_);
        next_ = begin + CsvBlock::kBytes;
    }

    std::string_view text_;
    char separator_;
    CsvBlock block_;
    size_t next_ = 0;  // where the block ends; 0: there is none yet
};

}  // namespace rondo::columnar
