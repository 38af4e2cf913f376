#include "domain/drift/reference.h"

#include <algorithm>
#include <cmath>

namespace rondo::drift {

size_t Reference::find(std::string_view name) const {
    const auto found = std::ranges::find(fields(), name, &columnar::Field::name);
    return static_cast<size_t>(found - fields().begin());
}

Result<SortedColumn> TableReference::take(size_t index, bool in_order) {
    TRY_ASSIGN(auto column, table_.column(index));
    table_.release(index);
    hashes_.add(*column, index);
    if (column->type != columnar::Type::timestamp) return sort_column(std::move(column), in_order);
    SortedColumn out;
    out.type = column->type;
    out.numbers.side.rows = static_cast<int64_t>(column->rows());
    out.numbers.side.missing = static_cast<int64_t>(
        std::ranges::count_if(column->numbers, [](double v) { return std::isnan(v); }));
    return out;
}

}  // namespace rondo::drift
