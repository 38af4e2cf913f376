"""Two-sample tests and distances beside scipy, statsmodels and Evidently."""

import math

import numpy as np
import pandas as pd
from evidently.legacy.calculations.stattests import mmd_stattest
from evidently.legacy.calculations.stattests.g_stattest import _g_stat_test
from evidently.legacy.calculations.stattests.hellinger_distance import _hellinger_distance
from evidently.legacy.calculations.stattests.jensenshannon import _jensenshannon
from evidently.legacy.calculations.stattests.kl_div import _kl_div
from evidently.legacy.calculations.stattests.psi import _psi
from evidently.legacy.calculations.stattests.wasserstein_distance_norm import (
    _wasserstein_distance_norm)
from evidently.legacy.calculations.stattests.z_stattest import _z_stat_test
from evidently.legacy.calculations.stattests.chisquare_stattest import _chi_stat_test
from evidently.legacy.core import ColumnType
from scipy import spatial, stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportions_ztest

from .family import Family

SIDES = ["two-sided", "less", "greater"]


def size(rng, largest=300):
    """Tiny as often as large."""
    return int(10 ** rng.uniform(0, np.log10(largest)))


def column(rng, n, kind=None):
    kind = rng.integers(6) if kind is None else kind
    shift, scale = rng.normal() * rng.choice([0, 0.3, 1]), 10 ** (rng.normal() * 0.3)
    values = shift + scale * rng.normal(size=n)
    if kind == 1:  # ties
        values = np.round(values)
    elif kind == 2:  # few values
        values = rng.integers(0, rng.integers(1, 12), size=n).astype(float)
    elif kind == 3:  # heavy tails
        values = shift + scale * rng.standard_t(1.5, size=n)
    elif kind == 4:  # all positive, far apart
        values = np.exp(values * 3)
    elif kind == 5 and rng.random() < 0.3:  # constant
        values = np.full(n, np.round(shift, 1))
    return values


def pair(rng, largest=300, least=1, clean=False):
    kind = rng.integers(6)
    x, y = (column(rng, max(least, size(rng, largest)), kind) for _ in range(2))
    if not clean and rng.random() < 0.06:
        odd = rng.choice([np.nan, np.inf, -np.inf])
        one = x if rng.random() < 0.5 else y
        one[rng.integers(len(one))] = odd
        if rng.random() < 0.3:
            y[rng.integers(len(y))] = odd
    if rng.random() < 0.1:
        y = x.copy()
    return x, y


def ks(side, how, x, y):
    r = stats.ks_2samp(x, y, alternative=side, method=how)
    return r.statistic, r.pvalue


def draw_ks(rng, largest=300):
    return str(rng.choice(SIDES)), str(rng.choice(["auto", "exact", "asymp"])), *pair(rng, largest)


def draw_one_size(rng):
    n = size(rng, 2000)
    return str(rng.choice(SIDES)), "auto", column(rng, n, 0), column(rng, n, 0)


def draw_large(rng):
    n = int(rng.integers(10001, 60000))
    x = rng.normal(size=n)
    y = rng.normal(loc=rng.choice([0, 0.01, 0.1]), size=int(10 ** rng.uniform(0, 4.5)))
    return str(rng.choice(SIDES)), "auto", x, y


def two(f):
    def peer(*arguments, **named):
        r = f(*arguments, **named)
        return r.statistic, r.pvalue
    return peer


def infinite_as_nan(f):
    """scipy's distances check the finiteness of weights only; a NaN makes theirs NaN or wrong."""
    def peer(x, y):
        if np.isnan(x).any() or np.isnan(y).any():
            return [math.nan]
        return [f(x, y)]
    return peer


def singular(f):
    def peer(*arguments):
        try:
            return f(*arguments)
        except np.linalg.LinAlgError:
            raise ValueError from None
    return peer


@singular
def epps(x, y):
    if min(len(x), len(y)) < 5:
        raise ValueError  # scipy answers NaN
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        return math.nan, math.nan  # scipy refuses some of these
    if stats.iqr(np.hstack((x, y))) == 0:
        raise ValueError  # scipy divides by it
    r = stats.epps_singleton_2samp(x, y)
    return r.statistic, r.pvalue


