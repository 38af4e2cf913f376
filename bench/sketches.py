"""One value into each sketch, asked at most 20 ns, beside Apache DataSketches' Python binding (by its
bulk calls where it has them), whylogs and River, on the same streams, one thread, one run."""

import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("RONDO_BUILD", ROOT / "build/release"))
PEERS = ROOT / "build/venv-stats/bin/python"  # DataSketches, whylogs and River
VALUES = 1_000_000
ASKED = 20  # ns

SKETCHES = {"kll": "KLL, k 200", "hll": "HyperLogLog, precision 12, numbers",
            "hll_text": "HyperLogLog, precision 12, texts",
            "frequent": "frequent items, capacity 512", "ddsketch": "DDSketch, accuracy 1 %",
            "moments": "moments up to the fourth", "bins": "1,024 frozen bins",
            "reservoir": "sample of 1,000 rows"}

# Each peer takes (numbers, texts) and says what was timed: `bulk`, one call with the whole array, or
# `each`, a Python loop, which cannot be quicker than the loop itself.
PEER = """
import sys, time
import numpy as np
import datasketches as ds
from river import stats, sketch
from whylogs.core.metrics import CardinalityMetric, DistributionMetric, FrequentItemsMetric
from whylogs.core.metrics import MetricConfig
from whylogs.core.preprocessing import PreprocessedColumn
import pandas as pd

def each(feed, values):
    for v in values:
        feed(v)

def whylog(metric):
    # Its own way into a metric: a column, told apart by type, whole.
    def run(column):
        metric.zero(MetricConfig()).columnar_update(PreprocessedColumn.apply(column))
    return run

def dd(values):
    from ddsketch import DDSketch
    each(DDSketch(0.01).add, values)

def moments(values):
    kurtosis, skew, mean = stats.Kurtosis(bias=True), stats.Skew(bias=True), stats.Mean()
    for v in values:
        kurtosis.update(v)  # holds all the lower powers

PEERS = {
    "kll": [("DataSketches", "bulk", "numbers", lambda v: ds.kll_doubles_sketch(200).update(v)),
            ("whylogs", "bulk", "series", whylog(DistributionMetric)),
            ("River, one quantile", "each", "floats", lambda v: each(stats.Quantile(0.5).update, v))],
    "hll": [("DataSketches", "each", "floats", lambda v: each(ds.hll_sketch(12).update, v)),
            ("whylogs", "bulk", "series", whylog(CardinalityMetric))],
    "hll_text": [("DataSketches", "each", "texts", lambda v: each(ds.hll_sketch(12).update, v)),
                 ("whylogs", "bulk", "words", whylog(CardinalityMetric)),
                 ("River", "each", "texts", lambda v: each(sketch.NUnique(0.016).update, v))],
    "frequent": [("DataSketches", "each", "texts",
                  lambda v: each(ds.frequent_strings_sketch(10).update, v)),
                 ("whylogs", "bulk", "words", whylog(FrequentItemsMetric)),
                 ("River, lossy counting", "each", "texts",
                  lambda v: each(sketch.HeavyHitters(0.001, 0.002, 1).update, v))],
    "ddsketch": [("ddsketch", "each", "floats", dd)],
    "moments": [("River, kurtosis", "each", "floats", moments)],
}
folder, count = sys.argv[1], int(sys.argv[2])
for stream in sys.argv[3:]:
    numbers = np.fromfile(f"{folder}/{stream}.f64")
    texts = open(f"{folder}/{stream}.txt").read().splitlines()
    # A loop in Python is as slow on a tenth.
    few = len(numbers) // 10
    of = {"numbers": numbers, "series": pd.Series(numbers), "floats": numbers[:few].tolist(),
          "texts": texts[:few], "words": pd.Series(texts)}
    for name, peers in PEERS.items():
        for who, how, what, run in peers:
            least = 1e9
            for _ in range(3):
                begun = time.perf_counter()
                run(of[what])
                least = min(least, time.perf_counter() - begun)
            print(name, stream, f"{1e9 * least / len(of[what]):.4g}", how, who, sep="\\t", flush=True)
"""


def streams(rng):
    """{name: (numbers, texts)}"""
    random = rng.normal(size=VALUES)
    few = rng.integers(0, 9, VALUES)
    heavy = np.exp(rng.standard_t(2, size=VALUES).clip(-300, 300))
    zipf = rng.zipf(1.3, VALUES).clip(max=10**9)
    return {"sorted": (np.arange(VALUES) / 7, [f"id {i:09}" for i in range(VALUES)]),
            "random": (random, [f"{v:.12f}" for v in random]),
            "few": (few.astype(float), [f"value {i}" for i in few]),
            "heavy": (heavy, [f"item {i}" for i in zipf])}


def main():
    with tempfile.TemporaryDirectory() as folder:
        made = streams(np.random.default_rng(0))
        for name, (numbers, texts) in made.items():
            numbers.tofile(f"{folder}/{name}.f64")
            pathlib.Path(f"{folder}/{name}.txt").write_text("\n".join(texts) + "\n")
        names = list(made)
        ours, peers = {}, {}
        out = subprocess.run([BUILD / "bench_sketches", folder, *names], capture_output=True,
                             text=True, check=True).stdout
        for line in out.splitlines():
            sketch, stream, ns = line.split()
            ours[sketch, stream] = float(ns)
        out = subprocess.run([PEERS, "-W", "ignore", "-c", PEER, folder, str(VALUES), *names],
                             capture_output=True, text=True, check=False)
        if out.returncode:
            raise SystemExit(f"the peers failed:\n{out.stderr[-3000:]}")
        for line in out.stdout.splitlines():
            sketch, stream, ns, how, who = line.split("\t")
            peers.setdefault(sketch, {}).setdefault((who, how), {})[stream] = float(ns)

    print(f"ns a value, {VALUES:,} values, one thread, best of some tries\n")
    print(f"  {'':44}" + "".join(f"{name:>9}" for name in names))
    for sketch, what in SKETCHES.items():
        print(f"  {what:44}" + "".join(f"{ours[sketch, n]:9.1f}" for n in names))
        for (who, how), found in peers.get(sketch, {}).items():
            how = "one call" if how == "bulk" else "a loop in Python"
            print(f"    {who + ', ' + how:42}" + "".join(f"{found[n]:9.0f}" for n in names))
    slow = [f"{sketch} on {stream}" for (sketch, stream), ns in ours.items() if ns > ASKED]
    print(f"\nasked: {ASKED} ns a value: " + (f"NOT by {', '.join(slow)}" if slow else "kept"))
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
