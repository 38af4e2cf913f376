"""Sketches against the data itself: errors within their bounds, however the stream was cut. Each
part is encoded and decoded before it is merged."""

import collections

import numpy as np
import pytest
from program import line_of, run

STREAMS = {
    "normal": lambda rng, n: rng.normal(size=n),
    "heavy tails": lambda rng, n: np.exp(rng.standard_t(2, size=n).clip(-300, 300)),
    "few values": lambda rng, n: rng.integers(0, 9, size=n).astype(float),
    "ascending": lambda rng, n: np.arange(n) / 7,
    "one value": lambda rng, n: np.full(n, 3.25),
}
QS = [0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1]


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("k,parts", [(200, 1), (200, 37), (64, 5), (1024, 3)])
def test_kll_ranks(stream, k, parts):
    rng = np.random.default_rng(k + parts)
    lines, truths = [], []
    for _ in range(10):
        values = STREAMS[stream](rng, int(rng.integers(1, 60000)))
        at = np.quantile(values, QS, method="inverted_cdf")
        lines.append(line_of("kll", (k, parts, values, at, QS)))
        truths.append(values)
    off = 0
    for values, got in zip(truths, run(lines)):
        n = len(values)
        count, low, high, error, kept = got[:5]
        assert (count, low, high) == (n, values.min(), values.max())
        assert kept < 4.5 * k + 200
        ordered = np.sort(values)
        at = np.quantile(values, QS, method="inverted_cdf")
        ranks = np.searchsorted(ordered, at, "right") / n
        off += np.sum(abs(np.array(got[5:16]) - ranks) > error + 1e-12)
        for q, value in zip(QS, got[16:]):  # its rank, between those below and up to it
            below, upto = (np.searchsorted(ordered, value, side) / n for side in ("left", "right"))
            off += not below - error - 1 / n <= q <= upto + error + 1 / n
    assert off <= 6, f"{off} of 220 ranks are off by more than the bound, which holds for 99 %"


@pytest.mark.parametrize("precision", [8, 12, 14])
def test_distinct_counts(precision):
    rng = np.random.default_rng(precision)
    sizes = [0, 1, 2, 10, 100, 1000, 5000, 30000]
    lines = [line_of("hll", (precision, 4, rng.permutation(np.repeat(np.arange(n) / 3.0, 2))))
             for n in sizes]
    many = [1000, 20000, 100000, 1000000]
    lines += [line_of("hll_many", (precision, n, 5)) for n in many]
    for n, (estimate, error) in zip(sizes + many, run(lines)):
        assert abs(estimate - n) <= 4 * error * n + 0.01, (n, estimate)


@pytest.mark.parametrize("parts", [1, 9])
def test_frequent_items(parts):
    rng = np.random.default_rng(parts)
    for capacity in (8, 64, 500):
        for exponent in (1.1, 1.5, 3.0):
            items = rng.zipf(exponent, size=20000).clip(max=10**12).astype(float)
            (got,) = run([line_of("frequent", (capacity, parts, items))])
            count, error = got[:2]
            kept = dict(zip(got[2::2], got[3::2]))
            truth = collections.Counter(items.tolist())
            assert count == len(items) and error <= len(items) / (capacity + 1)
            for item, times in truth.items():
                assert kept.get(item, 0) <= times <= kept.get(item, 0) + error


@pytest.mark.parametrize("parts", [1, 8])
def test_sample_does_not_depend_on_the_cut(parts):
    rng = np.random.default_rng(5)
    ids = rng.integers(0, 10**9, size=5000)
    one, other = run([line_of("reservoir", (200, 1, ids)),
                      line_of("reservoir", (200, parts, rng.permutation(ids)))])
    assert one == other and len(one) == 200 and set(one) <= set(ids.astype(float))


def test_sample_is_uniform():
    """Each of 1000 rows is drawn by a fifth of the samples; the ids of a sample differ by stream."""
    drawn = np.zeros(1000)
    streams = [np.arange(1000) + 1000 * s for s in range(300)]
    for ids, got in zip(streams, run([line_of("reservoir", (200, 1, ids)) for ids in streams])):
        drawn[np.array(got, dtype=int) - ids[0]] += 1
    # Binomial(300, 0.2): mean 60, standard deviation 6.9.
    assert abs(drawn.mean() - 60) < 1e-9 and drawn.std() < 8.5 and abs(drawn - 60).max() < 36


@pytest.mark.parametrize("stream", STREAMS)
def test_reference_bins(stream):
    rng = np.random.default_rng(11)
    for bins in (1, 10, 1024):
        for parts in (1, 6):
            reference = STREAMS[stream](rng, 3000)
            window = STREAMS[stream](rng, 2000) * rng.choice([1, 1.3])
            window = np.concatenate([window, [np.nan, np.inf, -np.inf][: 2 * (parts > 1)]])
            window = window[~np.isinf(window)]
            (got,) = run([line_of("reference_bins", (bins, parts, reference, window))])
            assert got[0] <= got[1] + 1e-12 and got[1] <= got[2] + 1e-12
            assert got[3] <= got[4] * (1 + 1e-9) and got[4] <= got[5] * (1 + 1e-9) + 1e-12
            edges = np.array(got[7 : 7 + int(got[6])])
            assert (np.diff(edges) > 0).all() and edges[-1] == reference.max()
            cells = np.searchsorted(edges, window[~np.isnan(window)], "left")
            counts = np.bincount(cells, minlength=len(edges) + 1).tolist()
            assert got[7 + len(edges):] == counts + [np.isnan(window).sum()]
