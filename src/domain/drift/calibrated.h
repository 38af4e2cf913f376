// The calibrated verdict: a change is drift when it is large enough to matter and larger than what
// chance makes at these numbers of rows. Both halves are needed: small samples move by chance, and
// in large ones any trifle is significant.
//
// The effect is the Jensen-Shannon distance over few cells that both sides fix together. Its null
// is exact by permutation up to kPermuted rows on the smaller side (Besag and Clifford 1991 stop
// early), beyond it the chi-square limit: squared distance ~ (1/n + 1/m) / 8 chi2(cells - 1).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "domain/drift/model.h"
#include "domain/stats/evidently.h"

namespace rondo::drift {

inline constexpr size_t kPermuted = 1000;
inline constexpr double kEffect = 0.1;  // that matters; Evidently's threshold for this distance
inline constexpr double kAlpha = 0.05;

// Counts of both sides in the same cells.
struct CellCounts {
    std::vector<int64_t> reference, current;
};

// The value of a rank (from 0) among two ascending columns together. O(log n).
double pooled_rank(std::span<const double> x, std::span<const double> y, size_t rank);

// Cells of equal pooled mass, or one a value when there are few. As many as the cube root of the
// smaller side, 5 to 32: more would see less.
CellCounts cells_of_numbers(const stats::evidently::Pair& data);
// One cell a category; those that both sides together have fewer than 5 times, and all beyond the
// 31 largest, share one.
CellCounts cells_of_categories(const CellCounts& categories);

// Effect, noise and p-value; adjusted_p is left to who knows all features. `seed` settles the
// permutations, so that the same files give the same numbers.
Evidence weigh(const CellCounts& cells, double threshold, double alpha, uint64_t seed);

// The verdict, once adjusted_p stands.
Verdict judge(const Evidence& evidence, double alpha);

}  // namespace rondo::drift
