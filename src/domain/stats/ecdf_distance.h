// Distances between two empirical distributions, in one walk over both sorted samples.
#pragma once

#include "domain/stats/sample.h"

namespace rondo::stats {

// Wasserstein-1, also called earth mover's: the integral of |F_x - F_y|, in the unit of the
// values. The mean distance that probability has to be moved.
// Infinite values give infinity, or NaN where both samples share them, as scipy's arithmetic does.
// O(n + m). Fails on an empty sample; NaN when one is poisoned.
Result<double> wasserstein_distance(const Sample& x, const Sample& y);

// Energy distance: sqrt(2) times the square root of the integral of (F_x - F_y)^2, in the root of
// the unit of the values (Szekely 2002). Otherwise as above.
Result<double> energy_distance(const Sample& x, const Sample& y);

}  // namespace rondo::stats
