"""How often each rule cries wolf, and how often it sees what is there. tools/verify.sh stats repeats
it up to a million rows."""

import pytest
from null_rates import trial

COLUMNS = 400


@pytest.mark.parametrize("n", [50, 100, 200, 500, 1000, 5000])
def test_false_alarms_and_power(tmp_path, n):
    quiet = trial(tmp_path, n, COLUMNS, 0, 21)
    moved = trial(tmp_path, n, COLUMNS // 4, 0.6, 22)
    print(f"proof: n = {n}: false alarms {quiet['drift']:.3f} (Evidently {quiet['evidently']:.3f}), p <= 0.05 in "
          f"{quiet['p']:.3f}; a shift of 0.6 is seen in {moved['drift']:.2f} (Evidently {moved['evidently']:.2f})")
    assert quiet["p"] <= 0.05 + 3 * (0.05 * 0.95 / COLUMNS) ** 0.5
    assert quiet["drift"] == 0  # the chance of one alarm or more is 5 % by the adjustment, less by the effect
    assert quiet["undecided"] == (1 if n == 50 else quiet["undecided"])
    if n >= 500:
        assert moved["drift"] >= 0.9
