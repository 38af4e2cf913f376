#include "domain/serving/table_frame.h"

#include <cmath>

#include "base/text.h"

namespace rondo::serving {
namespace {

constexpr double kExactIntegers = 9e15;  // a double holds every integer below it

Status fill_cell(Frame& frame, const predictions::Column& column, std::string_view text) {
    Cell cell{};
    if (column.type == ColumnType::text) {
        cell.text = static_cast<uint32_t>(frame.texts.size());
        frame.texts.emplace_back(text);
    } else {
        auto value = data::number_of(text);
        if (!value)
            return fail(value.error().code,
                        "column " + quoted(column.name) + ": " + value.error().message);
        if (column.type == ColumnType::int64) {
            if (std::isnan(*value))
                return fail(Code::invalid, "column " + quoted(column.name) +
                                               " has an empty cell; integers cannot be missing");
            if (std::trunc(*value) != *value || std::abs(*value) >= kExactIntegers)
                return fail(Code::invalid, "column " + quoted(column.name) +
                                               " has to hold integers, not " + std::string(text));
            cell.integer = static_cast<int64_t>(*value);
        } else {
            cell.real = column.type == ColumnType::float32
                            ? static_cast<double>(static_cast<float>(*value))
                            : *value;
        }
    }
    frame.cells.push_back(cell);
    return ok();
}

}  // namespace

Result<Frame> frame_of(const data::Table& table, std::span<const size_t> rows,
                       const Schema& schema) {
    std::vector<size_t> columns;
    for (const auto& column : schema.columns) {
        TRY_ASSIGN(const size_t index, table.need(column.name, "the data"));
        columns.push_back(index);
    }
    Frame frame;
    frame.schema = &schema;
    frame.rows = rows.size();
    frame.cells.reserve(rows.size() * columns.size());
    for (const size_t row : rows) {
        for (size_t c = 0; c < columns.size(); ++c)
            TRY(fill_cell(frame, schema.columns[c], table.columns[columns[c]][row]));
    }
    return frame;
}

}  // namespace rondo::serving
