"""Sequential inference beside confseq, integrals by their definition, and published tables."""

import math

import numpy as np
from scipy import integrate, special, stats

np.float_ = np.float64  # confseq was written before numpy 2
from confseq import betting, boundaries, quantiles  # noqa: E402

from .family import Family  # noqa: E402
from .two_sample import size  # noqa: E402

SIDES = ["one", "two"]


def alpha(rng):
    return float(rng.choice([0.01, 0.025, 0.05, 0.2]))


def sums(rng):
    v = 10 ** rng.uniform(-1, 6)
    return float(rng.normal() * 3 * np.sqrt(v)), float(v), float(10 ** rng.uniform(0, 5))


def draw_normal(rng):
    return str(rng.choice(SIDES)), *sums(rng), alpha(rng)


def normal_mixture(side, s, v, v_opt, a):
    return [boundaries.normal_log_mixture(s, v, v_opt, a, side == "one"),
            boundaries.normal_mixture_bound(v, a, v_opt, a, side == "one")]


def normal_by_integral(side, s, v, v_opt, a):
    """The mixture is the mean of exp(u s - u^2 v / 2) over u ~ N(0, 1 / rho), or twice over u > 0."""
    tuned = 2 * a if side == "one" else a
    rho = v_opt / (2 * np.log(1 / tuned) + np.log(1 + 2 * np.log(1 / tuned)))
    centre, width = s / (v + rho), 1 / np.sqrt(v + rho)
    low = max(0.0, centre - 12 * width) if side == "one" else centre - 12 * width
    high = max(low + width, centre + 12 * width)
    shift = s * s / (2 * (v + rho))
    area = integrate.quad(lambda u: np.exp(u * s - u * u * (v + rho) / 2 - shift), low, high,
                          epsabs=0, epsrel=1e-11, limit=500)[0]
    return [np.log(area * np.sqrt(rho / (2 * np.pi)) * (2 if side == "one" else 1)) + shift,
            boundaries.normal_mixture_bound(v, a, v_opt, a, side == "one")]


def draw_near(rng):  # where the integral is no rounding
    while True:
        side, s, v, v_opt, a = draw_normal(rng)
        if side == "two" or s > -4 * np.sqrt(v):
            return side, s, v, v_opt, a


def draw_gamma(rng):
    s, v, v_opt = sums(rng)
    return abs(s), v, v_opt, alpha(rng), float(rng.choice([0.1, 0.5, 1.0, 4.0]))


def gamma_exponential(s, v, v_opt, a, c):
    return [boundaries.gamma_exponential_log_mixture(s, v, v_opt, c, a),
            boundaries.gamma_exponential_mixture_bound(v, a, v_opt, c, a)]


def draw_binomial(rng):
    p = float(rng.uniform(0.02, 0.98))
    n = int(10 ** rng.uniform(0, 5))
    k = int(np.clip(n * p + 3 * rng.normal() * np.sqrt(n * p * (1 - p)), 0, n))
    v_opt = float(10 ** rng.uniform(0, 4) * p * (1 - p))
    return str(rng.choice(SIDES)), k - n * p, n * p * (1 - p), v_opt, alpha(rng), p, 1 - p


def beta_binomial(side, s, v, v_opt, a, g, h):
    """The mean likelihood ratio over a beta prior of the probability of the step h, against g /
    (g + h); one-sided the prior is cut below that."""
    both = g + h
    tuned = 2 * a if side == "one" else a
    rho = v_opt / (2 * np.log(1 / tuned) + np.log(1 + 2 * np.log(1 / tuned)))
    r = max(rho - g * h, 1e-3 * g * h)
    n = v / (g * h)
    ups = (n * g + s) / both
    prior = stats.beta(r / (h * both), r / (g * both))
    posterior = stats.beta(r / (h * both) + ups, r / (g * both) + n - ups)
    q = g / both
    log_ratio = (special.betaln(*posterior.args) - special.betaln(*prior.args)
                 - ups * np.log(q) - (n - ups) * np.log1p(-q))
    if side == "one":
        log_ratio += posterior.logsf(q) - prior.logsf(q)
    return [log_ratio]


def beta_binomial_confseq(side, s, v, v_opt, a, g, h):
    return [boundaries.beta_binomial_log_mixture(s, v, v_opt, g, h, a, side == "one")]


def draw_stitching(rng):
    return (float(10 ** rng.uniform(-1, 6)), alpha(rng), float(10 ** rng.uniform(0, 3)),
            float(rng.choice([0.0, 0.3, 2.0])), float(rng.uniform(1.1, 3)), float(rng.uniform(1.1, 4)))


