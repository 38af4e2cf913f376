// Quantiles that may be looked at any time: uniform bands for an empirical distribution, and a
// comparison of two arms (Howard and Ramdas 2022, "Sequential estimation of quantiles").
#pragma once

#include <span>

#include "domain/stats/sample.h"

namespace rondo::stats {

// The distance from the empirical distribution function that the true one keeps for all t >= t_min
// and all values at once, with probability 1 - alpha: a sqrt((ln(1 + ln(t / t_min)) + C) / t)
// (theorem 2). a > 1 / sqrt(2). Infinite before t_min; NaN outside the domain. The band makes
// confidence sequences of all quantiles together.
double empirical_band(double t, double alpha, double t_min, double a = 0.85);

// The same for one quantile level p, weighted so that tail quantiles get narrower bands, times t:
// a count (theorem 3, double stitching). t_opt: where it is meant to be tight.
double quantile_band_count(double p, double t, double alpha, double t_opt, double delta = 0.5,
                           double s = 1.4, double eta = 2);

// Null rejected: "the p-quantiles of both arms are equal", for independent rows in each arm; the
// p-value holds at any time, whatever rule stopped the stream. By a two-sided beta-binomial mixture
// in each arm, the least product of both over where the common quantile may be. Fails on an empty
// sample, p outside (0, 1) or t_opt below 1. O((n + m)) for sorted samples.
Result<double> quantile_ab_p_value(const Sample& a, const Sample& b, double p, double t_opt,
                                   double alpha_opt = 0.05);

}  // namespace rondo::stats
