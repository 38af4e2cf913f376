"""rondo drift on 1,000,000 + 1,000,000 rows of 25 columns, files in and a page out, beside Evidently's preset
on the same files and a script by hand with scipy. One process each, the same machine, one run."""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("RONDO_BUILD", ROOT / "build/release"))
PEERS = ROOT / "build/venv-stats/bin/python"  # Evidently and scipy
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


def timed(command, **more):
    """Wall and CPU seconds, and MB at the peak."""
    begun = time.perf_counter()
    process = subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL, **more)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    if os.waitstatus_to_exitcode(status) not in (0, 10):
        sys.exit(f"{command} ended with {status}")
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([WRITER, "-c", MAKE, folder, str(ROWS)], check=True)
        decoded = 2 * ROWS * (21 * 8 + 4 * 4) / 2**20
        print(f"{ROWS:,} + {ROWS:,} rows, 25 columns; decoded {decoded:.0f} MB, words by number\n")
        files = {e: [f"{folder}/{n}.{e}" for n in ("reference", "current")] for e in ("parquet", "csv")}
        page = f"{folder}/page.html"
        rondo = BUILD / "rondo"
        runs = {
            "rondo drift, Parquet": [rondo, "drift", *files["parquet"], "--html", page],
            "rondo drift, CSV": [rondo, "drift", *files["csv"], "--html", page],
            "scipy by hand, CSV": [PEERS, "-c", SCIPY.replace("READ", READ), *files["csv"]],
            "Evidently's preset, CSV": [PEERS, "-c", EVIDENTLY.replace("READ", READ), *files["csv"], page],
        }
        # Reading alone, so that ratios can be told without it.
        runs["pandas reading alone, CSV"] = [PEERS, "-c", f"import sys\n{READ}\n[read(p) for p in sys.argv[1:]]",
                                             *files["csv"]]
        best = {}
        print(f"{'':28}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}")
        for name, command in runs.items():
            rounds = 3 if name.startswith("rondo") else 1
            best[name] = min(timed(command) for _ in range(rounds))
            print(f"{name:28}{best[name][0]:9.2f}{best[name][1]:9.2f}{best[name][2]:9.0f}", flush=True)
        ours = best["rondo drift, Parquet"], best["rondo drift, CSV"]
        reading = best["pandas reading alone, CSV"]
        print()
        for peer, asked in (("Evidently's preset, CSV", 50), ("scipy by hand, CSV", 5)):
            theirs = best[peer]
            print(f"{peer}: {theirs[0] / ours[1][0]:.1f} times the wall time of rondo on the same CSV, "
                  f"{theirs[1] / ours[1][1]:.1f} times the CPU")
            less = theirs[0] - reading[0], theirs[1] - reading[1]
            print(f"  without its reading, against rondo with reading Parquet: {less[0] / ours[0][0]:.1f} times the "
                  f"wall time, {less[1] / ours[0][1]:.1f} times the CPU (asked: {asked})")
        print(f"peak memory of rondo: {ours[0][2] / decoded:.2f} times the decoded input from Parquet, "
              f"{ours[1][2] / decoded:.2f} from CSV (asked: 1.5)")


if __name__ == "__main__":
    main()
