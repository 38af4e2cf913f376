// Bins that a reference fixed once, at its quantiles, so that windows of a stream are counts that
// add up exactly: minutes to hours, threads and servers to one. What is exact on the rows is
// bracketed here, by at most the mass of one bin.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/stats/sample.h"

namespace rondo::stats {

// Counts of a window in the cells of some ReferenceBins, and its exact ends.
struct BinCounts {
    std::vector<int64_t> cells;
    double min = 0, max = 0;  // of the numbers that are not NaN; 0 when there are none

    int64_t total() const;  // NaNs left out
    int64_t missing() const { return cells.empty() ? 0 : cells.back(); }
};

struct Bracket {
    double lower = 0, upper = 0;
};

// Immutable after it was made, so any thread may count with it.
class ReferenceBins {
  public:
    static constexpr size_t kMaxBins = 65536;
    // Edges at `bins` equally likely quantiles of the reference, equal ones taken once; the
    // reference's own counts. Fails on an empty or poisoned reference, 0 bins or more than
    // kMaxBins.
    static Result<ReferenceBins> make(const Sample& reference, size_t bins = 1024);

    // Cell i holds the values in (edge i-1, edge i], the one after the last edge what is larger,
    // and the last cell NaNs.
    size_t cells() const { return edges_.size() + 2; }
    size_t cell_of(double value) const;  // ~10 ns
    const std::vector<double>& edges() const { return edges_; }
    const BinCounts& reference() const { return reference_; }

    BinCounts empty() const { return {std::vector<int64_t>(cells(), 0)}; }
    void count(BinCounts& counts, std::span<const double> values) const;
    // Fails when the counts are of other bins.
    Status add(BinCounts& counts, const BinCounts& more) const;

    // Kolmogorov and Smirnov's distance and Wasserstein's from the reference to a window with
    // values: the true one lies in the bracket. Fails on counts of other bins or without values.
    Result<Bracket> ks(const BinCounts& window) const;
    Result<Bracket> wasserstein(const BinCounts& window) const;

    std::string encode() const;
    static Result<ReferenceBins> decode(std::string_view bytes);

  private:
    void index();
    Status same(const BinCounts& counts) const;

    std::vector<double> edges_;
    BinCounts reference_;
    // Slots, each with the first cell that it may meet, so that a search is short. One for what
    // lies below a low edge, one for what lies above a high one, and those between: of equal width,
    // or of equal width in the bits of a number (so by size, as a logarithm) where the edges crowd.
    enum class Slots { none, by_value, by_bits };
    size_t slot_of(Slots slots, double value) const;
    Slots kind_ = Slots::none;
    std::vector<uint32_t> slots_;
    double low_ = 0, high_ = 0, scale_ = 0;
    uint64_t low_bits_ = 0;
    int shift_ = 0;
};

}  // namespace rondo::stats
