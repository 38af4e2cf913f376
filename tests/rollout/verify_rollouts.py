"""The long proof of rollouts: what a policy states about an equal candidate holds in every cell of base
rate, split and regime, 2,000 runs each; what other rules do on the same traffic; times beside those
that another program found; and the breach rule of the flights example on its own reference.

A statement is refuted when the lower 99.9 % limit of the observed share (Clopper and Pearson) is above
it. Where no difference moves, evidence by units and pairs state both errors; where it moves with mean
zero, only the average over days states a promotion's (the candidate is truly worse at times).

RONDO_RUNS sets the runs of a cell."""

import os
import subprocess

import pytest
from commands import (BASE_RATES, REGIMES, ROOT, SAYS_NO, SPLITS, answer, broken_claims, equal_cells,
                      play, rollout_of)

RUNS = int(os.environ.get("RONDO_RUNS", 2000))


def line(*words):
    print("proof: " + "  ".join(str(w) for w in words))


def share(cell):
    return f"{100 * cell['share']:5.2f} %"


@pytest.mark.parametrize("paired", [False, True])
@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("base_rate", BASE_RATES)
def test_stated_errors_hold(tmp_path, base_rate, split, paired):
    policy = rollout_of(tmp_path, split, paired, days=21, clip=min(1, base_rate / 2))
    report = play(policy, base_rate, RUNS, "--requests", 200 if split == 0.5 else 400, "--effect",
                  base_rate / 5, "--only-equal", regimes=REGIMES, codes=(0, SAYS_NO))
    cells = equal_cells(report)
    assert [c["regime"] for c in cells] == REGIMES
    broken, stated = [], 0
    for cell in cells:
        broken += broken_claims(cell)
        stated += ("promote_level" in cell) + ("roll_back_level" in cell)
        line(f"base rate {base_rate:<5} split {split:<4}", "pairs" if paired else "arms ",
             f"{cell['regime']:<17}", "promoted", share(cell["promoted"]),
             "stated" if "promote_level" in cell else "      ", "rolled back",
             share(cell["rolled_back"]), "stated" if "roll_back_level" in cell else "")
    assert stated == 5 * 2 + (3 if paired else 0)
    assert not broken


@pytest.mark.parametrize("split", SPLITS)
def test_other_rules_on_the_same_traffic(tmp_path, split):
    """100,000 requests at base rate 0.1, looked at each 100: an equal candidate taken for a worse one."""
    policy = rollout_of(tmp_path, split, days=25)
    report = play(policy, 0.1, RUNS, "--requests", 4000, "--only-rivals",
                  regimes=["steady", "seasonal", "ramp", "sticky"])
    for row in report["rivals"]:
        line(f"split {split:<4}", f"{row['regime']:<9}", f"{row['rule']:<22}", "taken for worse",
             share(row["worse"]), "for better", share(row["better"]), "errors doubled: found",
             share(row["found"]), f"half by {row['found_median']}")
        if row["rule"] in ("errors by unit", "failures only"):
            assert row["worse"]["lower"] <= 0.05 and row["better"]["lower"] <= 0.05
    found = {(r["regime"], r["rule"]): r["worse"]["share"] for r in report["rivals"]}
    assert found["steady", "z at each look"] > 0.3
    assert found["ramp", "z at each look"] > 0.9
    assert found["sticky", "errors by request"] > 0.1


# The champion's and the candidate's rates of errors at 5 %, and the requests by which another program
# saw half of its streams decide: errors by unit, failures only. Looked at each 100 requests.
CANARY = [(0.1, 0.12, 33_700, 39_500), (0.1, 0.15, 6_200, 6_800), (0.1, 0.2, 2_000, 2_100),
          (0.01, 0.02, 21_300, 18_700), (0.01, 0.05, 3_000, 2_200)]


@pytest.mark.parametrize("champion, candidate, by_unit, failures", CANARY)
def test_a_bad_canary_is_found_as_soon_as_elsewhere(tmp_path, champion, candidate, by_unit, failures):
    policy = rollout_of(tmp_path, 0.05, days=25)
    report = play(policy, champion, RUNS, "--requests", 4000, "--only-rivals", "--worse",
                  round(candidate - champion, 6), regimes=["steady"])
    found = {r["rule"]: r["found_median"] for r in report["rivals"]}
    for rule, elsewhere in (("errors by unit", by_unit), ("failures only", failures)):
        line(f"errors {champion} -> {candidate} at 5 %, {rule}: half by {found[rule]:,.0f} requests, "
             f"elsewhere {elsewhere:,}")
        assert found[rule] == pytest.approx(elsewhere, rel=0.15, abs=200)
    line(f"errors {champion} -> {candidate} at 5 %, others:",
         {rule: found[rule] for rule in ("asymptotic sequence", "z at 14 planned looks")})


