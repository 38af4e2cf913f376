"""The false alarms of both rules without drift, from 50 to a million rows, and their power. Part of
tools/verify.sh stats."""

import os

import numpy as np
import pytest
from null_rates import trial

TIMES = float(os.environ.get("RONDO_STATS", "1"))


@pytest.mark.parametrize("n", [50, 100, 200, 500, 1000, 5000, 100_000, 1_000_000])
def test_false_alarms_and_power(tmp_path, n):
    columns = 400 if n <= 5000 else 20
    rounds = max(1, int((20 if n <= 5000 else 2) * TIMES))
    quiet = [trial(tmp_path, n, columns, 0, 100 + i) for i in range(rounds)]
    moved = [trial(tmp_path, n, min(columns, 100), 0.6, 500 + i) for i in range(max(1, rounds // 4))]
    mean = {k: np.mean([q[k] for q in quiet]) for k in quiet[0]}
    power = {k: np.mean([m[k] for m in moved]) for k in moved[0]}
    any_alarm = np.mean([q["drift"] > 0 for q in quiet])
    print(f"proof: n = {n:,}, {rounds * columns:,} columns without drift: false alarms {mean['drift']:.4f} (Evidently "
          f"{mean['evidently']:.4f}), p <= 0.05 in {mean['p']:.4f}; with a shift of 0.6 seen {power['drift']:.3f} "
          f"(Evidently {power['evidently']:.3f})")
    tests = rounds * columns
    assert mean["p"] <= 0.05 + 3 * (0.05 * 0.95 / tests) ** 0.5
    assert any_alarm <= 0.05 + 3 * (0.05 * 0.95 / rounds) ** 0.5
