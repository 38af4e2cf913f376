// A point of a metric as it is stored, and which series it belongs to.
#pragma once

#include <cstdint>
#include <tuple>

namespace rondo::series {

// Of a run (its row) and a metric (the row of its name).
struct Series {
    int64_t run = 0, key_id = 0;
};

// A NaN is the value 0 with a mark, as MLflow orders it; other values are finite.
struct Point {
    int64_t timestamp = 0, step = 0;  // ms
    double value = 0;
    bool is_nan = false;
    bool operator==(const Point&) const = default;
};

// Both orders are total. The one of histories and chunks:
inline bool is_before(const Point& a, const Point& b) {
    return std::tie(a.timestamp, a.step, a.value, a.is_nan) <
           std::tie(b.timestamp, b.step, b.value, b.is_nan);
}
// The one of charts, and of what is latest:
inline bool is_before_by_step(const Point& a, const Point& b) {
    return std::tie(a.step, a.timestamp, a.value, a.is_nan) <
           std::tie(b.step, b.timestamp, b.value, b.is_nan);
}

struct KeyedPoint {
    int64_t key_id = 0;
    Point point;
};

// Both ends belong to it.
struct StepRange {
    int64_t first = INT64_MIN, last = INT64_MAX;
    bool has(int64_t step) const { return first <= step && step <= last; }
};

}  // namespace rondo::series
