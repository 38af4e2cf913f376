"""A monitor's rule on quiet streams: reference days drawn anew."""

import datetime
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from commands import NOT_FOUND, ROOT, SAYS_NO, answer, call, refused

POLICY = ROOT / "examples/flights/policy.yaml"


def policy_of(folder, margin=0.04, window="28d", labels=2000):
    path = folder / "policy.yaml"
    path.write_text(POLICY.read_text().replace("margin: 0.04", f"margin: {margin}")
                    .replace("window: 28d", f"window: {window}")
                    .replace("min_labels: 20000", f"min_labels: {labels}"))
    return path


def reference(folder, days=60, rows=100, deviation=0.05, text=None):
    """Losses around 0.2 whose day means vary by `deviation`."""
    draw = random.Random(3)
    path = folder / "reference.csv"
    lines = ["event_time,loss"]
    for day in range(days):
        level = 0.2 + draw.choice((-1, 1)) * deviation
        lines += [f"2026-{day // 28 + 1:02}-{day % 28 + 1:02}T{row // 60:02}:{row % 60:02}:00Z,"
                  f"{int(draw.random() < level)}" for row in range(rows)]
    path.write_text(text if text is not None else "\n".join(lines) + "\n")
    return path


def test_longer_windows_and_larger_margins_alarm_less(tmp_path):
    report = answer("policy", "check", policy_of(tmp_path), reference(tmp_path), "--runs", 200,
                    codes=(0, SAYS_NO))
    cells = {(c["window_days"], round(c["margin"], 2)): c for c in report["cells"]}
    assert set(w for w, _ in cells) == {7, 14, 28}
    for window in (7, 14, 28):
        shares = [cells[window, m / 100]["alarms"]["share"] for m in range(9)]
        assert shares == sorted(shares, reverse=True)
    assert cells[7, 0.02]["by_mean"]["share"] > cells[28, 0.02]["by_mean"]["share"]
    for cell in cells.values():
        assert cell["alarms"]["count"] <= cell["by_mean"]["count"]
    margin = report["recommended_margin"]
    assert cells[28, round(margin, 2)]["alarms"]["share"] <= 0.01
    assert margin == 0 or cells[28, round(margin - 0.01, 2)]["alarms"]["share"] > 0.01


def test_a_rule_that_alarms_too_often_is_told(tmp_path):
    arguments = [reference(tmp_path, deviation=0.1), "--runs", 100]
    loose = policy_of(tmp_path, margin=0, window="7d", labels=500)
    loose.write_text(loose.read_text().replace("evidence: 1000", "evidence: 20"))
    done = call("policy", "check", loose, *arguments)
    assert done.returncode == SAYS_NO, done.stderr
    assert "calls a breach in " in done.stdout and "although nothing is wrong" in done.stdout
    strict = call("policy", "check", policy_of(tmp_path, margin=0.08), *arguments)
    assert strict.returncode == 0
    assert "The smallest margin with at most 1.00 % is" in strict.stdout


def test_answers_beside_labels_are_scored(tmp_path):
    rows = ["event_time,late,answer"]
    for day in range(10):
        rows += [f"2026-01-{day + 1:02}T00:{row:02}:00Z,{row % 2},0.4" for row in range(50)]
    report = answer("policy", "check", policy_of(tmp_path, labels=100),
                    reference(tmp_path, text="\n".join(rows) + "\n"), "--runs", 20)
    assert report["mean"] == pytest.approx((0.4**2 + 0.6**2) / 2)
    assert report["rows"] == 500 and report["days"] == 10


