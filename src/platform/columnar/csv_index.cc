#include "platform/columnar/csv_index.h"

#include <bit>

#include "platform/columnar/csv_scan.h"

namespace rondo::columnar {
namespace {

// How many bits are set, mostly none or one.
size_t count_few(uint64_t bits) {
    size_t count = 0;
    for (; bits != 0; bits &= bits - 1) ++count;
    return count;
}

}  // namespace

bool CsvIndex::find(std::string_view text, char separator, size_t columns) {
    if (text.size() > kMostBytes || columns == 0) return false;
    text_ = text.data();
    columns_ = columns;
    return find_ends(text, separator) && find_rows(text);
}

bool CsvIndex::find_ends(std::string_view text, char separator) {
    ends_.clear();
    lines_ = records_ = 0;
    doubled_ = false;
    CsvQuotes quotes;
    uint64_t quoted = 0, returned = 0;  // whether the byte before the block is '"', is '\r'
    for (size_t at = 0; at < text.size(); at += CsvBlock::kBytes) {
        const CsvBlock block = csv_block(text, at, separator);
        const uint64_t outside = ~quotes.open(block);
        if (quotes.odd()) return false;
        doubled_ |= (block.quotes & ((block.quotes << 1) | quoted)) != 0;
        const uint64_t after = (block.returns << 1) | returned;  // '\r\n' is one end
        quoted = block.quotes >> 63;
        returned = block.returns >> 63;
        const uint64_t ends = block.ends & outside & ~(block.lines & after);
        records_ += count_few((block.lines | block.returns) & ends);
        lines_ += count_few(block.lines & ~outside);
        const size_t known = ends_.size();
        ends_.resize(known + CsvBlock::kBytes);
        uint32_t* place = ends_.data() + known;
        for (uint64_t left = ends; left != 0; left &= left - 1)
            *place++ = static_cast<uint32_t>(at) + static_cast<uint32_t>(std::countr_zero(left));
        ends_.resize(static_cast<size_t>(place - ends_.data()));
    }
    return !quotes.inside();
}

bool CsvIndex::find_rows(std::string_view text) {
    row_begins_.clear();
    const auto line_ends = [&](size_t at) { return text[at] == '\n' || text[at] == '\r'; };
    if (!text.empty() && !line_ends(text.size() - 1)) {
        ends_.push_back(static_cast<uint32_t>(text.size()));
        ++records_;
    }
    lines_ += records_;
    if (ends_.size() != records_ * columns_) return false;
    size_t begin = 0;
    for (size_t last = columns_ - 1; last < ends_.size(); last += columns_) {
        const size_t end = ends_[last];
        // Each record ends at a line's end, and there are no more of those: so the others separate.
        if (end < text.size() && !line_ends(end)) return false;
        if (columns_ == 1 && end == begin) return false;
        row_begins_.push_back(static_cast<uint32_t>(begin));
        begin = end + 1;
        if (end + 1 < text.size() && text[end] == '\r' && text[end + 1] == '\n') ++begin;
    }
    return true;
}

}  // namespace rondo::columnar
