// Tests on counts: goodness of fit, contingency tables, two proportions, Fisher's exact test.
#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"
#include "domain/stats/test_result.h"

namespace rondo::stats {

enum class FitStatistic {
    pearson,         // sum (O - E)^2 / E (Pearson 1900)
    log_likelihood,  // G = 2 sum O ln(O / E) (Wilks 1935)
};

struct FrequencyResult : TestResult {
    double degrees = 0;  // of freedom
};

// Null: the observed counts come from the expected ones. Statistic: as named. p: chi-square with
// k - 1 - lost degrees of freedom. A cell with nothing expected and something observed gives
// infinity and p = 0; with nothing of either NaN, so leave such cells out.
// Fails on unlike lengths, fewer than 2 cells (with 1 the answer is 0 and NaN in scipy), a
// negative count, or sums that differ by more than 1.5e-8 (relative): expected counts have to be
// scaled to the observed ones first.
Result<FrequencyResult> goodness_of_fit(std::span<const double> observed,
                                        std::span<const double> expected,
                                        FitStatistic statistic = FitStatistic::pearson,
                                        int lost_degrees = 0);

enum class Continuity { none, yates };  // Yates 1934; only where there is one degree of freedom

// Null: rows and columns of the table are independent. `table` holds counts row by row, `columns`
// in each. A table of one row or one column tells nothing: statistic 0, p 1.
// Fails on an empty or ragged table, a negative count, or a row or column without counts (leave
// it out).
Result<FrequencyResult> contingency_test(std::span<const double> table, size_t columns,
                                         FitStatistic statistic = FitStatistic::pearson,
                                         Continuity continuity = Continuity::yates);

struct Proportion {
    double successes = 0, trials = 0;
};

// Null: both proportions are equal; z with pooled variance, p by the normal. greater: x's is
// larger. Both samples constant and alike: NaN, since nothing varies. Fails without trials or with
// more successes than trials.
Result<TestResult> two_proportion_z(Proportion x, Proportion y,
                                    Alternative alternative = Alternative::two_sided);

// Fisher's exact test of the table a b / c d. Null: odds ratio 1 given the margins. Statistic: the
// sample odds ratio ad / bc. Two-sided p: the probability of all tables that are no likelier than
// this one (1e-7 of tolerance for ties). An empty row or column: NaN and p 1, as scipy.
// O(smallest margin) at worst, usually far less. Fails on negative counts or a sum above 2^53.
struct Table2x2 {
    int64_t a = 0, b = 0, c = 0, d = 0;
};
Result<TestResult> fisher_exact(const Table2x2& table,
                                Alternative alternative = Alternative::two_sided);

}  // namespace rondo::stats