def test_the_same_seed_gives_the_same_result(tmp_path):
    arguments = ["policy", "check", policy_of(tmp_path), reference(tmp_path), "--runs", 50]
    first = answer(*arguments, codes=(0, SAYS_NO))
    assert first == answer(*arguments, codes=(0, SAYS_NO))
    assert first != answer(*arguments, "--seed", 2, codes=(0, SAYS_NO))


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", None])
def test_parquet_is_read_as_csv_is(tmp_path, zone):
    as_text = reference(tmp_path)
    rows = [line.split(",") for line in as_text.read_text().splitlines()[1:]]
    moments = pa.array([datetime.datetime.fromisoformat(t.replace("Z", "+00:00")) for t, _ in rows],
                       pa.timestamp("us", "UTC"))
    if zone != "UTC":
        moments = moments.cast(pa.timestamp("us", zone))
    path = tmp_path / "reference.parquet"
    pq.write_table(pa.table({"event_time": moments, "loss": [float(v) for _, v in rows]}), path)
    flags = [policy_of(tmp_path), "--runs", 50]
    found = [answer("policy", "check", flags[0], file, *flags[1:], codes=(0, SAYS_NO))
             for file in (as_text, path)]
    assert found[0] == found[1] and found[0]["days"] == 60


def test_a_missing_file_has_its_own_exit_code(tmp_path):
    gone, there = tmp_path / "gone.csv", reference(tmp_path)
    policy = policy_of(tmp_path)
    for words in (["policy", "check", policy, gone], ["policy", "check", gone, there],
                  ["rollout", "simulate", policy, "--traffic", gone],
                  ["rollout", "plan", "--requests", 9, "--effect", 0.1, "--policy", gone], ["drift", gone, there],
                  ["drift", there, gone], ["profile", gone]):
        done = call(*words)
        assert done.returncode == NOT_FOUND, (words, done)
        assert "gone.csv" in done.stderr


@pytest.mark.parametrize("text, says", [
    ("", "empty"),
    ("event_time,loss\n", "has no rows"),
    ("time,loss\n2026-01-01,0.1\n", "'event_time'"),
    ("event_time,other\n2026-01-01,0.1\n", "no column 'loss' and no column 'answer'"),
    ("event_time,answer\n2026-01-01,0.1\n", "'late'"),
    ("event_time,loss\n2026-01-01,1.5\n", "losses are in [0, 1]"),
    ("event_time,loss\n2026-01-01,-0.5\n", "losses are in [0, 1]"),
    ("event_time,loss\nnow,0.5\n", "in row 1"),
    ("event_time,loss\n7,0.5\n", "no points in time"),
    ("event_time,loss\n2026-01-01,x\n", "in row 1 is no number: 'x'"),
    ("event_time,loss\n2026-01-01,0.5\n,0.5\n", "in row 2: the time is missing"),
    ("event_time,loss\n2026-01-01,\n", "no row of the reference has a label"),
    ("event_time,loss\n2026-01-01,0.5\n", "on 1 day only"),
])
def test_a_wrong_reference_is_named(tmp_path, text, says):
    assert says in refused("policy", "check", policy_of(tmp_path), reference(tmp_path, text=text))


@pytest.mark.parametrize("flags, says", [
    (["--window", "0"], "a window of 0 days"),
    (["--window", "300"], "does not fit"),
    (["--window", "1.5"], "whole days"),
    (["--margin", "-0.1"], "a margin has to be at least 0"),
    (["--margin", "x"], "--margin takes numbers"),
    (["--level", "0"], "the level"),
    (["--block", "0"], "a block has at least one day"),
    (["--block", "50"], "at least 100 are needed"),
    (["--days", "1"], "a stream has to be 2"),
    (["--runs", "1"], "the number of runs"),
    (["--reference-value", "2"], "the reference value"),
])
def test_wrong_flags_are_named(tmp_path, flags, says):
    assert says in refused("policy", "check", policy_of(tmp_path), reference(tmp_path), *flags)


def test_what_is_no_policy(tmp_path):
    rollout = ROOT / "examples/flights/shadow.yaml"
    assert "a rollout on its own" in refused("policy", "check", rollout, reference(tmp_path))
    wrong = policy_of(tmp_path)
    wrong.write_text(wrong.read_text().replace("margin:", "margins:"))
    assert "margins" in refused("policy", "check", wrong, reference(tmp_path))
