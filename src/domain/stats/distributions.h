// Distribution functions that tests and intervals stand on: cdf is P(X <= x), sf is P(X > x)
// computed without the loss of 1 - cdf, ppf is the x at which cdf reaches p.
//
// Arguments outside the domain (a NaN, degrees of freedom that are not positive, p outside [0, 1])
// give NaN, as scipy's do; nothing throws. Relative error about 1e-13 in the body of each.
#pragma once

namespace rondo::stats {

// Standard normal.
double normal_cdf(double x);
double normal_sf(double x);
double normal_log_cdf(double x);  // ln P(X <= x), exact far into the lower tail
double normal_ppf(double p);

// Student's t with `degrees` > 0 degrees of freedom; infinity is the normal.
double student_t_cdf(double x, double degrees);
double student_t_sf(double x, double degrees);
double student_t_ppf(double p, double degrees);

// Chi-square with `degrees` > 0 degrees of freedom.
double chi_square_cdf(double x, double degrees);
double chi_square_sf(double x, double degrees);
double chi_square_ppf(double p, double degrees);

// Snedecor's F with `numerator` and `denominator` degrees of freedom, both > 0.
double f_cdf(double x, double numerator, double denominator);
double f_sf(double x, double numerator, double denominator);
double f_ppf(double p, double numerator, double denominator);

// Beta(a, b) on [0, 1]; a, b > 0. The cdf is the regularised incomplete beta function I_x(a, b).
double beta_cdf(double x, double a, double b);
double beta_sf(double x, double a, double b);
double beta_ppf(double p, double a, double b);

// Regularised incomplete gamma functions, shape a > 0: P(a, x) and Q(a, x) = 1 - P(a, x).
double gamma_p(double a, double x);
double gamma_q(double a, double x);

// Binomial(n, p): P(X = k), P(X <= k), P(X > k). The first by Loader's saddle point expansion
// (2000), which keeps 14 digits for any n.
double binomial_pmf(double k, double n, double p);
double binomial_cdf(double k, double n, double p);
double binomial_sf(double k, double n, double p);

// Hypergeometric: `drawn` of `total` things of which `marked` are marked, P(X = k) marked ones
// drawn. Whole numbers.
double hypergeometric_pmf(double k, double total, double marked, double drawn);

double log_gamma(double x);             // ln |Gamma(x)|; infinity at 0, -1, -2 ...
double log_beta(double a, double b);    // ln B(a, b); a, b > 0
double log_choose(double n, double k);  // ln of n over k; 0 <= k <= n
// ln n! minus Stirling's (n + 1/2) ln n - n + ln(2 pi) / 2, for n > 0.
double stirling_error(double n);
// ln(1 + x) - x without cancellation near 0; x > -1.
double log1p_minus(double x);
// The modified Bessel function of the second kind of order 1/4, times e^x; x > 0.
double bessel_k_quarter_scaled(double x);

}  // namespace rondo::stats
