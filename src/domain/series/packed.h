// Points as bytes.
//
//   points := count, count * (timestamp, step), count * value
//   batch  := { key, length, points }
//
// Counts, keys and lengths are LEB128. A timestamp and a step are the difference to the point
// before, zigzag and LEB128; a value is a little-endian double, NaN for itself. A training run
// takes about 11 bytes a point.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/series/model.h"

namespace rondo::series {

void pack(std::string& out, std::span<const Point> points);
// Appends to `out`. Code::internal when the bytes are not what pack() wrote.
Status unpack(std::string_view bytes, std::vector<Point>& out);

// Points of several metrics, one metric after the other. Reorders `points`.
std::string pack_batch(std::vector<KeyedPoint>& points);

// Reads a batch metric by metric, so that who wants one steps over the others.
class BatchReader {
  public:
    explicit BatchReader(std::string_view bytes) : left_(bytes) {}
    struct Part {
        int64_t key_id = 0;
        std::string_view points;
    };
    // False at the end, and when the bytes are damaged.
    bool next(Part& part);
    Status status() const;

  private:
    std::string_view left_;
    bool damaged_ = false;
};

}  // namespace rondo::series
