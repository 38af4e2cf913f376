"""Histories and samples of metrics as `mlflow server` has them: series with steps that go back, meet
each other or are all the same, NaN and infinities, written twice."""

import random

from conftest import SEED
from serving import Http

API = "/api/2.0/mlflow/"
SERIES = 12


def point(chance, kind, number):
    step = {"rises": number, "same": 0, "any": chance.randint(-20, 200)}[kind]
    value = chance.choice([chance.random(), 1.0, "NaN", "Infinity", "-Infinity"])
    return {"key": "m", "value": value, "timestamp": 1000 + chance.randint(0, 3) + number,
            "step": step}


def answer(http, path):
    found = http.send("GET", path)
    return found.status, [(int(m["step"]), int(m["timestamp"]), str(m["value"]))
                          for m in found.json.get("metrics", [])]


def test_histories_and_samples(ours, theirs):
    chance = random.Random(f"{SEED} samples")
    print(f"RONDO_DIFFERENTIAL_SEED={SEED}")
    servers = [Http(ours.url), Http(theirs.url)]
    for number in range(SERIES):
        kind = ("rises", "same", "any")[number % 3]
        points = [point(chance, kind, i) for i in range(chance.choice([1, 7, 60, 400]))]
        runs = []
        for http in servers:
            made = http.call("POST", API + "runs/create", {"experiment_id": "0", "start_time": 1})
            runs.append(made["run"]["info"]["run_id"])
            for _ in range(2):
                http.call("POST", API + "runs/log-batch", {"run_id": runs[-1], "metrics": points})
        asked = [f"{API}metrics/get-history?run_id={{}}&metric_key=m&max_results=1000"]
        for limit in (1, 2, 3, 10, 59, 61, chance.randint(1, 500)):
            sample = ("/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval?run_ids={}"
                      f"&metric_key=m&max_results={limit}")
            asked += [sample, f"{sample}&start_step=0&end_step={chance.randint(0, 150)}"]
        for path in asked:
            one, other = (answer(http, path.format(run)) for http, run in zip(servers, runs))
            assert one == other, (kind, len(points), path)
