#include "domain/series/outline.h"

#include <algorithm>

#include "domain/series/packed.h"

namespace rondo::series {

void Bucket::add(const Point& point) {
    if (!has_any_ || is_before_by_step(last_, point)) last_ = point;
    has_any_ = true;
    if (point.is_nan) return;
    if (!has_number_ || point.value < least_.value) least_ = point;
    if (!has_number_ || point.value > greatest_.value) greatest_ = point;
    has_number_ = true;
}

void Bucket::put(std::vector<Point>& out) const {
    if (!has_any_) return;
    const auto first = std::ssize(out);
    put_roles(out);
    std::sort(out.begin() + first, out.end(), is_before_by_step);
    out.erase(std::unique(out.begin() + first, out.end()), out.end());
}

void Bucket::put_roles(std::vector<Point>& out) const {
    if (has_number_)
        out.insert(out.end(), {least_, greatest_, last_});
    else
        out.insert(out.end(), 3, last_);
}

Summary summary_of(std::span<const Point> points) {
    Summary out{.steps = {points.front().step, points.front().step}};
    std::vector<Point> blocks;
    for (size_t i = 0; i < points.size(); i += kOutlinePoints) {
        Bucket bucket;
        for (const Point& point :
             points.subspan(i, std::min<size_t>(kOutlinePoints, points.size() - i)))
            bucket.add(point);
        bucket.put_roles(blocks);
    }
    for (size_t i = 0; i < points.size(); ++i) {
        out.steps.first = std::min(out.steps.first, points[i].step);
        out.steps.last = std::max(out.steps.last, points[i].step);
        if (i > 0 && is_before_by_step(points[i], points[i - 1])) out.rises = false;
    }
    pack(out.outline, blocks);
    return out;
}

}  // namespace rondo::series
