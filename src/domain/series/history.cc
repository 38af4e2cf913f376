#include "domain/series/history.h"

#include <algorithm>

namespace rondo::series {
namespace {

// Where the j-th of n evenly spread picks lies among `total` points, both ends among them.
int64_t position_of_pick(int64_t j, int64_t n, int64_t total) {
    return n == 1 ? total - 1 : j * (total - 1) / (n - 1);
}

// What a first scan learns.
struct Overview {
    int64_t total = 0;
    StepRange steps{INT64_MAX, INT64_MIN};
    bool in_order_of_steps = true;
};

template <class Visit>  // void(const Point&)
Status each_in(store::Tx& tx, const Series& series, const StepRange& range, Visit visit) {
    return scan(tx, series, {}, [&](std::span<const Point> points) {
        for (const Point& point : points) {
            if (range.has(point.step)) visit(point);
        }
        return true;
    });
}

Result<Overview> look_over(store::Tx& tx, const Series& series, const StepRange& range) {
    Overview seen;
    Point last;
    TRY(each_in(tx, series, range, [&](const Point& point) {
        if (seen.total++ > 0 && is_before_by_step(point, last)) seen.in_order_of_steps = false;
        seen.steps.first = std::min(seen.steps.first, point.step);
        seen.steps.last = std::max(seen.steps.last, point.step);
        last = point;
    }));
    return seen;
}

struct Bucket {
    Point least, greatest, last;
    bool has_any = false, has_number = false;

    void add(const Point& point) {
        if (!has_any || is_before_by_step(last, point)) last = point;
        has_any = true;
        if (point.is_nan) return;
        if (!has_number || point.value < least.value) least = point;
        if (!has_number || point.value > greatest.value) greatest = point;
        has_number = true;
    }
    void put(std::vector<Point>& out) const {
        if (!has_any) return;
        const size_t first = out.size();
        out.push_back(last);
        if (has_number) out.insert(out.end(), {least, greatest});
        const auto begin = out.begin() + static_cast<std::ptrdiff_t>(first);
        std::sort(begin, out.end(), is_before_by_step);
        out.erase(std::unique(begin, out.end()), out.end());
    }
};

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
    if (seen.in_order_of_steps || seen.total > kMostSorted) {
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
    TRY_ASSIGN(const Overview seen, look_over(tx, series, range));
    Chart out{.total = seen.total};
    if (seen.total == 0) return out;
    // Steps lie anywhere in 64 bits: their distance fits unsigned, and one more fits a double.
    const auto first = static_cast<uint64_t>(seen.steps.first);
    const double width =
        (static_cast<double>(static_cast<uint64_t>(seen.steps.last) - first) + 1) /
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
