// Drift scores exactly as Evidently 0.7 computes them, for people who compare numbers: its bins,
// its filling of empty cells, its choice of test. What is odd here is odd there.
//
// All drop NaN and infinities first and fail when nothing is left. Reference first.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/stats/sample.h"
#include "domain/stats/test_result.h"

namespace rondo::stats::evidently {

enum class Column {
    number,    // floating point
    integer,   // a number of an integer type: numpy 2 makes its bins at least 1 wide
    category,  // each value a category
};

enum class ZeroCells {
    filled,  // 0.0001, or a millionth of the smallest share when that is at most 0.0001
    kept,
};

// Both sides of a column without NaN and infinities, sorted once for all tests.
struct Pair {
    Sample reference, current;
};
// Fails when a side has no finite value.
Result<Pair> prepared(std::span<const double> reference, std::span<const double> current);
size_t distinct(std::span<const double> ascending);

// The shares of both sides in common cells: Sturges' bins over the pooled range for a number with
// more than 20 distinct reference values, else one cell a distinct value, ascending.
struct Shares {
    std::vector<double> reference, current;
};
Shares binned_shares(const Pair& data, Column column, ZeroCells zeros);
Result<Shares> binned_shares(std::span<const double> reference, std::span<const double> current,
                             Column column, ZeroCells zeros);

// Each is the score of the test of this name (threshold 0.1).
Result<double> psi(const Pair& data, Column column);
Result<double> psi(std::span<const double> reference, std::span<const double> current,
                   Column column);
Result<double> kl_div(const Pair& data, Column column);
Result<double> kl_div(std::span<const double> reference, std::span<const double> current,
                      Column column);
Result<double> jensenshannon(const Pair& data, Column column);
Result<double> jensenshannon(std::span<const double> reference, std::span<const double> current,
                             Column column);
Result<double> hellinger(const Pair& data, Column column);
Result<double> hellinger(std::span<const double> reference, std::span<const double> current,
                         Column column);
// Wasserstein's distance over the reference's standard deviation (0.001 at least).
Result<double> wasserstein(const Pair& data);
Result<double> wasserstein(std::span<const double> reference, std::span<const double> current);

// p-values of categories: chi-square against scaled reference counts, and the z-test of "not the
// smallest value" (1 - cdf, so that nothing below 1e-16 is seen). G as Evidently has it refuses
// samples of unlike size; frequency_tests.h has the one that does not.
Result<double> chisquare(const Pair& data);
Result<double> chisquare(std::span<const double> reference, std::span<const double> current);
Result<double> z(const Pair& data);
Result<double> z(std::span<const double> reference, std::span<const double> current);
Result<double> g_test(const Pair& data);
Result<double> g_test(std::span<const double> reference, std::span<const double> current);
Result<double> total_variation(const Pair& data);
Result<double> total_variation(std::span<const double> reference, std::span<const double> current);

// The test that Evidently chooses: by the reference's rows and the distinct values of both sides
// together. Names are Evidently's: ks, wasserstein, chisquare, z, jensenshannon.
std::string_view default_test(Column column, size_t reference_rows, size_t distinct_values);

}  // namespace rondo::stats::evidently
