// How well scores separate positive rows from negative ones, and how good probabilities are.
// Semantics are scikit-learn's; ties between scores count half.
//
// All fail on unlike lengths, no rows, an outcome other than 0 and 1, and a score that is NaN or
// infinite (infinities are refused as scikit-learn refuses them). Those with weights fail on
// weights that need_weights() refuses as well; no weights are a weight of 1 for each row.
#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"

namespace rondo::stats {

// The area under the ROC curve: P(score of a positive > score of a negative), ties half
// (Hanley and McNeil 1982). O(n log n). Fails when one outcome is missing.
Result<double> roc_auc(std::span<const uint8_t> outcomes, std::span<const double> scores,
                       std::span<const double> weights = {});

struct AucEstimate {
    double auc = 0;
    double standard_error = 0;  // DeLong, DeLong and Clarke-Pearson 1988, by Sun and Xu's ranks
};
// The area with its standard error; at least 2 rows of each outcome. O(n log n).
Result<AucEstimate> roc_auc_estimate(std::span<const uint8_t> outcomes,
                                     std::span<const double> scores);

// Average precision: sum over the thresholds of (gain in recall) times precision. Fails without a
// positive row. O(n log n).
Result<double> average_precision(std::span<const uint8_t> outcomes, std::span<const double> scores,
                                 std::span<const double> weights = {});

// Mean of -ln of the probability given to what happened, in nats; probabilities are kept 2^-52 off
// 0 and 1. Brier: mean of (probability - outcome)^2. Fail on a probability outside [0, 1].
Result<double> log_loss(std::span<const uint8_t> outcomes, std::span<const double> probabilities,
                        std::span<const double> weights = {});
Result<double> brier_score(std::span<const uint8_t> outcomes, std::span<const double> probabilities,
                           std::span<const double> weights = {});

// For many classes: probabilities row by row, `classes` in each row, summing to 1 within 1e-6.
Result<double> log_loss(std::span<const int32_t> truth, std::span<const double> probabilities,
                        size_t classes, std::span<const double> weights = {});
enum class ClassWeights { equal, by_support };
// One class against the rest, averaged over the classes.
Result<double> roc_auc_one_vs_rest(std::span<const int32_t> truth,
                                   std::span<const double> probabilities, size_t classes,
                                   ClassWeights average = ClassWeights::equal,
                                   std::span<const double> weights = {});

}  // namespace rondo::stats
