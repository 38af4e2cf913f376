"""Long metrics, written by the client while they are folded: read whole by the client, sampled on the
route of MLflow's page, and drawn small on ours."""

import json
import math
import random
import urllib.error
import urllib.parse
import urllib.request

import pytest
from mlflow import MlflowClient
from mlflow.entities import Metric

POINTS = 60_000
PEAK, HOLE, NAN = 12_345, 45_678, 30_000


@pytest.fixture(scope="module")
def client(server):
    return MlflowClient(server.url)


@pytest.fixture(scope="module")
def series(client):
    """A run with a long metric that falls, has noise, a peak, a hole and a NaN; its points."""
    chance = random.Random(1)
    values = [1000 / (i + 1) + chance.random() for i in range(POINTS)]
    values[PEAK], values[HOLE], values[NAN] = 1e6, -1e6, math.nan
    points = [Metric("loss", value, 1_700_000_000_000 + 137 * i, i) for i, value in enumerate(values)]
    run = client.create_run("0").info.run_id
    for at in range(0, POINTS, 1000):
        client.log_batch(run, points[at:at + 1000])
        if at % 7000 == 0:
            client.log_batch(run, points[at:at + 1000])  # as after a lost answer
    return run, points


def get(server, path, **query):
    address = f"{server.url}{path}?{urllib.parse.urlencode(query, doseq=True)}"
    with urllib.request.urlopen(address, timeout=60) as answer:
        return json.load(answer)


def same(a, b):
    return a == b or (math.isnan(a) and math.isnan(b))


def test_the_whole_history(client, series):
    run, points = series
    history = client.get_metric_history(run, "loss")
    assert len(history) == POINTS
    for found, sent in zip(history, points):
        assert (found.step, found.timestamp) == (sent.step, sent.timestamp)
        assert same(found.value, sent.value)


def test_samples_have_the_ends_and_are_even(server, series):
    run, points = series
    found = get(server, "/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval", run_ids=run,
                metric_key="loss", max_results=499)["metrics"]
    part, longer = divmod(POINTS, 499)  # as MLflow's NTILE: the first parts have a point more
    starts = [i * part + min(i, longer) for i in range(499)]
    assert [int(m["step"]) for m in found] == [*starts[:-1], POINTS - 1]
    assert all(same(float(m["value"]), points[int(m["step"])].value) for m in found)


@pytest.mark.parametrize("first, last, buckets", [(None, None, 50), (None, None, 1000),
                                                  (10_001, 52_345, 40), (PEAK - 50, PEAK + 50, 100)])
def test_a_chart_loses_no_peak(server, series, first, last, buckets):
    run, points = series
    query = {} if first is None else {"start_step": first, "end_step": last}
    chart, = get(server, "/api/rondo/v1/metrics/chart", run_ids=run, metric_key="loss",
                 buckets=buckets, **query)["runs"]
    first, last = first or 0, POINTS - 1 if last is None else last
    assert (chart["run_id"], chart["total"]) == (run, last - first + 1)
    steps, values = chart["steps"], [float(v) for v in chart["values"]]
    assert steps == sorted(set(steps)) and len(steps) <= 3 * buckets
    assert all(same(value, points[step].value) for step, value in zip(steps, values))
    assert [points[step].timestamp for step in steps] == chart["timestamps"]
    assert steps[-1] == last
    numbers = [(p.value, p.step) for p in points[first:last + 1] if not math.isnan(p.value)]
    assert {min(numbers)[1], max(numbers)[1]} <= set(steps)
    if chart["total"] <= 3 * buckets:
        assert steps == list(range(first, last + 1))


@pytest.mark.parametrize("change, words", [
    ({"buckets": 0}, "buckets has to be between 1 and 2500"),
    ({"buckets": 2501}, "buckets has to be between 1 and 2500"),
    ({"start_step": 1}, "both must be specified"),
    ({"start_step": 5, "end_step": 4}, "must be greater than start_step"),
    ({"run_ids": []}, "at least one run id"),
    ({"run_ids": ["a" * 32] * 101}, "at most 100 run ids"),
])
def test_a_chart_that_makes_no_sense(server, series, change, words):
    run, _ = series
    with pytest.raises(urllib.error.HTTPError) as refused:
        get(server, "/api/rondo/v1/metrics/chart",
            **{"run_ids": run, "metric_key": "loss", **change})
    assert refused.value.code == 400
    assert words in refused.value.read().decode()


def test_a_metric_that_nobody_logged_has_no_points(server, series):
    run, _ = series
    chart, = get(server, "/api/rondo/v1/metrics/chart", run_ids=run, metric_key="none")["runs"]
    assert (chart["total"], chart["steps"]) == (0, [])
