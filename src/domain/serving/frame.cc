#include "domain/serving/frame.h"

#include <cmath>

#include "base/text.h"

namespace rondo::serving {
namespace {

bool is_number(ColumnType type) { return type != ColumnType::text; }

// A number of one type as another; integers cannot say "missing".
Result<Cell> convert(Cell cell, ColumnType from, ColumnType to, const std::string& name) {
    Cell out{};
    if (to == ColumnType::int64) {
        if (from == ColumnType::int64) return cell;
        if (std::isnan(cell.real) || std::trunc(cell.real) != cell.real)
            return fail(Code::invalid,
                        "the feature " + rondo::quoted(name) + " has to be an integer", name);
        out.integer = static_cast<int64_t>(cell.real);
        return out;
    }
    out.real = from == ColumnType::int64 ? static_cast<double>(cell.integer) : cell.real;
    if (to == ColumnType::float32) out.real = static_cast<double>(static_cast<float>(out.real));
    return out;
}

}  // namespace

Result<Frame> project(const Frame& frame, const Schema& to) {
    const auto& from = frame.schema->columns;
    std::vector<size_t> place;
    for (const auto& column : to.columns) {
        size_t index = 0;
        while (index < from.size() && from[index].name != column.name) ++index;
        if (index == from.size() || is_number(from[index].type) != is_number(column.type))
            return fail(Code::invalid,
                        "the model needs the feature " + rondo::quoted(column.name) +
                            ", which the request does not have",
                        column.name);
        place.push_back(index);
    }
    Frame out;
    out.schema = &to;
    out.rows = frame.rows;
    out.texts = frame.texts;
    out.cells.reserve(frame.rows * to.columns.size());
    for (size_t row = 0; row < frame.rows; ++row) {
        for (size_t c = 0; c < place.size(); ++c) {
            const Cell cell = frame.row(row)[place[c]];
            if (to.columns[c].type == ColumnType::text) {
                out.cells.push_back(cell);
                continue;
            }
            TRY_ASSIGN(const Cell converted,
                       convert(cell, from[place[c]].type, to.columns[c].type, to.columns[c].name));
            out.cells.push_back(converted);
        }
    }
    return out;
}

}  // namespace rondo::serving
