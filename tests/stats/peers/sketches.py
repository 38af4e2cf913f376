"""Sketches that have exact answers, beside ddsketch and scipy."""

import numpy as np
from ddsketch import DDSketch
from scipy import stats

from .family import Family
from .two_sample import column, size

QS = [0.0, 0.01, 0.25, 0.5, 0.9, 0.99, 1.0]


def draw_ddsketch(rng):
    values = column(rng, size(rng, 1000))
    return float(rng.choice([0.01, 0.05, 0.002])), int(rng.integers(1, 5)), values, QS


def ddsketch(accuracy, parts, values, qs):
    peer = DDSketch(accuracy)
    for v in values:
        peer.add(v)
    low, high = values.min(), values.max()
    return [len(values), low, high, *(np.clip(peer.get_quantile_value(q), low, high) for q in qs)]


def draw_moments(rng):
    return int(rng.integers(1, 6)), column(rng, max(2, size(rng, 1000)), rng.choice([0, 1, 2, 3]))


def moments(parts, values):
    constant = np.ptp(values) == 0
    return [len(values), values.mean(), values.min(), values.max(),
            0.0 if constant else values.var(ddof=1), np.nan if constant else stats.skew(values),
            np.nan if constant else stats.kurtosis(values)]


FAMILIES = [
    Family("ddsketch", draw_ddsketch, ddsketch, cases=1000),
    Family("moments", draw_moments, moments, absolute=1e-9, cases=1000,
           why="around 0 only the absolute error of a mean or skewness is bounded"),
]
