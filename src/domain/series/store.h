// Points in the database: written to the tail, read from tail and chunks together (README.md).
#pragma once

#include <functional>
#include <span>

#include "domain/series/model.h"
#include "platform/store/tx.h"

namespace rondo::series {

inline constexpr size_t kChunkPoints = 4096;

// Appends points to the tail, in one row. Reorders them.
Status append(store::Tx& tx, int64_t run, std::vector<KeyedPoint>& points, int64_t now_ms);

// Sorts by is_before, and keeps one of equal ones.
void sort_and_unite(std::vector<Point>& points);

// Gets some points; false stops.
using BlockVisitor = std::function<bool(std::span<const Point>)>;
// Where a scan begins: behind a point, or at the first one.
using After = std::optional<Point>;

// All points of a series behind `after`, each once, in the order of is_before. Its memory is that
// of the series' tail and of a few chunks.
Status scan(store::Tx& tx, const Series& series, const After& after, const BlockVisitor& visit);

// The points of a series in the tail behind `after`, each once, in the order of is_before; some of
// them may be in chunks too.
Result<std::vector<Point>> read_tail(store::Tx& tx, const Series& series, const After& after);

// Rows of tail and chunks that are gone, at most `limit`; 0 when none are left.
Result<int64_t> remove_rows(store::Tx& tx, int64_t run, int64_t limit);

}  // namespace rondo::series
