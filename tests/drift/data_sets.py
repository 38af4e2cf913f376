"""Random pairs of tables with columns of every kind, and what Evidently says of them."""

import io
import math
import warnings

import numpy as np
import pandas as pd

SLOW = ("TVD", "empirical_mmd")  # there: permutations in Python
METHODS = ["ks", "psi", "kl_div", "jensenshannon", "hellinger", "wasserstein", "anderson", "cramer_von_mises",
           "mannw", "es", "t_test", "chisquare", "z", "g_test", "TVD", "fisher_exact", "empirical_mmd", "ed"]


def one(rng, n, shift, digits):
    scale = 10 ** rng.uniform(-1, 2)
    cities = np.array(["Berlin", "Paris", "Rome", "Oslo, Norway", 'a "quoted" one'])
    weights = np.array([5, 3 + 4 * shift, 2, 1, 0.3])
    table = pd.DataFrame({
        "normal": np.round(rng.normal(size=n) + shift, digits),
        "scaled": np.round(rng.normal(size=n) * (1 + shift), digits),
        "skewed": np.round(np.exp(rng.normal(size=n) + shift), digits),
        "ties": np.round(rng.normal(size=n) * 2 + shift),
        "whole": rng.integers(0, 60 + int(30 * shift), n),
        "few_whole": rng.integers(0, 4 + int(3 * shift), n),
        "few_numbers": rng.integers(0, 4, n) / 2 + (rng.random(n) < shift / 2),
        "two_numbers": (rng.random(n) < 0.4 + shift / 3) + 0.5,
        "flag": rng.random(n) < 0.3 + shift / 4,
        "city": rng.choice(cities, n, p=weights / weights.sum()),
        "gaps": np.where(rng.random(n) < 0.1, np.nan, np.round(rng.normal(size=n) + shift, digits)),
        "whole_gaps": np.where(rng.random(n) < 0.1, np.nan, rng.integers(0, 30, n)),
        "constant": 1.5,
    })
    # A row without gaps at both ends, and all categories of few ones, so that no draw is degenerate.
    table["normal"] *= scale
    table["normal"] = table["normal"].round(digits)
    return table


def draw(rng, largest=4000, digits=6):
    n = int(10 ** rng.uniform(1.7, np.log10(largest)))
    m = n if rng.random() < 0.3 else int(10 ** rng.uniform(1.7, np.log10(largest)))
    shift = float(rng.choice([0, 0, 0.1, 0.4, 1]))
    seed = int(rng.integers(2**32))
    return [text_of(one(np.random.default_rng([seed, side]), rows, s, digits))
            for side, (rows, s) in enumerate([(n, 0), (m, shift)])]


def text_of(table):
    return table.to_csv(index=False)


def read(text):
    return pd.read_csv(io.StringIO(text))


def preset(reference, current):
    """Evidently's own report: the score of each column, and the share that drifted."""
    from evidently import Report
    from evidently.presets import DataDriftPreset
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run = Report([DataDriftPreset()]).run(read(current), read(reference))
    out = {"columns": {}}
    for metric in run.dict()["metrics"]:
        if metric["metric_name"].startswith("DriftedColumnsCount"):
            out.update(drifted=int(metric["value"]["count"]), share=float(metric["value"]["share"]))
        else:
            config = metric["config"]
            out["columns"][config["column"]] = [config["method"], float(metric["value"])]
    return out


def scores(reference, current, method):
    """Evidently's number for each column that the method takes; None where it refuses."""
    from evidently.core.datasets import infer_column_type
    from evidently.legacy.calculations.stattests.registry import (StatTestInvalidFeatureTypeError, get_stattest)
    from evidently.legacy.calculations.stattests import mmd_stattest, tvd_stattest
    from evidently.legacy.core import ColumnType
    # numpy has renamed an argument since.
    mmd_stattest.sigma_median = lambda dist: (
        0.5 * np.percentile(dist.ravel(), 50, method="nearest") or 0.5) ** 0.5
    # Equal distances are equal: Evidently's sums differ in their last digits, by the order of a set.
    distance = tvd_stattest._total_variation_distance
    if not hasattr(distance, "rounded"):
        def rounded(x, y):
            return round(distance(x, y), 9)
        rounded.rounded = True
        tvd_stattest._total_variation_distance = rounded
    before, now, out = read(reference), read(current), {}
    for name in now.columns:
        kind = infer_column_type(now[name])
        if kind not in (ColumnType.Numerical, ColumnType.Categorical):
            continue
        if method == "es" and pd.concat([before[name], now[name]]).nunique() <= 4:
            continue  # four features of so few values: the rank of their covariance is rounding
        x, y = (side[name].replace([-np.inf, np.inf], np.nan).dropna() for side in (before, now))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            np.random.seed(0)
            try:
                test = get_stattest(x, y, kind, method)
            except StatTestInvalidFeatureTypeError:
                continue
            try:
                result = test(x, y, kind, None)
                out[name] = [float(result.drift_score), bool(result.drifted)]
            except (ValueError, ZeroDivisionError, FloatingPointError):
                out[name] = None
    return out


# Where the peers' own numbers are known to be worth less than 1e-9, and why.
LOOSE = {
    "empirical_mmd": 0.2,  # 100 permutations that nobody can repeat: Evidently sets no seed
    "cramer_von_mises": 2e-7,  # 1 - cdf of a series that ends at 1e-7
}
# Of statistics above 4 scipy tells 1 - cdf only by the sum of what its series leaves out (its own docstring warns of it),
# which grows with the statistic: 2.6e-7 at 1,000. The p-value at 4 is 7e-10 and 0 from there on.
CVM_ABOVE_FOUR, CVM_REST = 7.1e-10, 1e-5


def differs(method, ours, theirs):
    """Why two scores are not the same, or None."""
    if ours is None or theirs is None:
        return None if ours is None and theirs is None else f"{ours} for {theirs}: one refuses"
    if math.isnan(ours) and math.isnan(theirs):
        return None
    if method == "cramer_von_mises" and ours < CVM_ABOVE_FOUR and theirs < CVM_REST:
        return None
    allowed = LOOSE.get(method, 1e-12 + 1e-9 * abs(theirs))
    return None if abs(ours - theirs) <= allowed else f"{ours!r} for {theirs!r}"
