#include "domain/predictions/schema.h"

#include <charconv>
#include <optional>

namespace rondo::predictions {
namespace {

std::optional<size_t> find(const Schema& schema, const std::string& name) {
    for (size_t i = 0; i < schema.columns.size(); ++i) {
        if (schema.columns[i].name == name) return i;
    }
    return std::nullopt;
}

ColumnType with_missing(ColumnType type) {
    return type == ColumnType::int64 ? ColumnType::float64 : type;
}

ColumnType wider(ColumnType a, ColumnType b) {
    if (a == b) return a;
    return a == ColumnType::text || b == ColumnType::text ? ColumnType::text : ColumnType::float64;
}

template <class T>
std::string shortest(T value) {
    char buffer[40];
    const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
    return {buffer, static_cast<size_t>(end - buffer)};
}

}  // namespace

Schema merge(const Schema& a, const Schema& b) {
    Schema out;
    for (const Column& column : a.columns) {
        const auto other = find(b, column.name);
        out.columns.push_back({column.name, other ? wider(column.type, b.columns[*other].type)
                                                  : with_missing(column.type)});
    }
    for (const Column& column : b.columns) {
        if (!find(a, column.name)) out.columns.push_back({column.name, with_missing(column.type)});
    }
    return out;
}

void convert(Row& row, const Schema& from, const Schema& to) {
    std::vector<Cell> features;
    std::vector<std::string> texts;
    for (const Column& column : to.columns) {
        const auto source = find(from, column.name);
        Cell cell{};
        switch (column.type) {
            case ColumnType::text:
                cell.text = static_cast<uint32_t>(texts.size());
                texts.push_back(source ? text_of(row, from, *source) : std::string());
                break;
            case ColumnType::int64:
                cell.integer = source ? row.features[*source].integer : 0;
                break;
            default:
                cell.real = source ? number_of(row, from, *source) : std::nan("");
        }
        features.push_back(cell);
    }
    row.features = std::move(features);
    row.texts = std::move(texts);
}

void append_part(DecodedFile& all, DecodedFile part) {
    if (all.rows.empty()) all.header.schema = part.header.schema;
    const Schema both = merge(all.header.schema, part.header.schema);
    for (Row& row : all.rows) {
        if (both != all.header.schema) convert(row, all.header.schema, both);
    }
    for (Row& row : part.rows) {
        if (both != part.header.schema) convert(row, part.header.schema, both);
    }
    all.header.schema = both;
    all.rows.insert(all.rows.end(), std::make_move_iterator(part.rows.begin()),
                    std::make_move_iterator(part.rows.end()));
}

double number_of(const Row& row, const Schema& schema, size_t column) {
    switch (schema.columns[column].type) {
        case ColumnType::int64:
            return static_cast<double>(row.features[column].integer);
        case ColumnType::text:
            return std::nan("");
        default:
            return row.features[column].real;
    }
}

std::string text_of(const Row& row, const Schema& schema, size_t column) {
    const Cell cell = row.features[column];
    switch (schema.columns[column].type) {
        case ColumnType::text:
            return row.texts[cell.text];
        case ColumnType::int64:
            return shortest(cell.integer);
        case ColumnType::float32:
            return std::isnan(cell.real) ? "" : shortest(static_cast<float>(cell.real));
        case ColumnType::float64:
            return std::isnan(cell.real) ? "" : shortest(cell.real);
    }
    return {};
}

}  // namespace rondo::predictions
