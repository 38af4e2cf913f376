#include "platform/columnar/csv_records.h"

#include <algorithm>
#include <cstring>

namespace rondo::columnar {

Result<bool> CsvRecords::next(std::vector<std::string_view>& cells) {
    cells.clear();
    if (pos_ >= text_.size()) return false;
    line_ = next_line_++;
    blank_ = text_[pos_] == '\n' || text_[pos_] == '\r';
    while (true) {
        if (pos_ < text_.size() && text_[pos_] == '"') {
            TRY_ASSIGN(const std::string_view cell, quoted_cell());
            cells.push_back(cell);
        } else {
            const size_t end = scan_.end_from(pos_);
            cells.push_back(text_.substr(pos_, end - pos_));
            pos_ = end;
        }
        if (pos_ >= text_.size()) return true;
        const char c = text_[pos_++];
        if (c == separator_) continue;
        if (c == '\r' && pos_ < text_.size() && text_[pos_] == '\n') ++pos_;
        return true;
    }
}

Result<std::string_view> CsvRecords::quoted_cell() {
    const size_t begin = ++pos_;
    bool doubled = false;
    while (pos_ < text_.size()) {
        pos_ = scan_.quote_from(pos_);
        if (pos_ == text_.size()) break;
        ++pos_;
        if (pos_ < text_.size() && text_[pos_] == '"') {
            doubled = true;
            ++pos_;
            continue;
        }
        const std::string_view raw = text_.substr(begin, pos_ - 1 - begin);
        next_line_ += static_cast<size_t>(std::ranges::count(raw, '\n'));
        if (pos_ < text_.size() && text_[pos_] != separator_ && text_[pos_] != '\n' &&
            text_[pos_] != '\r')
            return fail(Code::invalid,
                        "line " + std::to_string(next_line_ - 1) + ": text after a closing quote");
        if (!doubled) return raw;
        append_undoubled(raw, unquoted_.emplace_back());
        return unquoted_.back();
    }
    return fail(Code::invalid, "line " + std::to_string(line_) + ": a quote is never closed");
}

void append_undoubled(std::string_view inside, std::string& out) {
    for (size_t i = 0; i < inside.size(); ++i) {
        out += inside[i];
        if (inside[i] == '"') ++i;
    }
}

namespace {

// Byte by byte, whatever the quotes are.
size_t whole_records_of_any(std::string_view text, char separator) {
    size_t whole = 0;
    bool start = true;  // of a cell
    for (size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '"' && start) {  // to the closing one; doubled quotes do not close
            for (++i; i < text.size(); ++i) {
                if (text[i] != '"') continue;
                if (i + 1 == text.size() || text[i + 1] != '"') break;
                ++i;
            }
            start = false;
            continue;
        }
        if (c == '\n') whole = i + 1;
        start = c == separator || c == '\n' || c == '\r';
    }
    return whole;
}

}  // namespace

size_t whole_records(std::string_view text, char separator) {
    if (text.empty()) return 0;
    if (std::memchr(text.data(), '"', text.size()) == nullptr) {
        const size_t last = text.rfind('\n');
        return last == std::string_view::npos ? 0 : last + 1;
    }
    size_t whole = 0;
    CsvQuotes quotes;
    for (size_t at = 0; at < text.size(); at += CsvBlock::kBytes) {
        const CsvBlock block = csv_block(text, at, separator);
        const uint64_t lines = block.lines & ~quotes.open(block);
        // Its text is not ours to count.
        if (quotes.odd()) return whole_records_of_any(text, separator);
        if (lines != 0)
            whole = at + CsvBlock::kBytes - static_cast<size_t>(std::countl_zero(lines));
    }
    return whole;
}

char separator_of(std::string_view header) {
    char best = ',';
    for (const char c : {';', '\t'}) {
        if (std::ranges::count(header, c) > std::ranges::count(header, best)) best = c;
    }
    return best;
}

}  // namespace rondo::columnar
