"""rondo drift on 1,000,000 + 1,000,000 rows of 25 columns, files in and a page out: from CSV, from Parquet, and with
the reference prepared, beside Evidently's preset on the same files and a script by hand with scipy. One process each, the
same machine, one run of some eight minutes, of which Evidently takes more than half. RONDO_DRIFT_ROWS sets the rows.

Rondo uses every core, its peers one. Both ratios are told, by the clock and in CPU seconds, which hardly change when the
machine does other things; what is not reached in CPU is said, with where rondo's time goes."""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

from common import profile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("RONDO_BUILD", ROOT / "build/release"))
PEERS = os.environ.get("RONDO_DRIFT_PEERS", ROOT / "build/venv-stats/bin/python")  # Evidently and scipy
WRITER = ROOT / "build/venv-bench/bin/python"  # pyarrow
ROWS = int(os.environ.get("RONDO_DRIFT_ROWS", 1_000_000))

MAKE = """
import sys
import numpy as np, pyarrow as pa, pyarrow.parquet as pq, pyarrow.csv as csv
n = int(sys.argv[2])
rng = np.random.default_rng(0)
for name, shift in (("reference", 0), ("current", 0.2)):
    t = {f"number{i}": rng.normal(size=n) * (1 + i) + shift * (i % 3 == 0) for i in range(15)}
    t |= {f"skewed{i}": np.exp(rng.normal(size=n)) for i in range(3)}
    t |= {f"whole{i}": rng.integers(0, 1000 * (i + 1), n) for i in range(3)}
    t |= {f"word{i}": rng.choice([f"value {j}" for j in range(5 * (i + 1))], n) for i in range(4)}
    t = pa.table(t)
    pq.write_table(t, f"{sys.argv[1]}/{name}.parquet")
    csv.write_csv(t, f"{sys.argv[1]}/{name}.csv")
"""

# What a careful person writes: the same rule as Evidently's, each column once.
SCIPY = """
import sys
import numpy as np
from scipy import stats
from scipy.spatial.distance import jensenshannon
READ
before, now = read(sys.argv[1]), read(sys.argv[2])
for name in before.columns:
    x, y = before[name].dropna(), now[name].dropna()
    if x.dtype == object:
        p, q = x.value_counts(normalize=True), y.value_counts(normalize=True)
        keys = sorted(set(p.index) | set(q.index))
        score = jensenshannon(p.reindex(keys, fill_value=0), q.reindex(keys, fill_value=0))
    else:
        score = stats.wasserstein_distance(x, y) / max(np.std(x), 0.001)
    print(name, score, score >= 0.1)
"""

EVIDENTLY = """
import sys, warnings
warnings.simplefilter("ignore")
READ
from evidently import Report
from evidently.presets import DataDriftPreset
run = Report([DataDriftPreset()]).run(read(sys.argv[2]), read(sys.argv[1]))
run.save_html(sys.argv[3])
"""
# The peers' environment has no pyarrow: they read CSV, as rondo does in the rows marked so.
READ = "import pandas as pd\nread = pd.read_csv"
ONLY_READ = f"import sys\n{READ}\n[read(p) for p in sys.argv[1:]]"


def timed(command, rounds=1):
    """Least wall seconds, CPU seconds and MB at the peak of some rounds."""
    best = None
    for _ in range(rounds):
        begun = time.perf_counter()
        process = subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        if os.waitstatus_to_exitcode(status) not in (0, 10):
            sys.exit(f"{command} ended with {status}")
        one = wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
        best = one if best is None else tuple(map(min, best, one))
    return best


def commands(folder):
    csv, parquet = ([f"{folder}/{n}.{e}" for n in ("reference", "current")] for e in ("csv", "parquet"))
    page, kept = f"{folder}/page.html", f"{folder}/reference.prepared"
    drift = [BUILD / "rondo", "drift"]
    return {
        "rondo, CSV": [*drift, *csv, "--html", page],
        "rondo, Parquet": [*drift, *parquet, "--html", page],
        "rondo prepares the reference": [*drift, "prepare", csv[0], "-o", kept],
        "rondo, prepared and CSV": [*drift, kept, csv[1], "--html", page],
        "rondo, prepared and Parquet": [*drift, kept, parquet[1], "--html", page],
        "pandas reads both CSV": [PEERS, "-c", ONLY_READ, *csv],
        "scipy by hand": [PEERS, "-c", SCIPY.replace("READ", READ), *csv],
        "Evidently's preset": [PEERS, "-c", EVIDENTLY.replace("READ", READ), *csv, page],
    }


def judge(runs, best, peer, ours, asked):
    """How many times ours a peer takes, by the clock and in CPU seconds; where rondo does not read CSV, also
    without the peer's reading."""
    wall, took = best[ours][:2]
    ratio = best[peer][1] / took
    less = (best[peer][1] - best["pandas reads both CSV"][1]) / took
    unread = "" if "CSV" in ours else f"; its reading left out {less:.1f}"
    print(f"{peer} in times of {ours}: {best[peer][0] / wall:.1f} by the clock, {ratio:.1f} in CPU{unread} "
          f"(asked: {asked})")
    if ratio < asked:
        print(f"  not reached in CPU: that would be {best[peer][1] / asked:.2f} s, and it takes {took:.2f} s:")
        profile(runs[ours])


def main():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([WRITER, "-c", MAKE, folder, str(ROWS)], check=True)
        decoded = 2 * ROWS * (21 * 8 + 4 * 4) / 2**20
        print(f"{ROWS:,} + {ROWS:,} rows, 25 columns; decoded {decoded:.0f} MB, words by number\n")
        runs, best = commands(folder), {}
        print(f"{'':30}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}")
        for name, command in runs.items():
            best[name] = timed(command, 3 if name.startswith("rondo, ") else 1)
            print(f"{name:30}{best[name][0]:9.2f}{best[name][1]:9.2f}{best[name][2]:9.0f}", flush=True)
        print()
        for ours in ("rondo, CSV", "rondo, Parquet"):
            judge(runs, best, "Evidently's preset", ours, 50)
            judge(runs, best, "scipy by hand", ours, 5)
        for ours in ("rondo, prepared and CSV", "rondo, prepared and Parquet"):
            judge(runs, best, "scipy by hand", ours, 20)
        for name in (n for n in runs if n.startswith("rondo, ")):
            print(f"peak memory of {name}: {best[name][2] / decoded:.2f} times the decoded input (asked: 1.5)")


if __name__ == "__main__":
    main()
