// Reads a flat Parquet file column by column: pages of version 1 and 2, plain and dictionary
// encoding, unpacked or by snappy, gzip, zstd and raw LZ4. What else the format allows gets an
// error that names the column and the way out; nested columns are listed and not read.
#pragma once

#include "platform/columnar/table.h"

namespace rondo::columnar {

// `name` is for messages about columns. Memory of one column at a time, of each thread that reads
// one.
Result<std::unique_ptr<Table>> open_parquet(std::shared_ptr<File> file, const std::string& name,
                                            const ReadOptions& options);

}  // namespace rondo::columnar
