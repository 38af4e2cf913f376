// The bytes of the prediction log (docs/formats/prediction-log.md): a header with the schema, then
// records, each with its length and checksum. Day logs and sealed segments share the format.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/predictions/model.h"

namespace rondo::predictions {

struct FileHeader {
    int64_t endpoint_id = 0;
    std::string day;
    Schema schema;
    static constexpr auto fields =
        std::tuple{json::field("endpoint_id", &FileHeader::endpoint_id, "The endpoint"),
                   json::field("day", &FileHeader::day, "Event day of all rows"),
                   json::field("schema", &FileHeader::schema, "Columns of the features")};
};

inline constexpr size_t kMaxRecordBytes = 16 << 20;
// Numbers of one answer: their count shares 16 bits with what kind they are.
inline constexpr size_t kMaxAnswerValues = (1 << 14) - 1;

// One value by its column's type, as log and model workers read it: a number's bytes, or a text
// with its length.
void put_cell(std::string& out, ColumnType type, Cell cell, const std::vector<std::string>& texts);

void append_header(std::string& out, const FileHeader& header);
// One record: length, checksum, row. The row's features have the schema's columns.
void append_record(std::string& out, const Schema& schema, const Row& row);

struct DecodedFile {
    FileHeader header;
    std::vector<Row> rows;
    // Bytes up to the end of the last whole record. Less than the file's size: a crash tore the
    // last write.
    size_t whole_bytes = 0;
    // Of them, bytes of damaged records between whole ones (salvage_file only).
    size_t damaged_bytes = 0;
};
// Stops at the first torn or damaged record; an error only when the header itself is unreadable.
Result<DecodedFile> decode_file(std::string_view bytes);
// Goes on behind damaged records as long as whole ones follow.
Result<DecodedFile> salvage_file(std::string_view bytes);

}  // namespace rondo::predictions
