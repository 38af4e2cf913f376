// Any bytes are refused, or a table whose columns are all as long as it says.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "domain/data/table.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace rondo::data;
    const auto table = parse_csv(std::string(reinterpret_cast<const char*>(data), size));
    if (!table) return 0;
    CHECK(table->columns.size() == table->names.size(), "a column without a name");
    for (const auto& column : table->columns) {
        CHECK(column.size() == table->rows, "a column of another length");
        for (const auto cell : column) (void)number_of(cell);
    }
    return 0;
}
