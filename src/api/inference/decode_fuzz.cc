// Any body is refused as the caller's mistake, or becomes a frame that is whole: a cell for each
// row and column, texts where text cells point. The model has a column of each type.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/inference/decode.h"
#include "base/check.h"

namespace {

using namespace rondo;

serving::ModelDescription described() {
    serving::ModelDescription model;
    model.inputs.columns = {{"a", serving::ColumnType::float32},
                            {"b", serving::ColumnType::float64},
                            {"c", serving::ColumnType::int64},
                            {"d", serving::ColumnType::text}};
    model.required = {true, false, false, true};
    model.has_signature = true;
    return model;
}

void check_whole(const serving::Frame& frame) {
    const auto& columns = frame.schema->columns;
    CHECK(frame.cells.size() == frame.rows * columns.size(), "cells are missing");
    for (size_t r = 0; r < frame.rows; ++r) {
        for (size_t c = 0; c < columns.size(); ++c) {
            if (columns[c].type == serving::ColumnType::text)
                CHECK(frame.row(r)[c].text < frame.texts.size(), "a text that is not there");
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static const serving::ModelDescription kSigned = described();
    static const serving::ModelDescription kUnsigned;
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    for (const auto* model : {&kSigned, &kUnsigned}) {
        const auto frame = api::inference::decode_invocations(body, *model);
        if (frame) check_whole(*frame);
        CHECK(frame || frame.error().code == Code::invalid, "a bad body is the caller's mistake");
        const auto table = api::inference::decode_csv(std::string(body), *model);
        if (table) check_whole(*table);
        CHECK(table || table.error().code == Code::invalid, "a bad table is the caller's mistake");
        const auto request = api::inference::decode_v2(body, *model);
        if (request) check_whole(request->frame);
        CHECK(request || request.error().code == Code::invalid,
              "a bad request is the caller's mistake");
    }
    return 0;
}
