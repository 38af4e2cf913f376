// Any bytes are refused, or read up to a place; what was read is written back to the same bytes.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "domain/predictions/format.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace rondo::predictions;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto file = decode_file(bytes);
    if (!file) return 0;
    CHECK(file->whole_bytes <= size, "read beyond the end");
    std::string again;
    append_header(again, file->header);
    for (const Row& row : file->rows) append_record(again, file->header.schema, row);
    const auto back = decode_file(again);
    CHECK(back && back->rows.size() == file->rows.size(), "rows are lost on the way");
    CHECK(back->whole_bytes == again.size(), "our own record does not match its checksum");
    const auto salvaged = salvage_file(bytes);
    CHECK(salvaged && salvaged->rows.size() >= file->rows.size(), "salvaging loses rows");
    CHECK(salvaged->whole_bytes <= size && salvaged->damaged_bytes < size, "read beyond the end");
    return 0;
}
