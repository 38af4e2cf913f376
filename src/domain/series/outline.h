// What stays of many points when they are drawn small.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "domain/series/model.h"

namespace rondo::series {

// The points with the least, the greatest and the last value (by is_before_by_step) of some.
class Bucket {
  public:
    void add(const Point& point);
    // Those three in the order of steps, each once.
    void put(std::vector<Point>& out) const;
    // The same three by their role, of a bucket that is not empty; the last where all are NaN.
    void put_roles(std::vector<Point>& out) const;

  private:
    Point least_, greatest_, last_;
    bool has_any_ = false, has_number_ = false;
};

// Points of one block of an outline.
inline constexpr int64_t kOutlinePoints = 256;

// Of a chunk, kept beside it.
struct Summary {
    StepRange steps;
    bool rises = true;    // its steps never fall
    std::string outline;  // packed: least, greatest and last of each block
};
// The points are in the order of is_before, and there are some.
Summary summary_of(std::span<const Point> points);

}  // namespace rondo::series