def draw_spread(rng):
    while True:
        kind = rng.integers(4)
        x, y = (column(rng, size(rng, 1000), kind) for _ in range(2))
        if rng.random() < 0.05:
            x[0] = rng.choice([np.nan, np.inf])
        if np.ptp(x) != 0 and np.ptp(y) != 0:  # else the covariance is rounding
            return x, y


def draw_t(rng):
    x, y = pair(rng, least=2)
    return str(rng.choice(["equal", "unequal"])), str(rng.choice(SIDES)), x, y


def t_test(variances, side, x, y):
    if np.ptp(x) == 0 and np.ptp(y) == 0 and len(x) and not (np.isnan(x).any() or np.isnan(y).any()):
        difference = x[0] - y[0]
        t = math.copysign(math.inf, difference) if difference else math.nan
        r = stats.ttest_ind(x, y, equal_var=variances == "equal", alternative=side)
        p = {"two-sided": 0.0, "less": float(t > 0), "greater": float(t < 0)}[side]
        if difference:
            return t, p, r.df if variances == "equal" else 1
        return [math.nan] * 3  # scipy's variance of 0.1, 0.1 ... is not 0
    r = stats.ttest_ind(x, y, equal_var=variances == "equal", alternative=side)
    if math.isnan(r.statistic):
        return [math.nan] * 3
    return r.statistic, r.pvalue, r.df


def draw_paired(rng):
    n = max(2, size(rng))
    x = column(rng, n, 0)
    return str(rng.choice(SIDES)), x, x * rng.uniform(-1, 1) + column(rng, n, 3)


def paired(side, x, y):
    r = stats.ttest_rel(x, y, alternative=side)
    return r.statistic, r.pvalue, r.df


def draw_fit(rng):
    k = int(rng.integers(2, 30))
    observed = rng.poisson(10 ** rng.uniform(-0.5, 4), size=k).astype(float)
    expected = rng.gamma(3, size=k)
    expected *= observed.sum() / expected.sum()
    if rng.random() < 0.1:
        expected = expected * rng.choice([1.1, 1 + 1e-9])
    return str(rng.choice(["pearson", "g"])), observed, expected


def fit(statistic, observed, expected):
    r = stats.power_divergence(observed, expected, lambda_="log-likelihood" if statistic == "g" else 1)
    return r.statistic, r.pvalue, len(observed) - 1


def draw_table(rng):
    rows, columns = (int(rng.integers(1, 6)) for _ in range(2))
    if rng.random() < 0.4:
        rows = columns = 2
    counts = rng.poisson(10 ** rng.uniform(-0.5, 4), size=(rows, columns)).astype(float)
    return str(rng.choice(["pearson", "g"])), str(rng.choice(["yates", "none"])), columns, counts.ravel()


def contingency(statistic, yates, columns, counts):
    table = np.reshape(counts, (-1, columns))
    if not table.sum(0).all() or not table.sum(1).all():
        raise ValueError  # scipy answers some of these, by dividing by 0
    r = stats.chi2_contingency(table, correction=yates == "yates",
                               lambda_="log-likelihood" if statistic == "g" else None)
    return r.statistic, r.pvalue, r.dof


def draw_proportions(rng):
    n, m = (int(10 ** rng.uniform(0, 6)) for _ in range(2))
    p = rng.random() ** 2
    return str(rng.choice(SIDES)), int(rng.binomial(n, p)), n, int(rng.binomial(m, p)), m


def proportions(side, a, n, b, m):
    named = {"two-sided": "two-sided", "less": "smaller", "greater": "larger"}[side]
    return proportions_ztest([a, b], [n, m], alternative=named)


def draw_fisher(rng):
    scale = 10 ** rng.uniform(0, 4)
    return str(rng.choice(SIDES)), *(int(v) for v in rng.poisson(scale * rng.random(4) ** 2))


def fisher(side, a, b, c, d):
    r = stats.fisher_exact([[a, b], [c, d]], alternative=side)
    return r.statistic, r.pvalue


def draw_weights(rng):
    k = int(rng.integers(1, 40))
    p, q = (rng.gamma(0.5, size=k) * (rng.random(k) < 0.85) * 10 ** rng.normal() for _ in range(2))
    if rng.random() < 0.2:
        q = p * rng.choice([1.0, 3.0, 1 + 1e-7])
    return p, q


def shares(f):
    def peer(p, q):
        if not (np.sum(p) > 0 and np.sum(q) > 0):
            raise ValueError
        return [f(p / np.sum(p), q / np.sum(q))]
    return peer


