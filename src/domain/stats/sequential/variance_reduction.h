// Estimates of effects from sums by unit: ratios by the delta method, and CUPED.
//
// The unit is what was randomised (a user, a session). Feed an asymptotic sequence or a z-test.
#pragma once

#include <span>

#include "base/result.h"

namespace rondo::stats {

struct Estimate {
    double value = 0;
    double variance = 0;  // of the value; its root is the standard error
    double count = 0;     // units
};

Result<Estimate> mean_estimate(std::span<const double> y);

// mean(numerator) / mean(denominator) over units, e.g. clicks by session over users: variance
// (s_m^2 - 2 r s_md + r^2 s_d^2) / (n D^2) with r the ratio (delta method). Fails on unlike
// lengths, fewer than 2 units, or a denominator that sums to 0.
Result<Estimate> ratio_estimate(std::span<const double> numerator,
                                std::span<const double> denominator);

// candidate - champion, and candidate / champion - 1, for independent arms. The second fails when
// the champion's value is 0.
Estimate difference(const Estimate& candidate, const Estimate& champion);
Result<Estimate> relative_difference(const Estimate& candidate, const Estimate& champion);

struct CupedEffect {
    Estimate difference;     // candidate - champion, adjusted
    double theta = 0;        // pooled cov(y, x) / var(x)
    double correlation = 0;  // within arms; the variance left is about 1 - its square
};
// Adjusts an outcome y by a covariate x known before (Deng, Xu, Kohavi and Walker 2013):
// y - theta (x - mean x), theta pooled within arms. x must not be affected by the arm. A constant x
// adjusts nothing. Fails on unlike lengths or fewer than 2 units in an arm.
Result<CupedEffect> cuped(std::span<const double> candidate_y, std::span<const double> candidate_x,
                          std::span<const double> champion_y, std::span<const double> champion_x);

}  // namespace rondo::stats
