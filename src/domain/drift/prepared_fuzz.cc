// Any bytes are refused, or a reference whose columns are all as long as it says, or are refused.
// Checksums are ignored, or nothing behind them would ever be reached.
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/bytes_file.h"
#include "base/check.h"
#include "domain/drift/prepared.h"

namespace {

using namespace rondo;

void check(const drift::SortedColumn& column, const columnar::Field& field, uint64_t rows) {
    CHECK(column.type == field.type && column.rows() == rows, "not the column that was asked for");
    if (column.is_text()) {
        uint64_t counted = column.missing();
        for (const uint64_t count : column.counts) counted += count;
        CHECK(counted == rows && column.words.size() == column.counts.size(),
              "rows without a word");
        CHECK(std::ranges::is_sorted(column.words), "words that do not ascend");
    } else if (column.type != columnar::Type::timestamp) {
        const auto values = column.numbers.values.values();
        CHECK(std::ranges::is_sorted(values), "values that do not ascend");
        for (const double v : values) CHECK(std::isfinite(v), "a value that is not finite");
        CHECK(values.size() + column.missing() +
                      static_cast<uint64_t>(column.numbers.side.infinite) ==
                  rows,
              "a column of another length");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto reference = drift::open_prepared(std::make_shared<BytesFile>(bytes), "input",
                                                drift::Checksums::ignored);
    if (!reference) return 0;
    const auto& fields = (*reference)->fields();
    for (size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].type == columnar::Type::unread) continue;
        for (const bool in_order : {false, true}) {
            const auto column = (*reference)->take(i, in_order);
            if (column) check(*column, fields[i], (*reference)->rows());
        }
        (void)(*reference)->repeated({i});
    }
    return 0;
}