def psi(p, q):
    with np.errstate(all="ignore"):
        return np.nansum(np.where(p == q, 0.0, (p - q) * np.log(p / q)))


def jensen_shannon(p, q):
    distance = spatial.distance.jensenshannon(p, q)
    return 0.0 if math.isnan(distance) else distance  # the root of -1e-17


def draw_samples(rng):
    kind = rng.integers(6)
    return (str(rng.choice(["midrank", "right"])),
            *(column(rng, size(rng, 200), kind) for _ in range(rng.integers(1, 5))))


def anderson(variant, *samples):
    if len(samples) > 1 and sum(map(len, samples)) < 4:
        raise ValueError  # the variance divides by N - 3
    r = stats.anderson_ksamp(samples, variant=variant)
    return r.statistic, r.pvalue


def mmd(x, y):
    dist = (x[:, None] - x[None, :]) ** 2
    sigma = np.sqrt(0.5 * np.percentile(dist.ravel(), 50, method="nearest")) or np.sqrt(0.5)
    both = np.concatenate([x, y])
    kernel = np.exp(-((both[:, None] - both[None, :]) ** 2) / (2 * sigma**2))
    np.fill_diagonal(kernel, 0)
    return mmd_stattest.mmd_2samp(kernel, len(y)), sigma


def as_series(values, kind):
    return pd.Series(values.astype(int) if kind == "integer" else values)


KINDS = {"number": ColumnType.Numerical, "integer": ColumnType.Numerical,
         "category": ColumnType.Categorical}


def draw_typed(rng):
    kind = str(rng.choice(list(KINDS)))
    x, y = pair(rng, 2000, least=2, clean=True)
    if kind == "integer":
        x, y = (np.trunc(v * 3) for v in (np.clip(x, -1e6, 1e6), np.clip(y, -1e6, 1e6)))
    elif kind == "category":
        x, y = np.round(x), np.round(y)
    return kind, x, y


def evidently_typed(f):
    return lambda kind, x, y: [f(as_series(x, kind), as_series(y, kind), KINDS[kind], 0.1)[0]]


def evidently_of(f, kind):
    return lambda x, y: [f(pd.Series(x), pd.Series(y), kind, 0.1)[0]]


def evidently_chisquare(x, y):
    if len(np.unique(np.concatenate([x, y]))) == 1:
        return [math.nan]  # no degree of freedom; rounding makes some of Evidently's 0
    return evidently_of(_chi_stat_test, ColumnType.Categorical)(x, y)


def draw_rare(rng):
    """Shares below 0.0001, for which Evidently fills empty cells with less."""
    n = int(rng.integers(11000, 30000))
    return "category", *(rng.zipf(1.8, size=n).clip(max=10**6).astype(float) for _ in range(2))


def draw_million(rng):
    """So many integers that Sturges' bins would be narrower than 1, which numpy 2 forbids."""
    return "integer", *(rng.integers(0, 22, size=n).astype(float) for n in (1_200_000, 1000))


def draw_categories(rng):
    k = rng.integers(1, 8)
    n, m = (max(2, size(rng, 1000)) for _ in range(2))
    if rng.random() < 0.5:
        m = n
    return tuple(rng.integers(0, k, size=s).astype(float) for s in (n, m))


def draw_two_values(rng):
    return tuple(v % 2 for v in draw_categories(rng))


