// A table compared with a reference, column by column on all threads.
#pragma once

#include "domain/drift/feature.h"
#include "domain/drift/reference.h"

namespace rondo::drift {

inline constexpr size_t kMostWindows = 1000;

// Fails when nothing can be compared at all: no rows, no column in common, a named column that is
// not there, too many windows. What is wrong with single columns is a finding. Memory: a few
// columns of both files at a time. The same files give the same report.
Result<Report> compare(Reference& reference, columnar::Table& current, const Options& options);

// What is wrong with a feature's data, appended.
void find_faults(const Feature& feature, std::vector<Finding>& findings);

}  // namespace rondo::drift
