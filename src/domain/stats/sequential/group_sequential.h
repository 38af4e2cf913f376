// Group-sequential tests: a few planned looks at a z-statistic whose errors add up to alpha. More
// powerful than any-time evidence when the largest sample is known.
//
// Null rejected: "the effect is at most 0" (two-sided: "is 0"), for a z-statistic that moves like a
// Brownian motion in information time; asymptotic, and only at the planned information.
#pragma once

#include <span>
#include <vector>

#include "base/result.h"

namespace rondo::stats {

enum class Spending {
    obrien_fleming,  // 2 (1 - Phi(z_(alpha/2) / sqrt(t))): hard early, almost the fixed test last
    pocock,          // alpha ln(1 + (e - 1) t): alike at each look
    power,           // alpha t^phi; phi 2 by default, as Spotify uses
};
// The share of alpha spent up to information fraction t in [0, 1] (Lan and DeMets 1983).
double spent(Spending spending, double alpha, double t, double phi = 2);

enum class Sides { one, two };

struct GroupSequentialPlan {
    double alpha = 0.025;
    Sides sides = Sides::one;
    Spending spending = Spending::obrien_fleming;
    double phi = 2;
};

inline constexpr size_t kMaxLooks = 200;

// The z at which to stop at each look, at information fractions ascending in (0, 1]. By recursive
// numerical integration (Armitage, McPherson and Rowe 1969); good to 1e-7. Infinite where nothing
// is left to spend (less than 1e-12). O(looks * 10^6). Fails on no looks, more than kMaxLooks,
// fractions out of order or range, alpha outside (0, 1/2).
Result<std::vector<double>> group_sequential_bounds(std::span<const double> fractions,
                                                    const GroupSequentialPlan& plan = {});

// P(cross any bound) when the z-statistic at full information has this mean: the power, and at 0
// the error spent. Upper bounds only for one side.
Result<double> crossing_probability(std::span<const double> fractions,
                                    std::span<const double> bounds, Sides sides, double drift);

}  // namespace rondo::stats
