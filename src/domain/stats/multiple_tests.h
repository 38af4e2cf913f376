// Adjusted p-values for several tests at once: reject where the adjusted one is at most alpha.
#pragma once

#include <span>
#include <vector>

namespace rondo::stats {

enum class Adjustment {
    bonferroni,          // m p; P(any false rejection) <= alpha, any dependence
    holm,                // step-down (Holm 1979): the same guarantee, never weaker
    benjamini_hochberg,  // step-up (1995): the expected share of false rejections <= alpha, for
                         // independent or positively dependent tests
};

// In the order of the input, each at most 1. A NaN is a test that was not made: it stays NaN and
// is not counted. O(m log m).
std::vector<double> adjusted(std::span<const double> p_values, Adjustment adjustment);

}  // namespace rondo::stats
