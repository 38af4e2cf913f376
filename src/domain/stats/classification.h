// How good the answers of a classifier are: counts of truth against answer, and what follows from
// them. Semantics and names are scikit-learn's.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"

namespace rondo::stats {

inline constexpr size_t kMaxClasses = 4096;  // a confusion matrix of 128 MB

// Counts of rows by true class and by answered class. Matrices of the same classes add up.
struct Confusion {
    size_t classes = 0;
    std::vector<int64_t> counts;  // row by row: counts[truth * classes + answer]

    int64_t at(size_t truth, size_t answer) const { return counts[truth * classes + answer]; }
    int64_t total() const;
    void add(const Confusion& other);  // of as many classes
};

// Classes are numbered from 0. Fails on unlike lengths, no rows, a class that is not below
// `classes`, or more classes than kMaxClasses. O(n).
Result<Confusion> confusion_matrix(std::span<const int32_t> truth, std::span<const int32_t> answers,
                                   size_t classes);

// What a ratio is worth whose denominator is 0 (a class that was never answered): scikit-learn's
// zero_division, 0 unless said otherwise; NaN leaves it out of averages.
struct ClassScores {
    double precision = 0, recall = 0, f = 0;
    double support = 0;  // rows of the class; for averages, of all
};

// One entry a class. f: F-beta (van Rijsbergen 1979), beta 1 weighs precision and recall alike.
std::vector<ClassScores> class_scores(const Confusion& confusion, double beta = 1,
                                      double zero_division = 0);

enum class Average {
    macro,     // plain mean over the classes that occur in truth or answers
    weighted,  // mean weighted by the rows of each class
    micro,     // from the summed counts; equals accuracy when every row has one class
};
ClassScores average_scores(const Confusion& confusion, Average average, double beta = 1,
                           double zero_division = 0);

double accuracy(const Confusion& confusion);           // share of rows answered right
double balanced_accuracy(const Confusion& confusion);  // mean recall over the classes in the truth
// Matthews' correlation (Gorodkin 2004 for many classes), -1 to 1; 0 where truth or answers are
// constant.
double matthews_correlation(const Confusion& confusion);
// Cohen's kappa, agreement beyond chance; NaN where chance alone agrees always.
double cohen_kappa(const Confusion& confusion);

}  // namespace rondo::stats
