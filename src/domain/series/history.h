// What readers ask a series for.
#pragma once

#include "domain/series/store.h"

namespace rondo::series {

// Up to `limit` points behind `after`, in the order of is_before.
Result<std::vector<Point>> page(store::Tx& tx, const Series& series, const After& after,
                                int64_t limit);

// At most `limit` points of a range of steps, evenly picked by their position in the order of
// is_before_by_step as MLflow 3.17 does, the first and the last among them (one: the last). A
// series of more than kMostSorted points whose steps go back in time is picked in the order of
// is_before.
inline constexpr int64_t kMostSorted = 4'000'000;
Result<std::vector<Point>> sample(store::Tx& tx, const Series& series, const StepRange& range,
                                  int64_t limit);

// A series drawn small: its points in `range` are put into at most `buckets` buckets, and of each
// stay those with the least, the greatest and the last value (by is_before_by_step), so that no
// peak is lost. In the order of steps. A NaN is neither least nor greatest. Up to 3 * `buckets`
// points are all told. Buckets are as wide as each other in steps; in a long series whose steps
// rise they have nearly as many points, and only the outlines of its chunks are read.
struct Chart {
    std::vector<Point> points;
    int64_t total = 0;  // points in the range
};
Result<Chart> chart(store::Tx& tx, const Series& series, const StepRange& range, int64_t buckets);

}  // namespace rondo::series
