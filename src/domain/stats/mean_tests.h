// Student's and Welch's tests: whether two samples have one mean.
#pragma once

#include <span>

#include "base/result.h"
#include "domain/stats/test_result.h"

namespace rondo::stats {

struct TTestResult : TestResult {
    double degrees = std::numeric_limits<double>::quiet_NaN();  // of freedom
};

enum class Variances {
    equal,    // pooled: Student 1908, n + m - 2 degrees of freedom
    unequal,  // Welch 1947, by Welch and Satterthwaite's degrees of freedom
};

// A sample as its size, mean and variance (divided by n - 1), which is all the test needs.
struct Moments {
    double count = 0, mean = 0, variance = 0;
};
// Two passes; variance NaN for one value. A NaN or an infinity among the values gives NaN.
Moments moments_of(std::span<const double> values);

// Null: the means are equal, for independent and roughly normal means. greater: x's is larger.
// Statistic: t. Two constant samples give infinity where the means differ and NaN where they are
// equal. Fails on an empty sample and on fewer than 3 values in all (2 in each for Welch).
Result<TTestResult> t_test(const Moments& x, const Moments& y,
                           Variances variances = Variances::unequal,
                           Alternative alternative = Alternative::two_sided);
Result<TTestResult> t_test(std::span<const double> x, std::span<const double> y,
                           Variances variances = Variances::unequal,
                           Alternative alternative = Alternative::two_sided);

// Null: the mean of the differences x_i - y_i is 0. Fails on unlike lengths or fewer than 2 pairs.
Result<TTestResult> paired_t_test(std::span<const double> x, std::span<const double> y,
                                  Alternative alternative = Alternative::two_sided);

// The p-value of a statistic with a symmetric null: given P(X <= x) and P(X > x).
double tail_of(double below, double above, Alternative alternative);

}  // namespace rondo::stats
