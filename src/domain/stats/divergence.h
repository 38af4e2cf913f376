// Distances and divergences between two discrete distributions over the same cells, given as
// non-negative weights (counts or shares). Logarithms are natural: nats.
//
// All fail on no cells, unlike numbers of cells, a negative or NaN weight, and weights that sum
// to 0. The *_distance ones are metrics.
#pragma once

#include <span>

#include "base/result.h"

namespace rondo::stats {

using Weights = std::span<const double>;

// D(p || q) = sum p ln(p / q), after both are made to sum to 1. Infinite where q lacks what p has.
Result<double> kl_divergence(Weights p, Weights q);

// sqrt((D(p || m) + D(q || m)) / 2) with m = (p + q) / 2 (Endres and Schindelin 2003): 0 to
// sqrt(ln 2). Divide by sqrt(ln 2) for base 2.
Result<double> jensen_shannon_distance(Weights p, Weights q);

// The population stability index: sum (p - q) ln(p / q), 0 to infinity; infinite with a cell that
// only one side has, so fill zeros first or merge cells. Weights are made to sum to 1.
Result<double> population_stability_index(Weights p, Weights q);

// Half the sum of |p - q|: 0 to 1.
Result<double> total_variation_distance(Weights p, Weights q);

// sqrt(1 - sum sqrt(p q)): 0 to 1.
Result<double> hellinger_distance(Weights p, Weights q);

// The largest |p - q|: 0 to 1.
Result<double> l_infinity_distance(Weights p, Weights q);

// What chance alone stays below with probability `confidence` when two samples of n and m rows
// come from one distribution over `cells` cells: the chi-square limits of the divergences above
// (Pardo 2006). Of the PSI, the KL divergence and the squared Jensen-Shannon distance.
double psi_null_quantile(double confidence, double n, double m, size_t cells);
double kl_null_quantile(double confidence, double n, double m, size_t cells);
double jensen_shannon_null_quantile(double confidence, double n, double m, size_t cells);

}  // namespace rondo::stats
