// The two-sample test of Cramer and von Mises: the mean squared distance of two empirical
// distributions. Like Kolmogorov and Smirnov's test, with more weight on lasting differences.
#pragma once

#include "domain/stats/sample.h"
#include "domain/stats/test_result.h"

namespace rondo::stats {

enum class CvmMethod {
    automatic,   // exact while both samples have at most 20 values, as scipy
    exact,       // refused beyond kCvmExactLimit values in a sample
    asymptotic,  // the limiting distribution at the standardised statistic (Anderson 1962)
};
inline constexpr size_t kCvmExactLimit = 30;

// Null: x and y come from one continuous distribution. Statistic: Anderson's T with midranks, no
// unit. p: exact by counting all assignments (Xiao, Gordon and Yakovlev 2006), or the limit's
// series in K_1/4 (Csorgo and Faraway 1996), in the tail Smirnov's integrals, which keep their
// digits where 1 - cdf has none.
// O(n + m) for sorted samples. Fails with fewer than 2 values in a sample.
Result<TestResult> cramer_von_mises_2samp(const Sample& x, const Sample& y,
                                          CvmMethod method = CvmMethod::automatic);

}  // namespace rondo::stats
