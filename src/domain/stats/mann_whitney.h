// Mann and Whitney's U, also Wilcoxon's rank sum: whether values of x tend to be larger than
// values of y.
#pragma once

#include "domain/stats/sample.h"
#include "domain/stats/test_result.h"

namespace rondo::stats {

enum class MwuMethod {
    automatic,   // exact without ties while one sample has at most 8 values, as scipy; beyond
                 // kMwuExactProduct asymptotic
    exact,       // for data without ties; refused beyond kMwuExactProduct
    asymptotic,  // normal, with tie and continuity correction
};
inline constexpr size_t kMwuExactProduct = 40'000'000;  // n times m: an array of half as many

// Null: P(x > y) = P(x < y) for independent samples. greater: x tends to be larger.
// Statistic: U of x, the number of pairs with x > y, ties half; 0 to n m. p: the exact
// distribution by Gaussian binomials (Mann and Whitney 1947), or the normal limit.
// O(n + m) for sorted samples; exact O(min(n, m) n m). Fails on an empty sample.
Result<TestResult> mann_whitney_u(const Sample& x, const Sample& y,
                                  Alternative alternative = Alternative::two_sided,
                                  MwuMethod method = MwuMethod::automatic);

}  // namespace rondo::stats