def draw_bernoulli(rng):
    n = int(10 ** rng.uniform(1.1, 5))
    # confseq finds no bracket for its root when few trials succeed, or few do not.
    k = int(np.clip(rng.binomial(n, rng.random()), 5, n - 5))
    return k, n, alpha(rng), float(10 ** rng.uniform(1, 4))


def bernoulli(k, n, a, t_opt):
    return boundaries.bernoulli_confidence_interval(k, n, a, t_opt, a)


def draw_ab(rng):
    p = float(rng.choice([0.1, 0.5, 0.9]))
    n, m = (max(5, size(rng, 2000)) for _ in range(2))
    shift = rng.normal() * 0.5
    x, y = rng.normal(size=n), rng.normal(size=m) + shift
    if rng.random() < 0.3:
        x, y = np.round(x, 1), np.round(y, 1)
    return p, float(rng.choice([10, 100, 1000])), x, y


def quantile_ab(p, t_opt, x, y):
    return [quantiles.quantile_ab_p_value(x, y, p, int(t_opt))]


def gbstats_sequence(estimate, error, n, a, n_opt):
    """GrowthBook's formula, with its own names."""
    rho = math.sqrt((-2 * math.log(a) + math.log(-2 * math.log(a) + 1)) / n_opt)
    half = error * math.sqrt(n) * math.sqrt(
        2 * (n * rho**2 + 1) / (n**2 * rho**2) * math.log(math.sqrt(n * rho**2 + 1) / a))
    return [estimate - half, estimate + half]


def gbstats_p(estimate, error, n, a, n_opt):
    rho = math.sqrt((-2 * math.log(a) + math.log(-2 * math.log(a) + 1)) / n_opt)
    s = n * estimate**2 / error**2
    return [min(1, math.exp(-rho**2 * s / (2 * (n * rho**2 + 1))) * math.sqrt(n * rho**2 + 1))]


def draw_asymptotic(rng):
    return (float(rng.normal() * 0.2), float(10 ** rng.uniform(-2, 0)), int(10 ** rng.uniform(0, 6)),
            alpha(rng), float(10 ** rng.uniform(2, 4)))


def draw_hedged(rng):
    n = size(rng, 300)
    kind = rng.integers(3)
    x = [rng.random(n), (rng.random(n) < 0.3).astype(float), rng.beta(10, 30, n)][kind]
    return alpha(rng), int(rng.choice([20, 100])), x


def hedged(a, grid, x):
    low, high = betting.hedged_cs(x, alpha=a, breaks=grid)
    return [low[-1], high[-1]]


def draw_looks(rng):
    k = int(rng.integers(1, 5))
    t = np.sort(rng.random(k)) * 0.9 + 0.1
    t[-1] = 1
    return t


def crossing(sides, drift, t, z):
    """By the multivariate normal distribution of the statistics."""
    k = len(t)
    covariance = np.sqrt(np.minimum.outer(t, t) / np.maximum.outer(t, t))
    lower = -np.array(z) if sides == "two" else np.full(k, -np.inf)
    inside = stats.multivariate_normal.cdf(z, mean=drift * np.sqrt(t), cov=covariance,
                                           lower_limit=lower, abseps=1e-9, releps=1e-9, maxpts=4000000)
    return [1 - inside]


def draw_crossing(rng):
    t = draw_looks(rng)[:3]
    return str(rng.choice(SIDES)), float(rng.uniform(0, 3)), t, rng.uniform(1.5, 3, size=len(t))


# One-sided bounds of Lan and DeMets, from tables of the R packages ldbounds and gsDesign.
TABLE = {
    ("obrien", 0.025, 5): [4.877, 3.357, 2.680, 2.290, 2.031],
    ("obrien", 0.025, 4): [4.333, 2.963, 2.359, 2.014],
    ("pocock", 0.025, 5): [2.438, 2.427, 2.410, 2.397, 2.386],
}


def draw_table(rng):
    spending, a, k = list(TABLE)[rng.integers(len(TABLE))]
    return spending, "one", a, np.arange(1, k + 1) / k


def table(spending, sides, a, t):
    return [*TABLE[spending, a, len(t)], a]


def draw_spending(rng):
    return (str(rng.choice(["obrien", "pocock", "power"])), str(rng.choice(SIDES)), alpha(rng),
            draw_looks(rng))


def spent(spending, sides, a, t):
    """What the bounds have to spend: checked through crossing(), not through the bounds again."""
    one = a / 2 if sides == "two" else a
    used = {"obrien": 2 * stats.norm.sf(stats.norm.isf(one / 2) / np.sqrt(t)),
            "pocock": one * np.log(1 + (np.e - 1) * t), "power": one * t**2}[spending]
    return used * (2 if sides == "two" else 1)


