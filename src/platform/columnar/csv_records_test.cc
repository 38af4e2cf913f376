#include "platform/columnar/csv_records.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <string>

#include "platform/columnar/csv_index.h"

namespace rondo::columnar {
namespace {

using Records = std::vector<std::vector<std::string>>;

// A byte at a time, by the letter of RFC 4180; nothing where a quote is wrong.
std::optional<Records> slowly(std::string_view text, char separator) {
    Records out;
    for (size_t at = 0; at < text.size();) {
        std::vector<std::string>& record = out.emplace_back();
        while (true) {
            std::string& cell = record.emplace_back();
            if (at < text.size() && text[at] == '"') {
                for (++at;; ++at) {
                    if (at == text.size()) return std::nullopt;
                    if (text[at] != '"')
                        cell += text[at];
                    else if (at + 1 < text.size() && text[at + 1] == '"')
                        cell += text[at++];
                    else
                        break;
                }
                if (++at < text.size() && text[at] != separator && text[at] != '\n' &&
                    text[at] != '\r')
                    return std::nullopt;
            } else {
                while (at < text.size() && text[at] != separator && text[at] != '\n' &&
                       text[at] != '\r')
                    cell += text[at++];
            }
            if (at == text.size() || text[at] != separator) break;
            ++at;
        }
        if (at < text.size() && text[at] == '\r') {
            ++at;
            if (at < text.size() && text[at] == '\n') ++at;
        } else if (at < text.size()) {
            ++at;
        }
    }
    return out;
}

std::optional<Records> quickly(std::string_view text, char separator) {
    Records out;
    CsvRecords records(text, separator);
    std::vector<std::string_view> cells;
    while (true) {
        const auto any = records.next(cells);
        if (!any) return std::nullopt;
        if (!*any) return out;
        out.emplace_back(cells.begin(), cells.end());
    }
}

std::string any_text(std::mt19937& random, std::string_view letters) {
    std::string out(random() % 300, ' ');
    for (char& c : out) c = letters[random() % letters.size()];
    return out;
}

// Cells as a program writes them, quoted where they have to be and sometimes else.
std::string written(std::mt19937& random, char separator) {
    std::string out;
    for (auto rows = random() % 40; rows > 0; --rows) {
        for (int cell = 0; cell < 3; ++cell) {
            if (cell > 0) out += separator;
            const std::string text = any_text(random, "ab1.,;\"\n\t\r").substr(0, random() % 90);
            const bool plain = text.find_first_of("\"\n\r,;\t") == std::string::npos;
            if (plain && random() % 2 == 0) {
                out += text;
                continue;
            }
            out += '"';
            for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
            out += '"';
        }
        out += random() % 4 == 0 ? "\r\n" : "\n";
    }
    return out;
}

TEST_CASE("records are what a byte at a time gives") {
    std::mt19937 random(1);
    size_t good = 0;
    for (int i = 0; i < 30'000; ++i) {
        const char separator = ",;\t"[random() % 3];
        const std::string text = i % 3 == 0   ? any_text(random, ",;\n\"ab")
                                 : i % 3 == 1 ? any_text(random, "abc,;\r\n\t")
                                              : written(random, separator);
        CAPTURE(text);
        const auto there = slowly(text, separator);
        REQUIRE(quickly(text, separator) == there);
        good += there ? 1 : 0;
        if (i % 3 == 2) REQUIRE(there.has_value());
    }
    CHECK(good > 15'000);
}

std::string without_quotes(std::string_view cell) {
    if (!cell.starts_with('"')) return std::string(cell);
    std::string out;
    for (size_t i = 1; i + 1 < cell.size(); ++i) {
        out += cell[i];
        if (cell[i] == '"') ++i;
    }
    return out;
}

TEST_CASE("an index finds the cells of records") {
    std::mt19937 random(4);
    CsvIndex index;
    size_t found = 0;
    for (int i = 0; i < 30'000; ++i) {
        const char separator = ",;\t"[random() % 3];
        const std::string text = i % 3 == 0   ? any_text(random, ",\n\"ab\r")
                                 : i % 3 == 1 ? any_text(random, "abc,\n")
                                              : written(random, separator);
        CAPTURE(text);
        const auto there = slowly(text, separator);
        const size_t columns = i % 3 == 2 ? 3 : 1 + random() % 2;
        const bool plain = index.find(text, separator, columns);
        // Where records are as long as they should be and no line is empty, it has to.
        if (i % 3 == 2) REQUIRE(plain);
        if (!plain) continue;
        REQUIRE(there.has_value());
        REQUIRE(index.rows() == there->size());
        CsvRecords records(text, separator);
        std::vector<std::string_view> cells;
        while (records.next(cells).value()) CHECK(!records.blank());
        REQUIRE(index.lines() == records.lines());
        for (size_t row = 0; row < index.rows(); ++row) {
            REQUIRE((*there)[row].size() == columns);
            for (size_t c = 0; c < columns; ++c) {
                const std::string_view cell = index.cell(row, c);
                REQUIRE(without_quotes(cell) == (*there)[row][c]);
                if (!index.has_doubled() && cell.starts_with('"'))
                    REQUIRE(cell.substr(1, cell.size() - 2) == (*there)[row][c]);
            }
        }
        found += index.rows() > 1 ? 1 : 0;
    }
    CHECK(found > 9'000);
}

TEST_CASE("whole records end where no quote is open") {
    std::mt19937 random(2);
    for (int i = 0; i < 20'000; ++i) {
        const char separator = ",;\t"[random() % 3];
        std::string text = i % 2 == 0 ? written(random, separator) : any_text(random, "ab\"\n,,;");
        text.resize(text.size() - (text.empty() ? 0 : random() % text.size()));
        CAPTURE(text);
        const size_t whole = whole_records(text, separator);
        REQUIRE(whole <= text.size());
        CHECK((whole == 0 || text[whole - 1] == '\n'));
        const auto all = slowly(text, separator), head = slowly(text.substr(0, whole), separator);
        if (!all && i % 2 == 1) continue;  // a wrong quote: its line is told when it is parsed
        REQUIRE(head);
        auto both = *head;
        // What is left is one record at most, of which the end is not there yet.
        const auto tail = slowly(text.substr(whole), separator);
        if (!tail) continue;
        CHECK(tail->size() <=
              1 + static_cast<size_t>(std::ranges::count(text.substr(whole), '\r')));
        both.insert(both.end(), tail->begin(), tail->end());
        if (all) CHECK(both == *all);
    }
}

TEST_CASE("blocks by SSE2 are those of any machine") {
    std::mt19937 random(3);
    for (int i = 0; i < 5'000; ++i) {
        std::string text = any_text(random, "ab,;\"\n\r\t");
        for (char& c : text) c = random() % 9 == 0 ? static_cast<char>(random()) : c;
        for (size_t from = 0; from < text.size(); from += 64) {
            const CsvBlock one = csv_block(text, from, ','),
                           other = csv_block_plain(text, from, ',');
            REQUIRE((one.ends == other.ends && one.lines == other.lines &&
                     one.quotes == other.quotes && one.returns == other.returns &&
                     one.within == other.within));
        }
    }
}

}  // namespace
}  // namespace rondo::columnar
