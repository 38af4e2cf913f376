// The pages of one chunk of a column: a row group's part of it.
#pragma once

#include "platform/columnar/parquet_meta.h"

namespace rondo::columnar {

// Appends the chunk's values, exactly as many as it says, to the column. Memory is taken as values
// are met, not as they are promised.
Status read_parquet_chunk(File& file, const ParquetColumn& column, const ParquetChunk& chunk,
                          const Limits& limits, Column& out);

}  // namespace rondo::columnar