def draw_srm(rng):
    k = int(rng.integers(2, 6))
    shares = rng.dirichlet(np.full(k, 5))
    return rng.multinomial(int(10 ** rng.uniform(0, 6)), shares * 0.9 + 0.1 / k), shares * 7


def srm_p(units, shares):
    return [stats.chisquare(units, units.sum() * shares / shares.sum()).pvalue]


def srm_log_e(units, shares):
    p = shares / shares.sum()
    a = 100 * p
    return [special.gammaln(a + units).sum() - special.gammaln((a + units).sum())
            - special.gammaln(a).sum() + special.gammaln(a.sum()) - (units * np.log(p)).sum()]


def paired(wins):
    odds = np.array([0.52, 0.55, 0.6, 0.67, 0.75, 0.9])
    k = wins.sum()
    return [np.mean(np.exp(k * np.log(2 * odds) + (len(wins) - k) * np.log(2 * (1 - odds))))]


def mcnemar(a, b):
    return [stats.binomtest(a, a + b, 0.5).pvalue if a + b else 1.0]


STAKES = np.array([0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9])


def e_detector(kind, level, losses):
    """By the definition: over every start the product of what came since."""
    increments = 1 + STAKES * ((losses[:, None] - level) / level)
    tails = np.cumprod(increments[::-1], axis=0)
    return [np.mean(tails.sum(0) if kind == "sr" else tails.max(0))]


def unit_evidence(arms, failed, rhos):
    """The likelihood of each arm given the outcome, from the odds ratio, written with Bayes' rule."""
    ratios = np.array([1.1, 1.2, 1.35, 1.6, 2, 3, 5, 10])
    wealth, largest, bad = np.ones(8), 1.0, 0
    for i, (arm, fail, rho) in enumerate(zip(arms, failed, rhos)):
        p = (bad + 1) / (i + 2)
        q = ratios * p / (1 - p + ratios * p)  # the candidate's failure rate
        of_candidate, of_champion = (q, p) if fail else (1 - q, 1 - p)
        theta = rho * of_candidate / (rho * of_candidate + (1 - rho) * of_champion)
        wealth = wealth * (theta / rho if arm else (1 - theta) / (1 - rho))
        bad += fail
        largest = max(largest, wealth.mean())
    return wealth.mean(), largest


def guardrail(tolerated, arms, rhos):
    """Likelihood of the arm of each failure at a rate ratio, over that at the tolerated one."""
    def of_candidate(ratio):
        return rhos * ratio / (rhos * ratio + 1 - rhos)
    null = of_candidate(tolerated)
    wealth = []
    for odds in (1.1, 1.2, 1.35, 1.6, 2, 3, 5, 10):
        theta = of_candidate(tolerated * odds)
        wealth.append(np.cumprod(np.where(arms == 1, theta / null, (1 - theta) / (1 - null))))
    path = np.mean(wealth, axis=0)
    return path[-1], max(1, path.max())


def weighted_bets(arms, y, rhos):
    t = np.arange(1, len(y) + 1)
    m = (0.5 + np.cumsum(y) - y) / t
    x = (y - m) * np.where(arms == 1, 1 / rhos, -1 / (1 - rhos))
    worst = np.maximum(np.maximum(m / rhos, (1 - m) / (1 - rhos)), 1)
    kelly = (np.cumsum(x) - x) / (1 + np.cumsum(x * x) - x * x)
    path = np.cumprod(1 + np.clip(kelly, 0, 0.5 / worst) * x)
    return path[-1], max(1, path.max())


def draw_failures(rng):
    n = size(rng, 300)
    rhos = rng.choice([0.05, 0.2, 0.5], size=n)
    return float(rng.choice([1, 1.05, 1.5])), (rng.random(n) < rhos * 1.4).astype(int), rhos


def draw_weighted(rng):
    _, arms, rhos = draw_failures(rng)
    return arms, rng.beta(1 + arms * rng.random(), 2), rhos


def draw_units(rng):
    n = size(rng, 300)
    return ((rng.random(n) < 0.2).astype(int), (rng.random(n) < 0.1).astype(int),
            rng.choice([0.05, 0.2, 0.5], size=n))


def ratio(m, d):
    n = len(m)
    value = m.mean() / d.mean()
    return [value, np.var(m - value * d, ddof=1) / n / d.mean() ** 2]


def relative(y, x):
    a, b = x.mean(), y.mean()
    return [b / a - 1, y.var(ddof=1) / len(y) / a**2 + x.var(ddof=1) / len(x) * b**2 / a**4]


def draw_cuped(rng):
    def arm():
        n = max(2, size(rng))
        x = rng.normal(size=n) + 3
        return x * rng.uniform(0, 2) + rng.normal(size=n), x
    return *arm(), *arm()


