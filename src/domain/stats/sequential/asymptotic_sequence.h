// Asymptotic confidence sequences for any estimate whose error is about normal: a ratio, a CUPED
// mean, a relative lift (Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2021). What GrowthBook
// calls sequential testing.
//
// Null: "the estimated effect is 0 (one-sided: at most 0)". The promise holds for large samples and
// stationary streams only. A ramp whose base rate moves with it breaks the promise every time; the
// assignment-conditional evidence of units.h does not.
#pragma once

#include "base/result.h"
#include "domain/stats/interval.h"

namespace rondo::stats {

struct SequenceTuning {
    double alpha = 0.05;
    double n_opt = 5000;  // rows of all arms at which the sequence is tightest
};

// What the half width is over the standard error, after n rows in all arms.
double asymptotic_factor(double n, const SequenceTuning& tuning);
double asymptotic_factor_one_sided(double n, const SequenceTuning& tuning);

// estimate +- factor * standard error. Fails on n < 1, a standard error that is not finite and
// positive, alpha outside (0, 1) (one-sided below 1/2) or n_opt that is not positive.
Result<Bounds> asymptotic_sequence(double estimate, double standard_error, double n,
                                   const SequenceTuning& tuning = {});
// The p-value that may be looked at any time: min(1, 1 / e) with the mixture's e-value.
Result<double> asymptotic_p_value(double estimate, double standard_error, double n,
                                  const SequenceTuning& tuning = {});

}  // namespace rondo::stats
