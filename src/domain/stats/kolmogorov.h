// The distribution of Kolmogorov's statistic.
#pragma once

#include <cstdint>

namespace rondo::stats {

// The limit of sqrt(n) D_n: P(K > x) = 2 sum (-1)^(k-1) exp(-2 k^2 x^2) (Kolmogorov 1933).
double kolmogorov_sf(double x);
double kolmogorov_cdf(double x);

// D_n, the largest distance between the empirical distribution of n values and the continuous one
// they come from: P(D_n >= d). By Simard and L'Ecuyer 2011 with the borders that scipy's kstwo
// uses: exact formulas (Ruben and Gambino; Durbin's matrix after Marsaglia, Tsang and Wang;
// Pomeranz) for n <= 140, twice the one-sided tail where the other side cannot matter (Miller),
// the expansion of Pelz and Good for the body of larger n (at least 5 correct digits).
// n >= 1, else NaN. At most some 50 ms (n near 1e5 and small d), usually microseconds.
double kolmogorov_n_sf(double d, int64_t n);

// One-sided: P(max(F_n - F) >= d) for n values, exact (Smirnov 1944; Birnbaum and Tingey 1951).
// O(n (1 - d)).
double smirnov_sf(double d, int64_t n);

}  // namespace rondo::stats
