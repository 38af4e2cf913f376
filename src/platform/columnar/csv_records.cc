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
            cells.push_back(plain_cell());
        }
        if (pos_ >= text_.size()) return true;
        const char c = text_[pos_++];
        if (c == separator_) continue;
        if (c == '\r' && pos_ < text_.size() && text_[pos_] == '\n') ++pos_;
        return true;
    }
}

std::string_view CsvRecords::plain_cell() {
    const char* const begin = text_.data() + pos_;
    const char* const end = text_.data() + text_.size();
    const char* at = begin;
    // Both line ends lie below every separator but the tab.
    while (at != end && *at != separator_ && *at != '\n' && *at != '\r') ++at;
    pos_ += static_cast<size_t>(at - begin);
    return {begin, static_cast<size_t>(at - begin)};
}

Result<std::string_view> CsvRecords::quoted_cell() {
    const size_t begin = ++pos_;
    bool doubled = false;
    while (pos_ < text_.size()) {
        const char c = text_[pos_];
        if (c == '\n') ++next_line_;
        ++pos_;
        if (c != '"') continue;
        if (pos_ < text_.size() && text_[pos_] == '"') {
            doubled = true;
            ++pos_;
            continue;
        }
        if (pos_ < text_.size() && text_[pos_] != separator_ && text_[pos_] != '\n' &&
            text_[pos_] != '\r')
            return fail(Code::invalid,
                        "line " + std::to_string(next_line_ - 1) + ": text after a closing quote");
        const std::string_view raw = text_.substr(begin, pos_ - 1 - begin);
        if (!doubled) return raw;
        std::string& cell = unquoted_.emplace_back();
        for (size_t i = 0; i < raw.size(); ++i) {
            cell += raw[i];
            if (raw[i] == '"') ++i;
        }
        return cell;
    }
    return fail(Code::invalid, "line " + std::to_string(line_) + ": a quote is never closed");
}

size_t whole_records(std::string_view text, char separator) {
    if (text.empty()) return 0;
    if (std::memchr(text.data(), '"', text.size()) == nullptr) {
        const size_t last = text.rfind('\n');
        return last == std::string_view::npos ? 0 : last + 1;
    }
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

char separator_of(std::string_view header) {
    char best = ',';
    for (const char c : {';', '\t'}) {
        if (std::ranges::count(header, c) > std::ranges::count(header, best)) best = c;
    }
    return best;
}

}  // namespace rondo::columnar