FAMILIES = [
    Family("ks", draw_ks, ks, cases=3000),
    Family("ks", draw_one_size, ks, label="ks of one size", cases=500),
    Family("ks", lambda r: ("two-sided", *draw_ks(r, 3000)[1:]), ks, label="ks larger", cases=200),
    Family("ks", draw_large, ks, label="ks asymptotic", cases=100),
    Family("cramer_von_mises", lambda r: ("auto", *pair(r, 25, 2)), lambda how, x, y:
           two(stats.cramervonmises_2samp)(x, y), label="cramer_von_mises exact", cases=300,
           absolute=1e-7, why="scipy ends its series at terms of 1e-7"),
    Family("cramer_von_mises", lambda r: ("asymp", *pair(r, 3000, 2)), lambda how, x, y:
           two(stats.cramervonmises_2samp)(x, y, method="asymptotic"), absolute=3e-5,
           why="scipy ends its series at terms of 1e-7"),
    Family("mann_whitney", lambda r: (str(r.choice(SIDES)), "auto", *pair(r)), lambda side, how, x, y:
           two(stats.mannwhitneyu)(x, y, alternative=side)),
    Family("mann_whitney", lambda r: (str(r.choice(SIDES)), "exact", column(r, size(r, 60), 0),
                                      column(r, size(r, 60), 0)),
           lambda side, how, x, y: two(stats.mannwhitneyu)(x, y, alternative=side, method="exact"),
           label="mann_whitney exact", cases=600),
    Family("anderson", draw_samples, anderson),
    Family("epps_singleton", draw_spread, epps, relative=1e-6, absolute=1e-12,
           why="the covariance may be nearly singular"),
    Family("t_test", draw_t, t_test, absolute=1e-12),
    Family("paired_t_test", draw_paired, paired),
    Family("goodness_of_fit", draw_fit, fit, absolute=1e-12),
    Family("contingency", draw_table, contingency, absolute=1e-12),
    Family("two_proportion_z", draw_proportions, proportions, absolute=1e-12),
    Family("fisher_exact", draw_fisher, fisher, cases=1500),
    Family("wasserstein", pair, infinite_as_nan(stats.wasserstein_distance), absolute=1e-15),
    Family("energy", pair, infinite_as_nan(stats.energy_distance), absolute=1e-15),
    Family("kl", draw_weights, shares(stats.entropy), absolute=1e-15),
    Family("jensen_shannon", draw_weights, shares(jensen_shannon), absolute=3e-8,
           why="near 0 scipy takes the root of a sum that has cancelled"),
    Family("psi", draw_weights, shares(psi), absolute=1e-15),
    Family("total_variation", draw_weights, shares(lambda p, q: np.abs(p - q).sum() / 2),
           absolute=1e-15),
    Family("hellinger", draw_weights, shares(
        lambda p, q: np.linalg.norm(np.sqrt(p) - np.sqrt(q)) / np.sqrt(2)), absolute=1e-15),
    Family("l_infinity", draw_weights, shares(lambda p, q: np.abs(p - q).max()), absolute=1e-15),
    Family("mmd", lambda r: pair(r, 200, 2, clean=True), mmd, absolute=1e-13, cases=500),
    Family("adjusted", lambda r: ("bonferroni", r.random(r.integers(1, 50)) ** 3), lambda _, p:
           multipletests(p, method="bonferroni")[1], label="bonferroni", cases=300),
    Family("adjusted", lambda r: ("holm", np.round(r.random(r.integers(1, 50)) ** 3, 2)), lambda _, p:
           multipletests(p, method="holm")[1], label="holm", cases=300),
    Family("adjusted", lambda r: ("bh", np.round(r.random(r.integers(1, 50)) ** 3, 2)), lambda _, p:
           stats.false_discovery_control(p), label="benjamini_hochberg", cases=300),
    Family("evidently_psi", draw_typed, evidently_typed(_psi), absolute=1e-15, cases=1000),
    Family("evidently_psi", draw_rare, evidently_typed(_psi), cases=20, label="evidently_psi rare"),
    Family("evidently_psi", draw_million, evidently_typed(_psi), cases=1, absolute=1e-15,
           label="evidently_psi of a million integers"),
    Family("evidently_kl_div", draw_typed, evidently_typed(_kl_div), absolute=1e-15, cases=1000),
    Family("evidently_jensenshannon", draw_typed, evidently_typed(_jensenshannon), absolute=3e-8,
           why="near 0 scipy takes the root of a sum that has cancelled", cases=1000),
    Family("evidently_hellinger", draw_typed, evidently_typed(_hellinger_distance), absolute=1e-7,
           why="near 0 the root of a difference that has cancelled, summed in the order of a set",
           cases=1000),
    Family("evidently_wasserstein", lambda r: pair(r, 2000, 2, clean=True),
           evidently_of(_wasserstein_distance_norm, ColumnType.Numerical), cases=1000),
    Family("evidently_chisquare", draw_categories, evidently_chisquare, cases=500),
    Family("evidently_z", draw_two_values, evidently_of(_z_stat_test, ColumnType.Categorical),
           absolute=1e-12, cases=500),
    Family("evidently_g_test", draw_categories, evidently_of(_g_stat_test, ColumnType.Categorical),
           cases=500),
]
