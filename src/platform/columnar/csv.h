// Reads a whole CSV file into typed columns, on all given threads.
#pragma once

#include "platform/columnar/table.h"

namespace rondo::columnar {

// The first record names the columns. The separator is a comma, or the semicolon or tab that the
// header has more of. Empty lines are left out. A row of another length is refused by its line.
Result<std::unique_ptr<Table>> open_csv(std::shared_ptr<File> file, const ReadOptions& options);

}  // namespace rondo::columnar
