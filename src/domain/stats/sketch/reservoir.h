// A uniform sample of rows that merges: the k rows whose ids hash lowest (bottom-k; Cohen and
// Kaplan 2007). Which rows are kept depends on ids and seed only, never on order or on how a stream
// was cut, so servers and days add up to the sample that one pass would have drawn. A row met twice
// is one row. One owner; no thread safety.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace rondo::stats {

class Reservoir {
  public:
    static constexpr uint32_t kMaxRows = 65536;
    static constexpr size_t kMaxRowBytes = 4096;
    static constexpr size_t kMaxBytes = 8 << 20;  // of all rows; larger ones leave first by hash

    explicit Reservoir(uint32_t rows = 1000, uint64_t seed = 0);  // clamped to [1, kMaxRows]

    // Fails for a row longer than kMaxRowBytes. O(log rows), and one comparison once it is full.
    Status add(uint64_t id, std::string_view row);
    Status merge(const Reservoir& other);  // fails on other rows or seed

    uint64_t seen() const { return seen_; }  // additions, repeats included
    uint32_t rows() const { return rows_; }
    // The sample by ascending hash: any prefix of it is a uniform sample too.
    const std::map<uint64_t, std::string>& sample() const { return kept_; }

    std::string encode() const;
    static Result<Reservoir> decode(std::string_view bytes);

  private:
    void keep(uint64_t hash, std::string_view row);

    uint32_t rows_;
    uint64_t seed_, seen_ = 0;
    size_t bytes_ = 0;
    std::map<uint64_t, std::string> kept_;
};

}  // namespace rondo::stats
