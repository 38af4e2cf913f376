#include "domain/data/table.h"

#include <cmath>
#include <memory>

#include "base/text.h"

namespace rondo::data {
namespace {

constexpr size_t kMaxColumns = 4096;

Status read_records(Table& table) {
    std::vector<std::string_view> cells;
    columnar::CsvRecords& records = *table.records;
    TRY_ASSIGN(const bool any, records.next(cells));
    if (!any) return fail(Code::invalid, "the CSV file is empty");
    if (cells.size() > kMaxColumns)
        return fail(Code::too_large, "the CSV file has more than 4,096 columns");
    for (const std::string_view name : cells) table.names.emplace_back(trim(name));
    table.columns.resize(cells.size());
    while (true) {
        TRY_ASSIGN(const bool more, records.next(cells));
        if (!more) return ok();
        if (records.blank()) continue;
        if (cells.size() != table.names.size())
            return fail(Code::invalid, "line " + std::to_string(records.line()) + " has " +
                                           std::to_string(cells.size()) + " cells, the header " +
                                           std::to_string(table.names.size()));
        for (size_t i = 0; i < cells.size(); ++i) table.columns[i].push_back(cells[i]);
        ++table.rows;
    }
}

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
    std::string_view text = *table.bytes;
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a byte order mark
    table.records = std::make_unique<columnar::CsvRecords>(text);
    TRY(read_records(table));
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
