"""A policy played before it runs: what it states holds on made and on recorded traffic, the same seed
gives the same result, and wrong input is named."""

import csv
import random

import pandas
import pytest
from commands import (ROOT, answer, broken_claims, call, equal_cells, play, refused, rollout_of)

RUNS = 200


@pytest.mark.parametrize("base_rate, share, paired", [(0.1, 0.05, False), (0.01, 0.5, False),
                                                      (0.1, 0.5, True), (0.002, 0.5, True)])
def test_stated_errors_hold(tmp_path, base_rate, share, paired):
    regimes = ["steady", "day_shocks"] if paired else ["ramp", "sticky"]
    policy = rollout_of(tmp_path, share, paired, clip=base_rate / 2)
    report = play(policy, base_rate, RUNS, "--requests", 400, "--effect", base_rate / 5,
                  regimes=regimes)
    cells = equal_cells(report)
    assert [c["regime"] for c in cells] == regimes
    for cell in cells:
        assert cell["promoted"]["runs"] == RUNS and "promote_level" in cell
        assert not broken_claims(cell)


def test_nothing_is_stated_where_the_candidate_is_worse_at_times(tmp_path):
    report = play(rollout_of(tmp_path, 0.5), 0.1, 20, "--requests", 400,
                  regimes=["worse_then_better", "day_shocks"])
    for cell in equal_cells(report):
        assert "roll_back_level" not in cell and "promote_level" not in cell
    report = play(rollout_of(tmp_path, 0.5, paired=True), 0.1, 20, "--requests", 400,
                  regimes=["day_shocks"])
    assert equal_cells(report)[0]["promote_level"] == 0.05


def test_naive_rules_fail_where_the_evidence_holds(tmp_path):
    """The traffic bites: repeated z-tests, and requests of sticky units counted one by one."""
    policy = rollout_of(tmp_path, 0.5)
    report = play(policy, 0.1, RUNS, "--requests", 1000, "--rivals", regimes=["ramp", "sticky"])
    rivals = {(r["regime"], r["rule"]): r for r in report["rivals"]}
    assert rivals["ramp", "z at each look"]["worse"]["share"] > 0.9
    by_request = rivals["sticky", "errors by request"]
    assert max(by_request[side]["lower"] for side in ("better", "worse")) > 0.05
    for regime in ("ramp", "sticky"):
        for side in ("better", "worse"):
            assert rivals[regime, "errors by unit"][side]["lower"] <= 0.05


def test_row_bets_mistake_whole_good_days_for_a_gain(tmp_path):
    policy = rollout_of(tmp_path, 0.5, paired=True)
    report = play(policy, 0.1, 100, "--requests", 1500, "--rivals", regimes=["day_shocks"])
    rivals = {r["rule"]: r for r in report["rivals"]}
    assert rivals["bets row by row"]["better"]["lower"] > 0.2
    assert rivals["bets on day means"]["better"]["lower"] <= 0.05
    assert not any(broken_claims(c) for c in equal_cells(report))


def test_good_and_bad_candidates_are_told_apart(tmp_path):
    report = play(rollout_of(tmp_path, 0.5, paired=True, clip=0.03), 0.1, 60, "--requests", 2000,
                  "--effect", 0.02, regimes=["steady"])
    better, worse = report["cells"][1:]
    assert better["promoted"]["share"] > 0.9 and better["promoted_median"] >= 7
    assert better["harm_mean"] < 0
    assert worse["rolled_back"]["share"] == 1 and worse["rolled_back_80"] <= 4
    assert 0 < worse["harm_mean"] < 1000


def test_the_same_seed_gives_the_same_result(tmp_path):
    policy = rollout_of(tmp_path, 0.5)
    arguments = [policy, 0.1, 40, "--requests", 300, "--rivals"]
    first = play(*arguments, "--threads", 1, regimes=["sticky"])
    assert first == play(*arguments, "--threads", 4, regimes=["sticky"])
    assert first["cells"] != play(*arguments, "--seed", 2, regimes=["sticky"])["cells"]


def test_the_examples_policies_play():
    for name in ("flights", "employment"):
        report = play(ROOT / f"examples/{name}/policy.yaml", 0.2, 20, "--requests", 300,
                      regimes=["steady"])
        assert [c["candidate"] for c in report["cells"]] == ["equal", "better", "worse"]
    play(ROOT / "examples/flights/shadow.yaml", 0.2, 20, "--requests", 300, regimes=["steady"])


def test_what_people_read(tmp_path):
    done = call("rollout", "simulate", rollout_of(tmp_path, 0.5), "--runs", 20, "--regime",
                "steady", "--requests", 300)
    assert done.returncode == 0
    assert "steady: an equally good candidate is promoted in " in done.stdout
    assert " of 20 runs (" in done.stdout and "5.00 % at most is stated: holds" in done.stdout


# --- recorded traffic ----------------------------------------------------------------------------


