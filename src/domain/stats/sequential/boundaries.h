// Uniform boundaries for sums of differences: curves that a process crosses, at any time, with
// probability at most alpha (Howard, Ramdas, McAuliffe and Sekhon 2020, 2021).
//
// s: the sum of the observations less their means under the null; v: its intrinsic time, e.g. n
// times the variance for sub-Gaussian ones, or a predictable sum of squares. Null rejected: "each
// observation's mean, given the past, is at most (two-sided: is) what was taken off". log_*: the
// logarithm of the mixture supermartingale, ln of an e-value. *_bound: the s at which it reaches
// ln(1 / alpha).
//
// rho > 0 tunes where a boundary is tightest; the *_rho functions choose it for v = v_opt.
// alpha in (0, 1), v >= 0; anything else gives NaN.
#pragma once

namespace rondo::stats {

// Normal mixture, for sub-Gaussian sums; two-sided and one-sided (Robbins 1970; propositions 5 and
// 6 of the 2021 paper). The mSPRT with prior variance tau^2 of the effect is this one with
// rho = V / tau^2. With rho_sided of the other side a one-sided bound wastes a little.
double two_sided_normal_rho(double v_opt, double alpha);
double one_sided_normal_rho(double v_opt, double alpha);
double two_sided_normal_log_mixture(double s, double v, double rho);
double two_sided_normal_bound(double v, double alpha, double rho);
double one_sided_normal_log_mixture(double s, double v, double rho);
double one_sided_normal_bound(double v, double alpha, double rho);

// Gamma-exponential mixture, for sums whose steps are bounded above by c > 0 in the unit of s,
// v the sum of squares (empirical Bernstein), or any sub-exponential process of scale c
// (proposition 9).
double gamma_exponential_log_mixture(double s, double v, double rho, double c);
double gamma_exponential_bound(double v, double alpha, double rho, double c);

// Beta-binomial mixture, for steps with two values, -g and h (g, h > 0), of mean 0: v is g h times
// the number of steps (propositions 7 and 8). For Bernoulli of mean p less p: g = p, h = 1 - p.
double two_sided_beta_binomial_log_mixture(double s, double v, double rho, double g, double h);
double one_sided_beta_binomial_log_mixture(double s, double v, double rho, double g, double h);

// Polynomial stitching, for sub-gamma processes of scale c >= 0: no mixture, a closed form that
// grows like sqrt(v ln ln v) (theorem 1). From v_min on; s > 1, eta > 1.
double poly_stitching_bound(double v, double alpha, double v_min, double c = 0, double s = 1.4,
                            double eta = 2);

struct SequenceBounds {
    double lower = 0, upper = 1;
};
// A confidence sequence for a proportion after `successes` of `trials`: all p that the two-sided
// beta-binomial mixture with tuning at t_opt trials has not rejected. May be looked at after each
// trial; covers at all times with probability 1 - alpha.
SequenceBounds bernoulli_sequence(double successes, double trials, double alpha, double t_opt);

}  // namespace rondo::stats
