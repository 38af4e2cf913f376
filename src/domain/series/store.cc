#include "domain/series/store.h"

#include <algorithm>

#include "domain/series/packed.h"
#include "domain/series/place.h"

namespace rondo::series {
namespace {

// Chunks of one statement; a page of a history takes seven.
constexpr int64_t kChunksAtOnce = 8;

// Merges a sorted tail into chunks that come one by one.
class Merge {
  public:
    Merge(std::vector<Point> tail, const BlockVisitor& visit)
        : tail_(std::move(tail)), visit_(visit) {}

    // False when the visitor has enough.
    bool chunk(std::span<const Point> points) {
        if (points.empty()) return true;
        const auto begin = tail_.begin() + static_cast<std::ptrdiff_t>(done_);
        const auto within = std::lower_bound(begin, tail_.end(), points.front(), is_before);
        const auto behind = std::upper_bound(within, tail_.end(), points.back(), is_before);
        if (within != begin && !visit_({begin, within})) return false;
        done_ = static_cast<size_t>(behind - tail_.begin());
        if (within == behind) return visit_(points);
        merged_.clear();
        std::ranges::set_union(points, std::span(within, behind), std::back_inserter(merged_),
                               is_before);
        return visit_(merged_);
    }
    void rest() {
        if (done_ < tail_.size()) visit_(std::span(tail_).subspan(done_));
    }

  private:
    std::vector<Point> tail_, merged_;
    size_t done_ = 0;
    const BlockVisitor& visit_;
};

}  // namespace

void sort_and_unite(std::vector<Point>& points) {
    if (!std::ranges::is_sorted(points, is_before)) std::ranges::sort(points, is_before);
    points.erase(std::ranges::unique(points).begin(), points.end());
}

Status append(store::Tx& tx, int64_t run, std::vector<KeyedPoint>& points, int64_t now_ms) {
    if (points.empty()) return ok();
    if (points.size() == 1) {
        const auto& [key_id, point] = points.front();
        return tx.put(
            "INSERT INTO metric_tail (run, logged_ms, points, key_id, timestamp_ms, step, value, "
            "is_nan) VALUES ($1, $2, 1, $3, $4, $5, $6, $7)",
            run, now_ms, key_id, point.timestamp, point.step, point.value, point.is_nan);
    }
    const std::string packed = pack_batch(points);
    return tx.put(
        "INSERT INTO metric_tail (run, logged_ms, points, packed) VALUES ($1, $2, $3, $4)", run,
        now_ms, static_cast<int64_t>(points.size()), store::Blob{packed});
}

Result<std::vector<Point>> read_tail(store::Tx& tx, const Series& series, const After& after) {
    std::vector<Point> out;
    Status read = ok();
    TRY(tx.each(
        "SELECT packed, timestamp_ms, step, value, is_nan FROM metric_tail "
        "WHERE run = $1 AND (key_id = $2 OR key_id IS NULL)",
        [&](const store::Row& row) {
            if (row.is_null(0)) {
                out.push_back({row.integer(1), row.integer(2), row.real(3), row.get<bool>(4)});
                return true;
            }
            BatchReader batch(row.blob(0));
            BatchReader::Part part;
            while (read && batch.next(part)) {
                if (part.key_id == series.key_id) read = unpack(part.points, out);
            }
            if (read) read = batch.status();
            return read.has_value();
        },
        series.run, series.key_id));
    TRY(std::move(read));
    if (after) std::erase_if(out, [&](const Point& point) { return !is_before(*after, point); });
    sort_and_unite(out);
    return out;
}

Status scan(store::Tx& tx, const Series& series, const After& after, const BlockVisitor& visit) {
    TRY_ASSIGN(std::vector<Point> tail, read_tail(tx, series, after));
    Merge merge(std::move(tail), visit);
    // Behind this place a chunk has something to tell. Chunks do not overlap, so the end of one is
    // where the next begins.
    std::string from = after ? place_of(*after) : std::string();
    std::vector<Point> points;
    bool more = true, skips = after.has_value();
    while (more) {
        int64_t found = 0;
        Status read = ok();
        TRY(tx.each(
            "SELECT last, packed FROM metric_chunks WHERE run = $1 AND key_id = $2 AND last > $3 "
            "ORDER BY last LIMIT $4",
            [&](const store::Row& row) {
                ++found;
                from = row.blob(0);
                points.clear();
                read = unpack(row.blob(1), points);
                if (!read) return false;
                auto begin = points.begin();
                if (skips) begin = std::upper_bound(begin, points.end(), *after, is_before);
                skips = false;
                return more = merge.chunk({begin, points.end()});
            },
            series.run, series.key_id, store::Blob{std::string(from)}, kChunksAtOnce));
        TRY(std::move(read));
        if (!more) return ok();
        more = found == kChunksAtOnce;
    }
    merge.rest();
    return ok();
}

Result<int64_t> remove_rows(store::Tx& tx, int64_t run, int64_t limit) {
    TRY_ASSIGN(const int64_t rows, tx.exec("DELETE FROM metric_tail WHERE id IN "
                                           "(SELECT id FROM metric_tail WHERE run = $1 LIMIT $2)",
                                           run, limit));
    if (rows > 0) return rows;
    return tx.exec(
        "DELETE FROM metric_chunks WHERE id IN "
        "(SELECT id FROM metric_chunks WHERE run = $1 LIMIT $2)",
        run, limit);
}

}  // namespace rondo::series
