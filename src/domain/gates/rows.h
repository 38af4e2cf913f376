// The labelled rows of a data version.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "domain/data/service.h"
#include "domain/data/table.h"
#include "domain/gates/model.h"
#include "platform/blob/blob.h"

namespace rondo::gates {

inline constexpr size_t kMaxTableBytes = size_t{2} << 30;

// One file's rows, with what every row has.
struct LabelledTable {
    std::string path;
    data::Table table;
    std::vector<Time> event_time;
    std::vector<double> label;  // NaN: not known
};

// True when '*' in the pattern, standing for anything but '/', makes it the path.
bool matches(std::string_view pattern, std::string_view path);

// Reads the files that the patterns name, in the order of their paths.
Result<std::vector<LabelledTable>> read_tables(blob::Store& blobs,
                                               const std::vector<data::Entry>& entries,
                                               const std::vector<std::string>& patterns,
                                               const DataColumns& columns);

}  // namespace rondo::gates
