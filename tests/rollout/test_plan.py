"""The time each design takes: closed forms against their formulas, and beside what is simulated."""

from statistics import NormalDist

import pytest
from commands import ROOT, answer, call, refused

Z = NormalDist().inv_cdf(0.95) + NormalDist().inv_cdf(0.8)


def plan(*flags):
    report = answer("rollout", "plan", *flags)
    return {d["name"]: d for d in report["designs"]}, report["words"]


@pytest.fixture(scope="module")
def designs():
    """Success 0.80 against 0.82, 5 % of 2,000 requests a day."""
    return plan("--requests", 2000, "--effect", 0.02, "--base-rate", 0.2, "--runs", 300)[0]


def test_the_formulas_of_fixed_sizes(designs):
    fixed = Z**2 * (0.18 * 0.82 / 0.05 + 0.2 * 0.8 / 0.95) / 0.02**2
    assert designs["two arms, fixed size at 5 %"]["closed_rows"] == pytest.approx(fixed, rel=1e-9)
    pairs = Z**2 * (0.12 - 0.02**2) / 0.02**2 / 0.05
    assert designs["pairs at 5 %, fixed size"]["closed_rows"] == pytest.approx(pairs, rel=1e-9)
    # Fourteen looks with alpha t^2 cost a few percent in the largest size.
    looks = designs["two arms, 14 planned looks at 5 %"]["closed_rows"] / fixed
    assert 1.05 < looks < 1.12
    # Power 80 % was asked for, and what is simulated has it.
    for name in ("two arms, fixed size at 5 %", "pairs at 5 %, fixed size"):
        assert designs[name]["within"]["lower"] < 0.8 < designs[name]["within"]["upper"]


def test_simulated_times_are_those_found_elsewhere(designs):
    """Half decide by 52,700 requests, four fifths by 101,500, as another program found on 4,000
    streams."""
    by_unit = designs["two arms, errors by unit at 5 %"]
    assert 2000 * by_unit["median_days"] == pytest.approx(52_700, rel=0.15)
    assert 2000 * by_unit["days_80"] == pytest.approx(101_500, rel=0.15)
    # The closed form's factors, 1.2 and 2.2 of the fixed size, are of the same order.
    assert by_unit["closed_days"] == pytest.approx(by_unit["days_80"], rel=0.25)


def test_a_gain_out_of_reach_is_said():
    """The yearly retraining of the employment example: true gain 0.0015 in Brier, 190 people a day."""
    designs, words = plan("--requests", 190, "--effect", 0.0015, "--loss-deviation", 0.035,
                          "--base-rate", 0.17, "--policy",
                          ROOT / "examples/employment/policy.yaml", "--runs", 60)
    assert designs["pairs at 5 %, by days"]["within"]["share"] < 0.05
    assert designs["pairs at 5 %, by rows"]["closed_days"] > 300
    assert any(w.startswith("pairs at 5 %, by days: a gain of 0.0015 is out of reach of the horizon "
                            "of 42 days") for w in words)
    assert designs["shadow on all, by rows"]["median_days"] < 42


def test_without_pairs_only_two_arms_are_planned():
    designs, _ = plan("--requests", 2000, "--effect", 0.05, "--no-pairs", "--runs", 50)
    assert len(designs) == 3 and all(name.startswith("two arms") for name in designs)


def test_what_people_read():
    done = call("rollout", "plan", "--requests", 2000, "--effect", 0.05, "--runs", 50)
    assert done.returncode == 0
    assert "To find a gain of 0.05 on 2,000 requests a day" in done.stdout
    assert "the fastest within the horizon: shadow on all" in done.stdout


@pytest.mark.parametrize("flags, says", [
    (["--effect", "0"], "the effect to detect has to be above 0"),
    (["--effect", "-1"], "the effect"),
    (["--effect", "0.5"], "rate of errors is in [0, 1]"),
    (["--share", "1.5"], "the share has to be between 0 and 1"),
    (["--base-rate", "-0.1"], "the base rate"),
    (["--power", "1"], "the power has to be"),
    (["--alpha", "0.6"], "alpha has to be"),
    (["--horizon", "-1"], "the horizon has to be"),
    (["--runs", "1"], "the number of runs has to be"),
    (["--loss-deviation", "3"], "the loss deviation has to be"),
])
def test_wrong_flags_are_named(flags, says):
    given = ["--requests", "1000", "--effect", "0.05"]
    for flag, value in zip(flags[::2], flags[1::2]):
        given = [w for i, w in enumerate(given) if w != flag and (i == 0 or given[i - 1] != flag)]
        given += [flag, value]
    assert says in refused("rollout", "plan", *given)


def test_what_has_to_be_given():
    assert call("rollout", "plan", "--effect", "0.1").returncode == 2