def recorded(folder, days=20, gain=0.0, candidate=True, rows=200, name="recorded.csv"):
    """Rows on which the champion errs in 20 % and the candidate in `gain` less."""
    draw = random.Random(1)
    path = folder / name
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["event_time", "unit", "label", "champion"] + ["candidate"] * candidate)
        for day in range(days):
            for row in range(rows):
                label = draw.random() < 0.5
                wrong = [draw.random() < 0.2, draw.random() < 0.2 - gain]
                answers = [abs(label - w) * 0.8 + 0.1 for w in wrong]
                out.writerow([f"2026-03-{day + 1:02}T{row // 60:02}:{row % 60:02}:00Z",
                              f"u{draw.randrange(500)}", int(label), answers[0]]
                             + answers[1:] * candidate)
    return path


def test_recorded_traffic_plays(tmp_path):
    policy = rollout_of(tmp_path, 0.5, paired=True)
    report = answer("rollout", "simulate", policy, "--traffic", recorded(tmp_path, gain=0.05),
                    "--runs", 100)
    cells = {c["candidate"]: c for c in report["cells"]}
    assert set(cells) == {"equal", "equal by days", "as recorded"}
    assert cells["as recorded"]["promoted"]["share"] > 0.8
    assert not broken_claims(cells["equal"]) and not broken_claims(cells["equal by days"])


def test_recorded_traffic_is_the_same_as_parquet(tmp_path):
    """Whether units are words or numbers, and times text or points in time."""
    rows = pandas.read_csv(recorded(tmp_path, gain=0.05), parse_dates=["event_time"])
    rows["unit"] = rows["unit"].str[1:].astype(int)
    rows.to_parquet(tmp_path / "recorded.parquet")
    one, other = (answer("rollout", "simulate", rollout_of(tmp_path, 0.5), "--traffic",
                         tmp_path / f"recorded.{kind}", "--runs", 50) for kind in ("csv", "parquet"))
    assert one["cells"] == other["cells"] and len(one["cells"]) == 3


def test_recorded_traffic_without_a_candidate_plays_equal_arms(tmp_path):
    path = recorded(tmp_path, candidate=False)
    report = answer("rollout", "simulate", rollout_of(tmp_path, 0.5), "--traffic", path, "--runs", 50)
    assert [c["candidate"] for c in report["cells"]] == ["equal"]
    assert not broken_claims(report["cells"][0])
    said = refused("rollout", "simulate", rollout_of(tmp_path, 0.5, paired=True), "--traffic", path)
    assert "no column 'candidate'" in said


# --- wrong input ---------------------------------------------------------------------------------


@pytest.mark.parametrize("flags, says", [
    (["--base-rate", "-0.1"], "the base rate has to be between 0 and 1"),
    (["--base-rate", "nan"], "the base rate has to be between 0 and 1"),
    (["--requests", "0"], "requests a day has to be 1 to 100,000,000"),
    (["--requests", "90000000"], "5,000,000 at most"),
    (["--runs", "0"], "--runs has to be 1"),
    (["--regime", "sunny"], "no regime 'sunny'; there are steady, seasonal"),
    (["--effect", "0.2"], "the candidate's rate of errors is in [0, 1]"),
    (["--effect", "-0.01"], "above 0"),
    (["--discordance", "1.5"], "the discordance has to be in [0, 1]"),
    (["--label-days", "-1"], "--label-days has to be 0 to 366"),
    (["--threads", "-1"], "--threads has to be 1 to 1,024"),
])
def test_wrong_flags_are_named(tmp_path, flags, says):
    assert says in refused("rollout", "simulate", rollout_of(tmp_path), *flags)


@pytest.mark.parametrize("change, says", [
    (("clip:", "clap:"), "clap"),
    (("share: 0.05", "share: 0.7"), "at most 0.5"),
    (("paired: false", "paired: true"), "outcome_independent_of_answer: true"),
    (("evidence: 20", "evidence: twenty"), "evidence"),
    (("horizon: 28d", "horizon: -3d"), "'-3d' is not a duration"),
])
def test_a_wrong_policy_is_refused_as_the_server_does(tmp_path, change, says):
    policy = rollout_of(tmp_path)
    policy.write_text(policy.read_text().replace(*change))
    assert says in refused("rollout", "simulate", policy)


@pytest.mark.parametrize("text, says", [
    ("", "empty"),
    ("event_time,unit,label,champion\n", "has no rows"),
    ("event_time,unit,champion\n2026-01-01T00:00:00Z,a,0.5\n", "'label'"),
    ("event_time,unit,label,champion\nyesterday,a,1,0.5\n", "in row 1"),
    ("event_time,unit,label,champion\n2026-01-01T00:00:00Z,a,1,-0.5\n", "answers are in [0, 1]"),
    ("event_time,unit,label,champion\n2026-01-01T00:00:00Z,a,1,x\n", "is no number: 'x'"),
    ("event_time,unit,label,champion\n2026-01-01T00:00:00Z,a,,0.5\n", "has a label"),
    ("event_time,unit,label,champion\n2026-01-01T00:00:00Z,a,1,0.5\n", "of one day only"),
])
def test_wrong_recorded_traffic_is_named(tmp_path, text, says):
    path = tmp_path / "recorded.csv"
    path.write_text(text)
    assert says in refused("rollout", "simulate", rollout_of(tmp_path), "--traffic", path)
