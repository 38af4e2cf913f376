#include "platform/columnar/csv_piece.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "platform/columnar/csv_cells.h"
#include "platform/columnar/csv_number.h"
#include "platform/columnar/csv_records.h"

namespace rondo::columnar {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double kExact = 9007199254740992.0;  // 2^53
constexpr size_t kRowsAtOnce = 64;  // column by column, while their text is in the nearest cache

}  // namespace

void CsvPiece::take(std::string records) {
    text_ = std::move(records);
    bytes_ = text_.size();
    text_.append(kPadding, '\0');
}

// Calls visit(column, cell) for each cell that is not missing, and lack(column) for the others.
template <class Visit, class Lack>
Status CsvPiece::each_cell(const CsvLayout& layout, size_t first_line, Visit&& visit, Lack&& lack) {
    const size_t columns = layout.expected.size();
    CsvRecords records(this->records(), layout.separator, first_line);
    std::vector<std::string_view> cells;
    rows_ = 0;
    while (true) {
        TRY_ASSIGN(const bool any, records.next(cells));
        if (!any) {
            lines_ = records.lines() + 1 - first_line;
            return ok();
        }
        if (records.blank()) continue;
        if (cells.size() != columns)
            return fail(Code::invalid, "line " + std::to_string(records.line()) + " has " +
                                           std::to_string(cells.size()) + " cells, the header " +
                                           std::to_string(columns));
        for (size_t i = 0; i < columns; ++i) {
            if (is_missing(cells[i]))
                lack(i);
            else
                visit(i, cells[i]);
        }
        ++rows_;
    }
}

Status CsvPiece::learn(const CsvLayout& layout, size_t first_line) {
    types_ = layout.expected;
    return each_cell(
        layout, first_line,
        [&](size_t i, std::string_view cell) {
            std::optional<Type>& type = types_[i];
            double value = 0;
            if (type && (*type == Type::text || parse_cell(cell, *type, value))) return;
            type = type ? joined(*type, type_of_cell(cell)) : type_of_cell(cell);
        },
        [](size_t) {});
}

Status CsvPiece::parse(const CsvLayout& layout, size_t first_line) {
    types_ = expected_ = layout.expected;
    columns_.resize(types_.size());
    for (size_t i = 0; i < columns_.size(); ++i) {
        Column& column = columns_[i];
        column.type = types_[i].value_or(Type::number);
        column.numbers.clear();
        column.codes.clear();
        column.words.clear();
        column.missing = column.rounded = 0;
    }
    if (index_.find(records(), layout.separator, columns_.size())) {
        rows_ = index_.rows();
        lines_ = index_.lines();
        for (size_t from = 0; from < rows_; from += kRowsAtOnce)
            parse_rows(from, std::min(from + kRowsAtOnce, rows_));
        return ok();
    }
    return each_cell(
        layout, first_line,
        [&](size_t i, std::string_view cell) {
            Column& column = columns_[i];
            if (column.type == Type::text)
                column.codes.push_back(column.words.add(cell));
            else
                column.numbers.push_back(value_of(i, cell));
        },
        [&](size_t i) {
            Column& column = columns_[i];
            ++column.missing;
            if (column.type == Type::text)
                column.codes.push_back(kMissingCode);
            else
                column.numbers.push_back(kNone);
        });
}

void CsvPiece::parse_rows(size_t from, size_t to) {
    static const DecimalParser parse_decimals = fast_decimal_parser();
    for (size_t i = 0; i < columns_.size(); ++i) {
        const auto none = [](std::string_view, double&) { return false; };
        if (columns_[i].type == Type::text)
            parse_words(i, from, to);
        else if (!expected_[i])
            parse_numbers(i, from, to, none);
        else if (columns_[i].type == Type::number)
            parse_numbers(i, from, to, parse_decimals);
        else if (columns_[i].type == Type::integer)
            parse_numbers(i, from, to, parse_padded_integer);
        else
            parse_numbers(i, from, to, none);
    }
}

// Most cells are what `parse` takes; it may refuse any.
template <class Parse>
void CsvPiece::parse_numbers(size_t column, size_t from, size_t to, Parse&& parse) {
    Column& out = columns_[column];
    out.numbers.resize(to);
    std::string room;
    for (size_t row = from; row < to; ++row) {
        double& value = out.numbers[row];
        std::string_view cell = index_.cell(row, column);
        if (parse(cell, value)) {
            out.rounded += out.type == Type::integer && std::abs(value) >= kExact ? 1 : 0;
            continue;
        }
        cell = unquoted(cell, room);
        const bool missing = is_missing(cell);
        out.missing += missing ? 1 : 0;
        value = missing ? kNone : value_of(column, cell);
    }
}

void CsvPiece::parse_words(size_t column, size_t from, size_t to) {
    Column& out = columns_[column];
    out.codes.resize(to);
    std::string room;
    for (size_t row = from; row < to; ++row) {
        const std::string_view cell = unquoted(index_.cell(row, column), room);
        const bool missing = is_missing(cell);
        out.missing += missing ? 1 : 0;
        out.codes[row] = missing ? kMissingCode : out.words.add(cell);
    }
}

// A cell without its quotes; with doubled ones it is written into `room`.
std::string_view CsvPiece::unquoted(std::string_view cell, std::string& room) const {
    if (!cell.starts_with('"')) return cell;
    cell = cell.substr(1, cell.size() - 2);
    if (!index_.has_doubled() || !cell.contains('"')) return cell;
    room.clear();
    append_undoubled(cell, room);
    return room;
}

// Of a cell that is there, in a column that is no text.
double CsvPiece::value_of(size_t column, std::string_view cell) {
    Column& out = columns_[column];
    double value = kNone;
    std::optional<Type>& type = types_[column];
    // Where nothing was expected each cell counts: one that is a number may be no integer.
    if (!expected_[column] || !parse_cell(cell, out.type, value)) {
        // This pass is lost for the column; what all its cells are is still to be learned.
        if (!type || !parse_cell(cell, *type, value))
            type = type ? joined(*type, type_of_cell(cell)) : type_of_cell(cell);
    }
    if (out.type == Type::integer && std::abs(value) >= kExact) ++out.rounded;
    return value;
}

}  // namespace rondo::columnar
