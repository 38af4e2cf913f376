// How good the answers of a classifier are: counts of truth against answer, and what follows from
// them. Semantics and names are scikit-learn's.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"

namespace rondo::stats {

inline constexpr size_t kMaxClasses = 4096;  // a confusion matrix of 128 MB

// Rows by true class and by answered class: how many there are, or their summed weights. Matrices
// of the same classes add up.
template <class Count>
struct ConfusionOf {
    size_t classes = 0;
    std::vector<Count> counts;  // row by row: counts[truth * classes + answer]

    Count at(size_t truth, size_t answer) const { return counts[truth * classes + answer]; }
    Count total() const;
    void add(const ConfusionOf& other);  // of as many classes
};
using Confusion = ConfusionOf<int64_t>;
using WeightedConfusion = ConfusionOf<double>;

// Classes are numbered from 0. Fails on unlike lengths, no rows, a class that is not below
// `classes`, or more classes than kMaxClasses. O(n).
Result<Confusion> confusion_matrix(std::span<const int32_t> truth, std::span<const int32_t> answers,
                                   size_t classes);
// The same with a weight for each row (scikit-learn's sample_weight); fails as well on weights that
// need_weights() refuses. A class all of whose rows weigh 0 does not occur; scikit-learn counts it
// among those that the macro average runs over.
Result<WeightedConfusion> confusion_matrix(std::span<const int32_t> truth,
                                           std::span<const int32_t> answers, size_t classes,
                                           std::span<const double> weights);

// What a ratio is worth whose denominator is 0 (a class that was never answered): scikit-learn's
// zero_division, 0 unless said otherwise; NaN leaves it out of averages.
struct ClassScores {
    double precision = 0, recall = 0, f = 0;
    double support = 0;  // rows (or weight) of the class; for averages, of all
};

// One entry a class. f: F-beta (van Rijsbergen 1979), beta 1 weighs precision and recall alike.
template <class Count>
std::vector<ClassScores> class_scores(const ConfusionOf<Count>& confusion, double beta = 1,
                                      double zero_division = 0);

enum class Average {
    macro,     // plain mean over the classes that occur in truth or answers
    weighted,  // mean weighted by the rows of each class
    micro,     // from the summed counts; equals accuracy when every row has one class
};
template <class Count>
ClassScores average_scores(const ConfusionOf<Count>& confusion, Average average, double beta = 1,
                           double zero_division = 0);

template <class Count>
double accuracy(const ConfusionOf<Count>& confusion);  // share of rows answered right
template <class Count>
double balanced_accuracy(
    const ConfusionOf<Count>& confusion);  // mean recall over the classes in the truth
// Matthews' correlation (Gorodkin 2004 for many classes), -1 to 1; 0 where truth or answers are
// constant.
template <class Count>
double matthews_correlation(const ConfusionOf<Count>& confusion);
// Cohen's kappa, agreement beyond chance; NaN where chance alone agrees always.
template <class Count>
double cohen_kappa(const ConfusionOf<Count>& confusion);

}  // namespace rondo::stats
