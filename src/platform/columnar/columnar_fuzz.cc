// Any bytes are refused, or a table whose columns all read as long as it says, or are refused.
#include <cstddef>
#include <cstdint>

#include "base/bytes_file.h"
#include "base/check.h"
#include "platform/columnar/table.h"

using namespace rondo;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    // Small limits, so that a promise of millions of rows is met early.
    columnar::ReadOptions options;
    options.limits = {.columns = 100,
                      .rows = 20'000,
                      .cells = 200'000,
                      .page_bytes = 1 << 20,
                      .page_values = 20'000,
                      .footer_bytes = 1 << 20,
                      .record_bytes = 1 << 20,
                      .text_bytes = 8 << 20};
    const auto table = columnar::open_table(
        std::make_shared<BytesFile>(std::string_view(reinterpret_cast<const char*>(data), size)),
        "input", options);
    if (!table) return 0;
    for (size_t i = 0; i < (*table)->fields().size(); ++i) {
        const auto column = (*table)->column(i);
        if (!column) continue;
        CHECK((*column)->rows() == (*table)->rows(), "a column of another length");
        for (const uint32_t code : (*column)->codes)
            CHECK(code == columnar::kMissingCode || code < (*column)->words.size(),
                  "a word that is not there");
    }
    return 0;
}
