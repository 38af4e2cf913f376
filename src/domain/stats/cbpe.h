// Performance of a classifier without labels (confidence-based performance estimation, as
// NannyML names it): calibrated probabilities say how many answers are right.
//
// It holds under covariate shift while the probabilities stay calibrated. It cannot see a change of
// what the features mean, so it is an early warning and never a proof.
#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"

namespace rondo::stats {

// Expected numbers of rows, fractions included.
struct ExpectedConfusion {
    double true_positive = 0, false_positive = 0, false_negative = 0, true_negative = 0;

    double total() const { return true_positive + false_positive + false_negative + true_negative; }
    // Each NaN where nothing of its kind is expected.
    double accuracy() const { return (true_positive + true_negative) / total(); }
    double precision() const { return true_positive / (true_positive + false_positive); }
    double recall() const { return true_positive / (true_positive + false_negative); }
    double specificity() const { return true_negative / (true_negative + false_positive); }
    double f1() const {
        return 2 * true_positive / (2 * true_positive + false_positive + false_negative);
    }
    // Of the accuracy, for rows that come out independently: sqrt(sum p (1 - p)) / n.
    double accuracy_standard_error = 0;
};

// answers: 1 where the model said positive. probabilities: calibrated, of the positive outcome.
// Fails on unlike lengths, no rows, an answer other than 0 and 1, a probability outside [0, 1].
Result<ExpectedConfusion> expected_confusion(std::span<const uint8_t> answers,
                                             std::span<const double> probabilities);

// The expected area under the ROC curve and average precision: each row counts as p positive and
// 1 - p negative ones; scores order the rows, ties half. Fails as above, and when no positive or
// no negative outcome is expected. O(n log n).
Result<double> expected_roc_auc(std::span<const double> scores,
                                std::span<const double> probabilities);
Result<double> expected_average_precision(std::span<const double> scores,
                                          std::span<const double> probabilities);

}  // namespace rondo::stats
