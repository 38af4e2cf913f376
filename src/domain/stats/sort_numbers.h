// Sorting of columns: many doubles, mostly different.
#pragma once

#include <vector>

namespace rondo::stats {

// Ascending, -0.0 before 0.0, infinities at the ends; no NaN may be among them. About three passes
// over numbers that are spread, never worse than n log n. Memory: the numbers once more.
void sort_numbers(std::vector<double>& values);

}  // namespace rondo::stats