def cuped(yk, xk, yc, xc):
    centred = [v - v.mean() for v in (yk, xk, yc, xc)]
    y, x = np.concatenate(centred[::2]), np.concatenate(centred[1::2])
    theta = (x @ y) / (x @ x)
    centre = np.concatenate([xk, xc]).mean()
    ak, ac = yk - theta * (xk - centre), yc - theta * (xc - centre)
    return [ak.mean() - ac.mean(), ak.var(ddof=1) / len(ak) + ac.var(ddof=1) / len(ac), theta,
            (x @ y) / np.sqrt((x @ x) * (y @ y))]


BISECTION = "confseq ends its search for the root at a tolerance of 2^-40 or 1e-7"

FAMILIES = [
    Family("normal_mixture", draw_normal, normal_mixture, relative=1e-7, absolute=1e-8,
           why=BISECTION),
    Family("normal_mixture", draw_near, normal_by_integral, relative=1e-7, absolute=1e-8, cases=300,
           label="normal_mixture by its integral", why=BISECTION),
    Family("gamma_exponential", draw_gamma, gamma_exponential, relative=1e-6, absolute=1e-6,
           why=BISECTION + ", and subtracts large logarithms of Gamma"),
    Family("beta_binomial", draw_binomial, beta_binomial, relative=1e-8, absolute=1e-8,
           why="logarithms of beta functions of 1e5 cancel"),
    Family("beta_binomial", draw_binomial, beta_binomial_confseq, relative=1e-7, absolute=1e-7,
           label="beta_binomial beside confseq", why="logarithms of beta functions of 1e5 cancel"),
    Family("poly_stitching", draw_stitching, lambda *a: [boundaries.poly_stitching_bound(*a)]),
    Family("bernoulli_sequence", draw_bernoulli, bernoulli, relative=1e-6, absolute=1e-6,
           why=BISECTION, cases=1000),
    Family("empirical_band", lambda r: (int(10 ** r.uniform(2, 6)), alpha(r), 100.0,
                                        float(r.choice([0.8, 0.85, 1.0]))),
           lambda *a: [quantiles.empirical_process_lil_bound(*a)], relative=1e-6, why=BISECTION,
           cases=300),
    Family("quantile_band", lambda r: (float(r.uniform(0.01, 0.99)), int(10 ** r.uniform(0, 6)),
                                       alpha(r), float(int(10 ** r.uniform(0, 4)))),
           lambda *a: [quantiles.double_stitching_bound(*a)]),
    Family("quantile_ab", draw_ab, quantile_ab, relative=1e-5, absolute=1e-9, cases=500,
           why="confseq finds the valley to 2^-20"),
    Family("asymptotic_sequence", draw_asymptotic, gbstats_sequence, absolute=1e-12),
    Family("asymptotic_p", draw_asymptotic, gbstats_p),
    Family("hedged", draw_hedged, hedged, cases=200, absolute=1e-12),
    Family("group_sequential", draw_table, table, absolute=6e-4, cases=3,
           label="group_sequential of tables", why="tables have three digits"),
    Family("crossing", draw_crossing, crossing, absolute=2e-6, relative=0, cases=100,
           why="the multivariate normal is integrated by random points"),
    Family("srm_p", draw_srm, srm_p),
    Family("srm_log_e", draw_srm, srm_log_e, relative=1e-8, absolute=1e-7,
           why="the peer subtracts logarithms of Gamma of 1e7"),
    Family("paired", lambda r: ((r.random(size(r, 1000)) < r.random()).astype(int),), paired),
    Family("mcnemar", lambda r: (int(r.poisson(m := 10 ** r.uniform(-1, 3))), int(r.poisson(m))),
           mcnemar, cases=500),
    Family("e_detector", lambda r: (str(r.choice(["sr", "cusum"])), float(r.uniform(0.05, 0.9)),
                                    r.random(size(r, 500)) ** 2), e_detector),
    Family("unit_evidence", draw_units, unit_evidence, cases=500),
    Family("guardrail", draw_failures, guardrail, cases=500),
    Family("weighted_bets", draw_weighted, weighted_bets, relative=1e-8, cases=500,
           why="sums of estimates up to 20 each, subtracted again by the peer"),
    Family("ratio", lambda r: (lambda n: (r.gamma(2, size=n), r.gamma(3, size=n)))(max(2, size(r))),
           ratio, absolute=1e-14),
    Family("relative_means", lambda r: (r.gamma(2, size=max(2, size(r))),
                                        r.gamma(3, size=max(2, size(r)))), relative, absolute=1e-14),
    Family("cuped", draw_cuped, cuped, absolute=1e-12),
]
