#include "domain/data/table.h"

#include <cmath>
#include <memory>

#include "base/text.h"

namespace rondo::data {
namespace {

constexpr size_t kMaxColumns = 4096;

class CsvReader {
  public:
    explicit CsvReader(Table& table) : table_(table), text_(*table.bytes) {}

    Status read() {
        std::vector<std::string_view> cells;
        if (text_.starts_with("\xEF\xBB\xBF")) pos_ = 3;  // a byte order mark
        if (!next_record(cells)) return fail(Code::invalid, "the CSV file is empty");
        if (!problem_.empty()) return fail(Code::invalid, problem_);
        if (cells.size() > kMaxColumns)
            return fail(Code::too_large, "the CSV file has more than 4,096 columns");
        for (const std::string_view name : cells) table_.names.emplace_back(trim(name));
        table_.columns.resize(cells.size());
        while (next_record(cells)) {
            if (!problem_.empty()) return fail(Code::invalid, problem_);
            if (cells.size() == 1 && cells[0].empty()) continue;  // an empty line
            if (cells.size() != table_.names.size())
                return fail(Code::invalid, "line " + std::to_string(line_) + " has " +
                                               std::to_string(cells.size()) +
                                               " cells, the header " +
                                               std::to_string(table_.names.size()));
            for (size_t i = 0; i < cells.size(); ++i) table_.columns[i].push_back(cells[i]);
            ++table_.rows;
        }
        return problem_.empty() ? ok() : fail(Code::invalid, problem_);
    }

  private:
    bool next_record(std::vector<std::string_view>& cells) {
        cells.clear();
        if (pos_ >= text_.size()) return false;
        ++line_;
        while (true) {
            cells.push_back(next_cell());
            if (!problem_.empty() || pos_ >= text_.size()) return true;
            const char c = text_[pos_++];
            if (c == '\n') return true;
            if (c == '\r') {
                if (pos_ < text_.size() && text_[pos_] == '\n') ++pos_;
                return true;
            }
        }
    }

    std::string_view next_cell() {
        if (pos_ < text_.size() && text_[pos_] == '"') return quoted_cell();
        const size_t end = std::min(text_.find_first_of(",\r\n", pos_), text_.size());
        const std::string_view cell = text_.substr(pos_, end - pos_);
        pos_ = end;
        return cell;
    }

    std::string_view quoted_cell() {
        const size_t start_line = line_;
        auto cell = std::make_unique<std::string>();
        ++pos_;
        while (pos_ < text_.size()) {
            const char c = text_[pos_++];
            if (c == '\n') ++line_;
            if (c != '"') {
                *cell += c;
            } else if (pos_ < text_.size() && text_[pos_] == '"') {
                *cell += '"';
                ++pos_;
            } else {
                if (pos_ < text_.size() && text_[pos_] != ',' && text_[pos_] != '\n' &&
                    text_[pos_] != '\r')
                    problem_ = "line " + std::to_string(line_) + ": text after a closing quote";
                table_.unquoted.push_back(std::move(cell));
                return *table_.unquoted.back();
            }
        }
        problem_ = "line " + std::to_string(start_line) + ": a quote is never closed";
        return {};
    }

    Table& table_;
    std::string_view text_;
    size_t pos_ = 0;
    size_t line_ = 0;
    std::string problem_;
};

}  // namespace

std::optional<size_t> Table::find(std::string_view name) const {
    for (size_t i = 0; i < names.size(); ++i) {
        if (names[i] == name) return i;
    }
    return std::nullopt;
}

Result<size_t> Table::need(std::string_view name, std::string_view table) const {
    if (const auto found = find(name)) return *found;
    std::string have;
    for (const std::string& n : names) have += (have.empty() ? "" : ", ") + n;
    return fail(Code::invalid,
                quoted(table) + " has no column " + quoted(name) + "; it has " + have);
}

Result<Table> parse_csv(std::string bytes) {
    Table table;
    table.bytes = std::make_unique<std::string>(std::move(bytes));
    TRY(CsvReader(table).read());
    return table;
}

Result<double> number_of(std::string_view cell) {
    if (cell.empty() || cell == "NaN" || cell == "nan" || cell == "NA") return std::nan("");
    if (cell == "True" || cell == "true") return 1.0;
    if (cell == "False" || cell == "false") return 0.0;
    if (const auto value = parse_double(trim(cell))) return *value;
    return fail(Code::invalid, quoted(cell) + " is no number");
}

}  // namespace rondo::data
