#include "domain/series/history.h"

#include <algorithm>

#include "domain/series/outline.h"
#include "domain/series/packed.h"
#include "domain/series/place.h"

namespace rondo::series {
namespace {

// Where the j-th of n picks lies among `total` points: the first of the j-th of n parts, of which
// the first `total % n` have one point more than the others (SQL's NTILE), and the last point of
// all.
int64_t position_of_pick(int64_t j, int64_t n, int64_t total) {
    return j == n - 1 ? total - 1 : j * (total / n) + std::min(j, total % n);
}

template <class Visit>  // void(const Point&)
Status each_in(store::Tx& tx, const Series& series, const StepRange& range, Visit visit) {
    return scan(tx, series, {}, [&](std::span<const Point> points) {
        for (const Point& point : points) {
            if (range.has(point.step)) visit(point);
        }
        return true;
    });
}

// What is known of a series before its points are read.
struct Overview {
    int64_t total = 0;
    StepRange steps{INT64_MAX, INT64_MIN};
    bool rises = true;  // the order of points is the order of their steps

    void add(int64_t points, const StepRange& part, bool part_rises) {
        rises = rises && part_rises && (total == 0 || part.first > steps.last);
        total += points;
        steps.first = std::min(steps.first, part.first);
        steps.last = std::max(steps.last, part.last);
    }
};

// What the columns of chunks tell, where almost all points of a long series are.
struct Glance {
    Overview seen;
    std::vector<Point> tail;  // in the range, behind all chunks
};

// Nothing when the tail has points that belong between those of chunks, or the range cuts a chunk.
Result<std::optional<Glance>> glance(store::Tx& tx, const Series& series, const StepRange& range) {
    Glance out;
    TRY_ASSIGN(out.tail, read_tail(tx, series, {}));
    bool is_cut = false;
    std::string last;
    TRY(tx.each(
        "SELECT points, least_step, greatest_step, rises, last FROM metric_chunks WHERE run = $1 "
        "AND key_id = $2 ORDER BY last",
        [&](const store::Row& row) {
            last = row.blob(4);
            const StepRange steps{row.integer(1), row.integer(2)};
            if (steps.last < range.first || range.last < steps.first) return true;
            is_cut = !range.has(steps.first) || !range.has(steps.last);
            out.seen.add(row.integer(0), steps, row.get<bool>(3));
            return !is_cut;
        },
        series.run, series.key_id));
    if (is_cut || (!out.tail.empty() && place_of(out.tail.front()) <= last)) return std::nullopt;
    std::erase_if(out.tail, [&](const Point& point) { return !range.has(point.step); });
    for (const Point& point : out.tail) out.seen.add(1, {point.step, point.step}, true);
    return out;
}

Result<Overview> look_over(store::Tx& tx, const Series& series, const StepRange& range) {
    TRY_ASSIGN(const auto glanced, glance(tx, series, range));
    if (glanced) return glanced->seen;
    Overview seen;
    Point last;
    TRY(each_in(tx, series, range, [&](const Point& point) {
        if (seen.total++ > 0 && is_before_by_step(point, last)) seen.rises = false;
        seen.steps.first = std::min(seen.steps.first, point.step);
        seen.steps.last = std::max(seen.steps.last, point.step);
        last = point;
    }));
    return seen;
}

// A chart of a long series whose steps rise, without its points: a bucket is some whole blocks of
// the outlines.
Result<Chart> draw_outlines(store::Tx& tx, const Series& series, const StepRange& range,
                            const Glance& glance, int64_t buckets) {
    Chart out{.total = glance.seen.total};
    const int64_t wanted = (out.total + buckets - 1) / buckets;
    Bucket bucket;
    int64_t inside = 0;  // points in the bucket
    const auto close_after = [&](int64_t points) {
        inside += points;
        if (inside < wanted) return;
        bucket.put(out.points);
        bucket = {};
        inside = 0;
    };
    Status read = ok();
    std::vector<Point> outline;
    TRY(tx.each(
        "SELECT points, least_step, greatest_step, outline FROM metric_chunks WHERE run = $1 AND "
        "key_id = $2 ORDER BY last",
        [&](const store::Row& row) {
            if (row.integer(2) < range.first || range.last < row.integer(1)) return true;
            outline.clear();
            read = unpack(row.blob(3), outline);
            int64_t left = row.integer(0);
            for (size_t i = 0; i + 3 <= outline.size(); i += 3) {
                for (size_t j = i; j < i + 3; ++j) bucket.add(outline[j]);
                close_after(std::min(left, kOutlinePoints));
                left -= kOutlinePoints;
            }
            return read.has_value();
        },
        series.run, series.key_id));
    TRY(std::move(read));
    for (const Point& point : glance.tail) {
        bucket.add(point);
        close_after(1);
    }
    bucket.put(out.points);
    return out;
}

}  // namespace

Result<std::vector<Point>> page(store::Tx& tx, const Series& series, const After& after,
                                int64_t limit) {
    std::vector<Point> found;
    TRY(scan(tx, series, after, [&](std::span<const Point> points) {
        const size_t wanted = static_cast<size_t>(limit) - found.size();
        const auto some = points.first(std::min(points.size(), wanted));
        found.insert(found.end(), some.begin(), some.end());
        return std::ssize(found) < limit;
    }));
    return found;
}

Result<std::vector<Point>> sample(store::Tx& tx, const Series& series, const StepRange& range,
                                  int64_t limit) {
    TRY_ASSIGN(const Overview seen, look_over(tx, series, range));
    const int64_t picks = std::min(limit, seen.total);
    std::vector<Point> found;
    int64_t index = 0;
    const auto pick = [&](const Point& point) {
        if (std::ssize(found) < picks &&
            index++ == position_of_pick(std::ssize(found), picks, seen.total))
            found.push_back(point);
    };
    if (seen.rises || seen.total > kMostSorted) {
        TRY(each_in(tx, series, range, pick));
        return found;
    }
    std::vector<Point> all;
    all.reserve(static_cast<size_t>(seen.total));
    TRY(each_in(tx, series, range, [&](const Point& point) { all.push_back(point); }));
    std::ranges::sort(all, is_before_by_step);
    std::ranges::for_each(all, pick);
    return found;
}

Result<Chart> chart(store::Tx& tx, const Series& series, const StepRange& range, int64_t buckets) {
    TRY_ASSIGN(const auto glanced, glance(tx, series, range));
    if (glanced && glanced->seen.rises && glanced->seen.total >= 2 * buckets * kOutlinePoints)
        return draw_outlines(tx, series, range, *glanced, buckets);
    TRY_ASSIGN(const Overview seen, look_over(tx, series, range));
    Chart out{.total = seen.total};
    if (seen.total <= 3 * buckets) {
        TRY(each_in(tx, series, range, [&](const Point& point) { out.points.push_back(point); }));
        std::ranges::sort(out.points, is_before_by_step);
        return out;
    }
    // Steps lie anywhere in 64 bits: their distance fits unsigned, and one more fits a double.
    const auto first = static_cast<uint64_t>(seen.steps.first);
    const double width = (static_cast<double>(static_cast<uint64_t>(seen.steps.last) - first) + 1) /
                         static_cast<double>(buckets);
    std::vector<Bucket> drawn(static_cast<size_t>(buckets));
    TRY(each_in(tx, series, range, [&](const Point& point) {
        const auto index = static_cast<size_t>(
            static_cast<double>(static_cast<uint64_t>(point.step) - first) / width);
        drawn[std::min(index, drawn.size() - 1)].add(point);
    }));
    for (const Bucket& bucket : drawn) bucket.put(out.points);
    return out;
}

}  // namespace rondo::series
