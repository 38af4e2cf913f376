"""Distribution functions beside scipy.special and scipy.stats."""

import mpmath
import numpy as np
from scipy import special, stats

from .family import Family

ODD = [0.0, 1.0, -1.0, np.nan, np.inf, -np.inf, 0.5]


def odd_or(rng, value, rate=0.05):
    return float(rng.choice(ODD)) if rng.random() < rate else float(value)


def wide(rng):
    return rng.normal() * 10 ** rng.uniform(-3, 1.5)


def degrees(rng):
    return float(10 ** rng.uniform(-0.3, 5)) if rng.random() < 0.7 else float(rng.integers(1, 50))


def probability(rng):
    kind = rng.integers(3)
    if kind == 0:
        return odd_or(rng, rng.random())
    small = 10 ** rng.uniform(-14, -1)
    return float(small if kind == 1 else 1 - small)


def positive(rng, around):
    return odd_or(rng, abs(around * (1 + rng.normal() * min(1, 3 / np.sqrt(around + 1)))))


def one(name, draw, peer, **more):
    return Family(name, lambda rng: (draw(rng),), lambda x: [peer(x)], **more)


def with_degrees(rng):
    d = degrees(rng)
    return positive(rng, d), d


def with_two_degrees(rng):
    return odd_or(rng, abs(rng.normal() + 1) ** 2), degrees(rng), degrees(rng)


def with_shapes(rng):
    a, b = float(10 ** rng.uniform(-2, 4)), float(10 ** rng.uniform(-2, 4))
    if rng.random() < 0.3:
        return odd_or(rng, rng.random()), a, b
    return float(np.clip(rng.beta(a, b), 0, 1)), a, b


def binomial(rng):
    n = int(10 ** rng.uniform(0, 5))
    p = float(rng.random())
    return int(np.clip(n * p + rng.normal() * 4 * np.sqrt(n * p * (1 - p)), -1, n + 1)), n, p


def statistic_and_n(rng):
    n = int(10 ** rng.uniform(0, 6 if rng.random() < 0.3 else 3))
    z = abs(rng.normal()) + rng.random()
    return (odd_or(rng, min(1.0, z / np.sqrt(n))), n)


def exact_choose(n, k):
    with mpmath.workdps(40):
        return float(mpmath.log(mpmath.binomial(n, k)))


def exact_log_beta(a, b):  # scipy's subtracts logarithms of Gamma that are large
    with mpmath.workdps(40):
        return float(mpmath.log(mpmath.beta(a, b)))


def choose(rng):
    n = int(10 ** rng.uniform(0, 6))
    return n, int(rng.integers(0, n + 1))


FAMILIES = [
    one("normal_cdf", lambda r: odd_or(r, wide(r)), special.ndtr),
    one("normal_sf", lambda r: odd_or(r, wide(r)), lambda x: special.ndtr(-x)),
    one("normal_log_cdf", lambda r: wide(r) * 3, special.log_ndtr),
    one("normal_ppf", probability, special.ndtri),
    Family("student_t_cdf", lambda r: (odd_or(r, wide(r)), degrees(r)),
           lambda x, d: [stats.t.cdf(x, d)]),
    Family("student_t_sf", lambda r: (odd_or(r, wide(r)), degrees(r)),
           lambda x, d: [stats.t.sf(x, d)]),
    Family("student_t_ppf", lambda r: (probability(r), degrees(r)),
           lambda p, d: [stats.t.ppf(p, d)], absolute=1e-12),
    Family("chi_square_cdf", with_degrees, lambda x, d: [stats.chi2.cdf(x, d)]),
    Family("chi_square_sf", with_degrees, lambda x, d: [stats.chi2.sf(x, d)]),
    Family("chi_square_ppf", lambda r: (probability(r), degrees(r)),
           lambda p, d: [stats.chi2.ppf(p, d)]),
    Family("f_cdf", with_two_degrees, lambda x, a, b: [stats.f.cdf(x, a, b)]),
    Family("f_sf", with_two_degrees, lambda x, a, b: [stats.f.sf(x, a, b)]),
    Family("f_ppf", lambda r: (probability(r), degrees(r), degrees(r)),
           lambda p, a, b: [stats.f.ppf(p, a, b)]),
    Family("beta_cdf", with_shapes, lambda x, a, b: [stats.beta.cdf(x, a, b)]),
    Family("beta_sf", with_shapes, lambda x, a, b: [stats.beta.sf(x, a, b)]),
    Family("beta_ppf", lambda r: (probability(r), *with_shapes(r)[1:]),
           lambda p, a, b: [stats.beta.ppf(p, a, b)]),
    Family("gamma_p", lambda r: (float(a := 10 ** r.uniform(-1, 5)), abs(positive(r, a))),
           lambda a, x: [special.gammainc(a, x)]),
    Family("gamma_q", lambda r: (float(a := 10 ** r.uniform(-1, 5)), abs(positive(r, a))),
           lambda a, x: [special.gammaincc(a, x)]),
    Family("binomial_cdf", binomial, lambda k, n, p: [stats.binom.cdf(k, n, p)]),
    Family("binomial_sf", binomial, lambda k, n, p: [stats.binom.sf(k, n, p)]),
    one("log_gamma", lambda r: float(10 ** r.uniform(-3, 9)), special.gammaln, absolute=1e-14),
    Family("log_beta", lambda r: (float(10 ** r.uniform(-2, 6)), float(10 ** r.uniform(-2, 6))),
           lambda a, b: [exact_log_beta(a, b)], absolute=1e-13, cases=500),
    Family("log_choose", choose, lambda n, k: [exact_choose(n, k)], absolute=1e-10,
           why="near ln 1 a difference of logarithms has an absolute error"),
    one("bessel_k_quarter_scaled", lambda r: float(10 ** r.uniform(-4, 4)),
        lambda x: special.kve(0.25, x)),
    one("kolmogorov_cdf", lambda r: odd_or(r, abs(r.normal()) + 0.2), lambda x: stats.kstwobign.cdf(x)),
    one("kolmogorov_sf", lambda r: odd_or(r, abs(r.normal()) + 0.2), lambda x: stats.kstwobign.sf(x)),
    Family("kolmogorov_n_sf", statistic_and_n, lambda d, n: [stats.kstwo.sf(d, n)]),
    Family("smirnov_sf", lambda r: (min(1.0, (abs(r.normal()) + r.random()) / np.sqrt(n := int(10 ** r.uniform(0, 4)))), n), lambda d, n: [special.smirnov(n, d)]),
]