# What another program found on 100,000 requests with 2,000 to 4,000 streams: half decide by.
# success 0.80 against 0.82 and 0.85, by split: median, 80 %
TIMES = [(0.20, 0.02, 0.05, 52_700, 101_500), (0.20, 0.02, 0.20, 16_500, 32_000),
         (0.20, 0.02, 0.50, 10_800, 20_100), (0.20, 0.05, 0.05, 9_000, None),
         (0.20, 0.05, 0.20, 2_800, None), (0.20, 0.05, 0.50, 1_900, None)]


@pytest.mark.parametrize("base_rate, gain, split, median, most", TIMES)
def test_times_are_those_found_elsewhere(base_rate, gain, split, median, most):
    # So many a day that looks are 100 requests apart, as they were there: evidence that is looked at
    # ten times as often reaches its limit up to a tenth sooner.
    report = answer("rollout", "plan", "--requests", 20_000, "--effect", gain, "--base-rate", base_rate,
                    "--share", split, "--no-pairs", "--runs", 1000)
    design = next(d for d in report["designs"] if "by unit" in d["name"])
    found = 20_000 * design["median_days"], 20_000 * design["days_80"]
    line(f"success {1 - base_rate} against {1 - base_rate + gain:.2f} at {split:<4}",
         f"half by {found[0]:,.0f} requests, elsewhere {median:,};",
         f"80 % by {found[1]:,.0f}" + (f", elsewhere {most:,}" if most else ""))
    assert found[0] == pytest.approx(median, rel=0.15)
    if most:
        assert found[1] == pytest.approx(most, rel=0.15)


# Paired shadow, a gain of 2 points: differing rows 6, 10 and 18 %; 1 point at 6 %.
PAIRS = [(0.06, 0.02, 920, 1_692), (0.10, 0.02, 1_518, 2_887), (0.18, 0.02, 3_069, 5_678),
         (0.06, 0.01, 3_788, None)]


@pytest.mark.parametrize("discordance, gain, median, most", PAIRS)
def test_times_of_pairs(discordance, gain, median, most):
    report = answer("rollout", "plan", "--requests", 1000, "--effect", gain, "--base-rate", 0.2,
                    "--discordance", discordance, "--runs", 1000)
    design = next(d for d in report["designs"] if d["name"] == "shadow on all, by rows")
    found = 1000 * design["median_days"], 1000 * design["days_80"]
    line(f"pairs that differ on {discordance:.0%}, gain {gain}:",
         f"half by {found[0]:,.0f}, elsewhere by the rows that differ {median:,};",
         f"80 % by {found[1]:,.0f}" + (f", elsewhere {most:,}" if most else ""))
    assert 0.7 * median < found[0] < 1.3 * median


def test_the_breach_rule_of_the_flights(tmp_path):
    """28 days with a margin of 0.04: at most 1 % of quiet streams of 240 days see an alarm; 7 days: more
    than half, and nearly all by the bare mean."""
    path = tmp_path / "flights.csv"
    subprocess.run([os.environ["RONDO_EXAMPLE_PYTHON"], ROOT / "tests/rollout/flights_reference.py",
                    path], check=True)
    report = answer("policy", "check", ROOT / "examples/flights/policy.yaml", path, "--runs", RUNS)
    cells = {(c["window_days"], round(c["margin"], 2)): c for c in report["cells"]}
    for window in (7, 14, 28):
        cell = cells[window, 0.04]
        line(f"quiet flights, {window} days, margin 0.04: alarms in", share(cell["alarms"]),
             "by the bare mean", share(cell["by_mean"]))
    assert report["recommended_margin"] == pytest.approx(0.04)
    assert cells[28, 0.04]["alarms"]["share"] <= 0.01
    assert 0.4 < cells[7, 0.04]["alarms"]["share"] < 0.65
    assert cells[7, 0.04]["by_mean"]["share"] > 0.85
