#include "domain/drift/duplicates.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <utility>

#include "domain/stats/random.h"

namespace rondo::drift {
namespace {

// Hashes are spread evenly, so their upper bits part them into small ranges that stay in the cache.
void sort_hashes(std::vector<uint64_t>& hashes) {
    constexpr int kBits = 11;
    constexpr size_t kRanges = size_t{1} << kBits;
    const auto range_of = [](uint64_t hash) { return hash >> (64 - kBits); };
    std::array<size_t, kRanges> ends{};
    for (const uint64_t hash : hashes) ++ends[range_of(hash)];
    size_t start = 0;
    for (size_t& end : ends) start += std::exchange(end, start);
    std::vector<uint64_t> parted(hashes.size());
    for (const uint64_t hash : hashes) parted[ends[range_of(hash)]++] = hash;
    size_t begin = 0;
    for (const size_t end : ends) {
        std::sort(parted.begin() + static_cast<ptrdiff_t>(begin),
                  parted.begin() + static_cast<ptrdiff_t>(end));
        begin = end;
    }
    hashes.swap(parted);
}

}  // namespace

void RowHashes::add(const columnar::Column& column, size_t place) {
    if (rows_ == 0) return;
    std::vector<uint64_t> sum;
    {
        const std::lock_guard lock(mutex_);
        if (!sums_.empty()) {
            sum = std::move(sums_.back());
            sums_.pop_back();
        }
    }
    if (sum.empty()) sum.resize(rows_);
    const uint64_t salt = stats::Random::mix(place + 1);
    if (column.type == columnar::Type::text) {
        std::vector<uint64_t> hashes(column.words.size());
        for (uint32_t i = 0; i < column.words.size(); ++i) {
            const std::string_view word = column.words[i];
            hashes[i] = stats::Random::mix(XXH3_64bits(word.data(), word.size()) ^ salt);
        }
        for (size_t i = 0; i < rows_; ++i) {
            const uint32_t code = column.codes[i];
            sum[i] += code == columnar::kMissingCode ? salt : hashes[code];
        }
    } else {
        for (size_t i = 0; i < rows_; ++i) {
            const double value = column.numbers[i];
            const double plain = std::isnan(value) ? std::nan("") : value + 0.0;  // one NaN, one 0
            sum[i] += stats::Random::mix(std::bit_cast<uint64_t>(plain) ^ salt);
        }
    }
    const std::lock_guard lock(mutex_);
    sums_.push_back(std::move(sum));
}

int64_t RowHashes::repeated() {
    if (sums_.empty()) return 0;
    std::vector<uint64_t> all = std::move(sums_.back());
    sums_.pop_back();
    for (const auto& sum : sums_) {
        for (size_t i = 0; i < rows_; ++i) all[i] += sum[i];
    }
    sums_.clear();
    sort_hashes(all);
    const auto different = std::unique(all.begin(), all.end()) - all.begin();
    return static_cast<int64_t>(rows_) - different;
}

}  // namespace rondo::drift
