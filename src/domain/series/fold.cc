#include "domain/series/fold.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "domain/series/outline.h"
#include "domain/series/packed.h"
#include "domain/series/place.h"
#include "platform/store/bulk.h"

namespace rondo::series {
namespace {

// A row costs a fold about as much as this many points.
constexpr int64_t kPointsPerRow = 16;
// Written since the last hint: some 4,000 single points, or 65 batches of 1,000.
constexpr int64_t kHintWeight = int64_t{4096} * kPointsPerRow;
// Chunks that one slice rewrites; more are left in the tail for the next.
constexpr size_t kSliceChunks = 256;
// A chunk is rewritten for an append when it is at most so many times as large.
constexpr size_t kGrowth = 2;

struct Chunk {
    int64_t key_id = 0;
    std::string last;  // its key in the series
    std::vector<Point> points;
};

// What a slice does to a run.
struct Plan {
    std::vector<int64_t> rows;          // of the tail, which go
    std::vector<Chunk> gone, made;      // chunks; those that go without their points
    std::vector<KeyedPoint> left_over;  // go back into the tail
    int64_t points = 0;
};

Status read_rows(store::Tx& tx, int64_t run, Plan& plan,
                 std::map<int64_t, std::vector<Point>>& series) {
    Status read = ok();
    TRY(tx.each(
        "SELECT id, points, key_id, timestamp_ms, step, value, is_nan, packed FROM metric_tail "
        "WHERE run = $1 ORDER BY logged_ms, points LIMIT $2",  // the order of the index
        [&](const store::Row& row) {
            plan.rows.push_back(row.integer(0));
            plan.points += row.integer(1);
            if (row.is_null(7)) {
                series[row.integer(2)].push_back(
                    {row.integer(3), row.integer(4), row.real(5), row.get<bool>(6)});
            } else {
                BatchReader batch(row.blob(7));
                BatchReader::Part part;
                while (read && batch.next(part)) read = unpack(part.points, series[part.key_id]);
                if (read) read = batch.status();
            }
            return read.has_value() && plan.points < kSlicePoints;
        },
        run, kSliceRows));
    return read;
}

// The points as chunks of nearly equal size.
void cut(int64_t key_id, std::span<const Point> points, std::vector<Chunk>& out) {
    const size_t pieces = (points.size() + kChunkPoints - 1) / kChunkPoints;
    for (size_t i = 0; i < pieces; ++i) {
        const size_t begin = points.size() * i / pieces, end = points.size() * (i + 1) / pieces;
        const auto part = points.subspan(begin, end - begin);
        out.push_back({key_id, place_of(part.back()), {part.begin(), part.end()}});
    }
}

struct Found {
    std::optional<Chunk> chunk;
    bool is_last = true;  // of its series
};

// The chunk that a point belongs to: the first that does not end before it, or the last one of all.
Result<Found> chunk_for(store::Tx& tx, const Series& series, const Point& point) {
    Found found;
    Status read = ok();
    const store::RowVisitor visit = [&](const store::Row& row) {
        found.is_last = !found.chunk;
        if (found.chunk) return false;
        found.chunk = Chunk{series.key_id, std::string(row.blob(0)), {}};
        read = unpack(row.blob(1), found.chunk->points);
        if (read && found.chunk->points.empty())
            read = fail(Code::internal, "a chunk of a metric's points is stored without points");
        return read.has_value();
    };
    const std::string place = place_of(point);
    TRY(
        tx.each("SELECT last, packed FROM metric_chunks WHERE run = $1 AND key_id = $2 "
                "AND last >= $3 ORDER BY last LIMIT 2",
                visit, series.run, series.key_id, store::Blob{place}));
    if (!found.chunk)
        TRY(
            tx.each("SELECT last, packed FROM metric_chunks WHERE run = $1 AND key_id = $2 "
                    "ORDER BY last DESC LIMIT 1",
                    visit, series.run, series.key_id));
    TRY(std::move(read));
    return found;
}

// Sorted points of one series into the plan, chunk by chunk.
Status plan_series(store::Tx& tx, const Series& series, std::span<const Point> points, Plan& plan) {
    while (!points.empty()) {
        if (plan.gone.size() >= kSliceChunks) {
            for (const Point& point : points) plan.left_over.push_back({series.key_id, point});
            return ok();
        }
        TRY_ASSIGN(Found found, chunk_for(tx, series, points.front()));
        const auto stay_alone = [&](const Chunk& chunk) {
            return is_before(chunk.points.back(), points.front()) &&
                   (chunk.points.size() >= kChunkPoints ||
                    chunk.points.size() > kGrowth * points.size());
        };
        if (!found.chunk || stay_alone(*found.chunk)) {
            cut(series.key_id, points, plan.made);
            return ok();
        }
        Chunk& chunk = *found.chunk;
        const auto end = found.is_last
                             ? points.end()
                             : std::ranges::upper_bound(points, chunk.points.back(), is_before);
        std::vector<Point> united;
        std::ranges::set_union(chunk.points, std::span(points.begin(), end),
                               std::back_inserter(united), is_before);
        if (united.size() > chunk.points.size()) {
            cut(series.key_id, united, plan.made);
            chunk.points.clear();
            plan.gone.push_back(std::move(chunk));
        }
        points = {end, points.end()};
    }
    return ok();
}

Result<Plan> plan_run(store::Tx& tx, int64_t run) {
    Plan plan;
    std::map<int64_t, std::vector<Point>> series;
    TRY(read_rows(tx, run, plan, series));
    for (auto& [key_id, points] : series) {
        sort_and_unite(points);
        TRY(plan_series(tx, {run, key_id}, points, plan));
    }
    return plan;
}

Status carry_out(store::Tx& tx, int64_t run, Plan& plan, int64_t now_ms) {
    // A run that was deleted for good meanwhile took its points along.
    TRY_ASSIGN(const auto known, tx.one<int64_t>("SELECT id FROM runs WHERE id = $1", run));
    if (!known) return ok();
    for (const Chunk& chunk : plan.gone)
        TRY(tx.put("DELETE FROM metric_chunks WHERE run = $1 AND key_id = $2 AND last = $3", run,
                   chunk.key_id, store::Blob{chunk.last}));
    for (const Chunk& chunk : plan.made) {
        std::string packed;
        pack(packed, chunk.points);
        const Summary summary = summary_of(chunk.points);
        TRY(
            tx.put("INSERT INTO metric_chunks (run, key_id, last, points, least_step, "
                   "greatest_step, rises, outline, packed) "
                   "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                   run, chunk.key_id, store::Blob{chunk.last}, std::ssize(chunk.points),
                   summary.steps.first, summary.steps.last, summary.rises,
                   store::Blob{summary.outline}, store::Blob{packed}));
    }
    // Those rows and no others: on PostgreSQL one with a lesser id may be committed after we read.
    std::vector<store::Arg> rows(plan.rows.begin(), plan.rows.end());
    TRY(store::each_of(tx, "DELETE FROM metric_tail WHERE id IN ", rows, "",
                       [](const store::Row&) { return true; }));
    return append(tx, run, plan.left_over, now_ms);
}

}  // namespace

void FoldHint::note(size_t points) {
    const int64_t added = kPointsPerRow + static_cast<int64_t>(points);
    if (weight_.fetch_add(added, std::memory_order_relaxed) + added < kHintWeight) return;
    weight_.store(0, std::memory_order_relaxed);
    if (hurry_) hurry_();
}

Result<jobs::Next> fold_slice(Env& env, const Settings& settings, const jobs::Slice& slice) {
    const int64_t after = parse_int(slice.place).value_or(0);
    const int64_t now_ms = to_millis(env.now());
    const int64_t old_ms = to_millis(env.now() - settings.tail);
    TRY_ASSIGN(const auto run, slice.db.read_now([&](store::Tx& tx) {
        return tx.one<int64_t>(
            "SELECT run FROM metric_tail WHERE run > $1 GROUP BY run "
            "HAVING sum(points) >= $2 OR min(logged_ms) < $3 ORDER BY run LIMIT 1",
            after, kFoldPoints, old_ms);
    }));
    if (!run) return jobs::Next::round_done(0);
    TRY_ASSIGN(Plan plan, slice.db.read_now([&](store::Tx& tx) { return plan_run(tx, *run); }));
    TRY(slice.write([&](store::Tx& tx) { return carry_out(tx, *run, plan, now_ms); }));
    const bool is_cut = std::ssize(plan.rows) >= kSliceRows || plan.points >= kSlicePoints ||
                        !plan.left_over.empty();
    return jobs::Next::from(std::to_string(is_cut ? *run - 1 : *run), plan.points);
}

jobs::SlicedJob fold_job(Env& env, const Settings& settings) {
    return {
        std::string(kFoldJob), std::min(kFoldEvery, settings.tail),
        [&env, settings](const jobs::Slice& slice) { return fold_slice(env, settings, slice); }};
}

}  // namespace rondo::series
