// Parquet's hybrid of repeated values and bit-packed ones: nulls, booleans and dictionary numbers.
#pragma once

#include <cstdint>
#include <string_view>

namespace rondo::columnar {

class BitRuns {
  public:
    // width: bits of a value, 0 to 32.
    BitRuns(std::string_view bytes, int width) : bytes_(bytes), width_(width) {}

    // Writes `count` values; false when the bytes end before, or are wrong.
    bool read(uint32_t* out, size_t count);
    // Whether the next `count` values are all `value`, by whole runs; nothing is read then.
    bool next_all(uint32_t value, size_t count) const;

  private:
    bool open_run();

    std::string_view bytes_;
    size_t pos_ = 0;
    int width_;
    uint64_t repeated_ = 0, packed_ = 0;  // values left in the run
    uint32_t value_ = 0;
    size_t packed_at_ = 0;  // byte where the packed run begins
    uint64_t packed_done_ = 0;
};

}  // namespace rondo::columnar
