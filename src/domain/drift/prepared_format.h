// The index of a prepared reference (prepared.h tells the format).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "domain/drift/model.h"
#include "platform/columnar/table.h"

namespace rondo::drift {

inline constexpr std::string_view kPreparedMagic = "RONDOREF", kPreparedEnd = "RONDOEND";
inline constexpr size_t kPreparedHead = 16, kPreparedTail = 32;

// Places in the order of rows that have no finite value.
inline constexpr uint32_t kMissingPlace = UINT32_MAX, kInfinitePlace = UINT32_MAX - 1,
                          kMinusInfinitePlace = UINT32_MAX - 2;

struct PreparedPart {
    uint64_t offset = 0, bytes = 0, checksum = 0;
};

struct PreparedColumn {
    columnar::Field field;
    uint64_t rounded = 0;
    Side side;
    PreparedPart values, words, order;
};

struct PreparedIndex {
    uint64_t rows = 0, repeated = 0;
    std::vector<PreparedColumn> columns;
};

std::string encode_index(const PreparedIndex& index);
// `end` is where the parts end. Fails unless the parts fill the file up to there without a gap.
Result<PreparedIndex> decode_index(std::string_view bytes, uint64_t end);

}  // namespace rondo::drift
