// What a Parquet file says about itself in its footer: columns, row groups, where their bytes lie.
// Source: the Apache Parquet format, version 2.
#pragma once

#include <string>
#include <vector>

#include "platform/columnar/table.h"
#include "platform/columnar/unpack.h"

namespace rondo::columnar {

enum class Physical : int32_t {
    boolean = 0,
    int32 = 1,
    int64 = 2,
    int96 = 3,
    float32 = 4,
    float64 = 5,
    bytes = 6,
    fixed = 7,
};

// How stored values become a column's numbers or texts.
enum class Meaning : uint8_t {
    plain,         // as stored
    is_unsigned,   // an integer without sign
    decimal,       // an integer over 10^scale
    text,          // bytes as text
    hex,           // bytes without a meaning: shown in hex
    half,          // a 16-bit float
    days,          // since 1970
    milliseconds,  // since 1970, like the next two
    microseconds,
    nanoseconds,
};

struct ParquetColumn {
    Field field;
    Physical physical = Physical::boolean;
    Meaning meaning = Meaning::plain;
    size_t width = 0;  // of fixed bytes
    int scale = 0;     // of decimals
    bool optional = false;
    size_t leaf = 0;  // its place among the chunks of a row group
};

struct ParquetChunk {
    Codec codec = Codec::none;
    uint64_t values = 0;  // nulls are counted
    uint64_t start = 0, bytes = 0;
};

struct ParquetGroup {
    uint64_t rows = 0;
    std::vector<ParquetChunk> chunks;
};

struct ParquetMeta {
    std::vector<ParquetColumn> columns;
    std::vector<ParquetGroup> groups;
    uint64_t rows = 0;
};

// Reads the footer. Every offset and count is checked against the file's size and the limits.
Result<ParquetMeta> read_parquet_meta(File& file, const Limits& limits);

}  // namespace rondo::columnar
