// How good the order of results is that scores give, one query at a time; higher scores first.
// Means over queries are left to the caller, who knows the queries.
//
// All fail on unlike lengths, no results, a value that is not finite, and k = 0. A k beyond the
// number of results is that number. O(n log n).
#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"

namespace rondo::stats {

inline constexpr size_t kAllResults = SIZE_MAX;

// Discounted cumulative gain of the first k: sum of gain / log2(1 + rank). Results with equal
// scores share the mean gain of their group (McSherry and Najork 2008), as scikit-learn.
Result<double> dcg(std::span<const double> gains, std::span<const double> scores,
                   size_t k = kAllResults);
// The same over that of the best order: 0 to 1; 0 when no result has a gain. Gains must not be
// negative.
Result<double> ndcg(std::span<const double> gains, std::span<const double> scores,
                    size_t k = kAllResults);

// The rest counts a result as relevant or not (1 or 0), and takes equal scores in the order given.
// Mean over the relevant results of the precision down to each; 0 when none is.
Result<double> ranked_average_precision(std::span<const uint8_t> relevant,
                                        std::span<const double> scores, size_t k = kAllResults);
// 1 / rank of the first relevant result within the first k; 0 when none is.
Result<double> reciprocal_rank(std::span<const uint8_t> relevant, std::span<const double> scores,
                               size_t k = kAllResults);
// Relevant ones among the first k, over k; and over all relevant ones (0 when none is).
Result<double> precision_at(std::span<const uint8_t> relevant, std::span<const double> scores,
                            size_t k);
Result<double> recall_at(std::span<const uint8_t> relevant, std::span<const double> scores,
                         size_t k);

}  // namespace rondo::stats
