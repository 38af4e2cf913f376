#include "domain/predictions/format.h"

#include <doctest/doctest.h>

namespace rondo::predictions {
namespace {

constexpr int kRows = 10;

Row made_row(const Schema& schema, int number) {
    Row row;
    row.key = {1000 + number, 7, static_cast<uint32_t>(number)};
    row.unit = "unit-" + std::to_string(number);
    row.features.resize(schema.columns.size());
    row.champion_answer.values = {0.5};
    return row;
}

struct MadeFile {
    Schema schema;
    std::string bytes;
    std::vector<size_t> begins;  // of the records, and the end

    MadeFile() {
        schema.columns.push_back({"x", ColumnType::float64});
        append_header(bytes, {1, "2024-04-01", schema});
        for (int i = 0; i < kRows; ++i) {
            begins.push_back(bytes.size());
            append_record(bytes, schema, made_row(schema, i));
        }
        begins.push_back(bytes.size());
    }
};

TEST_CASE("a damaged record costs that record alone") {
    MadeFile made;
    for (size_t at = made.begins[4]; at < made.begins[5]; ++at) {
        for (int bit = 0; bit < 8; ++bit) {
            CAPTURE(at);
            CAPTURE(bit);
            made.bytes[at] = static_cast<char>(made.bytes[at] ^ 1 << bit);
            CHECK(decode_file(made.bytes)->rows.size() == 4);
            const auto file = salvage_file(made.bytes);
            REQUIRE(file);
            CHECK(file->rows.size() == kRows - 1);
            CHECK(file->rows[4].unit == "unit-5");
            CHECK(file->damaged_bytes == made.begins[5] - made.begins[4]);
            CHECK(file->whole_bytes == made.bytes.size());
            made.bytes[at] = static_cast<char>(made.bytes[at] ^ 1 << bit);
        }
    }
}

TEST_CASE("a torn end is no damage") {
    const MadeFile made;
    for (size_t size = made.begins[kRows - 1]; size < made.begins[kRows]; ++size) {
        const auto file = salvage_file(std::string_view(made.bytes).substr(0, size));
        REQUIRE(file);
        CHECK(file->rows.size() == kRows - 1);
        CHECK(file->damaged_bytes == 0);
        CHECK(file->whole_bytes == made.begins[kRows - 1]);
    }
}

}  // namespace
}  // namespace rondo::predictions
