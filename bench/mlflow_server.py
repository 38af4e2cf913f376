"""The tracking server against `mlflow server` and FastTrackML, all with SQLite on the same disk, the
same raw HTTP requests over kept-alive connections, answers checked:

- log-batch of 1,000 metrics, one client
- runs/create, log-parameter (a new one each time), runs/get, 16 clients
- log-metric, 16 clients (wrk, so that the clients cost little)
- set-tag, 16 clients: mlflow's SQLite syncs each commit to the disk, Rondo's does so for all but
  points of metrics, which a loss of power (not of the process) may take; this one is synced on both
- runs/search over 100,000 finished runs by a metric and a param, ordered by another metric, one client
- the whole history of a metric of 1,000,000 points, page by page, and the same drawn small: sampled by
  the request of mlflow's page, and by Rondo's own with least, greatest and last of each bucket
- start: from exec to the first 200 on an empty folder (/readyz, /health)
- memory after 10 idle seconds

The peer is tried with one worker and with its default of four, and with its job execution off,
which ends ten more processes of its own; its memory is also told as it starts by default. Its first
start, in which Python compiles, does not count. FastTrackML is measured in the writes and in runs/get,
as it starts by default."""

import json
import sqlite3
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

from common import MLFLOW, ROOT, Bench, Table, environment, measure, profile, repeat, say

RUNS = 100_000
POINTS = 1_000_000
CLIENTS = 16
STARTS, PEER_STARTS = 10, 3
IDLE_SECONDS = 10
API = "/api/2.0/mlflow/"
KEYS, STEPS = 10, 100  # of one batch
BATCHES = 50  # different ones
NO_JOBS = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}


def mlflow(bench, workers, env=NO_JOBS):
    name = "mlflow server, " + ("1 worker" if workers == 1 else f"{workers} workers")
    return bench.start(name, lambda port: [*MLFLOW, "server", "--port", port, "--workers", workers],
                       "/health", env=environment(**env))


def fasttrackml(bench):
    folder = bench.new_folder()
    return bench.start("FastTrackML", lambda port: [
        ROOT / "build/fasttrackml/fml", "server", "--listen-address", f"127.0.0.1:{port}",
        "--database-uri", f"sqlite://{folder}/fml.db", "--default-artifact-root", folder,
        "--log-level", "error"], "/health", folder=folder)


def post(client, name, message):
    return client.call("POST", API + name, message)


def new_experiment(client, name):
    return post(client, "experiments/create", {"name": name})["experiment_id"]


def new_run(client, experiment, name):
    made = post(client, "runs/create", {"experiment_id": experiment, "run_name": name,
                                        "start_time": 1})
    return made["run"]["info"]["run_id"]


# Filling: run number i, the same on both.

def values(i):
    prime = 1_000_003  # above the number of runs: no two have the same value
    metrics = {"loss": i * 7919 % prime / prime, "accuracy": i * 104_729 % prime / prime,
               "f1": i % 997 / 997}
    params = {"model": "abcde"[i % 5], "depth": str(i % 12), "rate": f"0.{i % 9 + 1}",
              "features": str(i % 40), "seed": str(i)}
    return metrics, params, {"team": f"team {i % 7}"}


def fill_run(client, experiment, i):
    run, (metrics, params, tags) = new_run(client, experiment, f"run {i}"), values(i)
    post(client, "runs/log-batch", {
        "run_id": run,
        "metrics": [{"key": k, "value": v, "timestamp": 1, "step": 0} for k, v in metrics.items()],
        "params": [{"key": k, "value": v} for k, v in params.items()],
        "tags": [{"key": k, "value": v} for k, v in tags.items()]})
    post(client, "runs/update", {"run_id": run, "status": "FINISHED", "end_time": 2})
    return run


def fill_file(path, template):
    """Copies run 0 in mlflow's own file, which the server's first request has made: over HTTP the
    filling would take minutes."""
    database = sqlite3.connect(path, timeout=60)
    database.row_factory = sqlite3.Row
    for table in ("runs", "metrics", "latest_metrics", "params", "tags"):
        rows = [dict(r) for r in database.execute(f"SELECT * FROM {table} WHERE run_uuid = ?",
                                                  [template])]
        assert rows, table
        insert = (f"INSERT INTO {table} ({', '.join(rows[0])}) "
                  f"VALUES ({', '.join(':' + name for name in rows[0])})")
        for i in range(1, RUNS):
            metrics, params, tags = values(i)
            known = {**metrics, **params, **tags, "mlflow.runName": f"run {i}"}
            for row in rows:
                copy = {**row, "run_uuid": f"{i:032x}"}
                if table == "runs":
                    copy["name"] = f"run {i}"
                    copy["artifact_uri"] = row["artifact_uri"].replace(template, copy["run_uuid"])
                else:
                    copy["value"] = known[row["key"]]
                database.execute(insert, copy)
    database.commit()
    database.close()


def fill(server):
    client = server.client()
    experiment = new_experiment(client, "filled")
    first = fill_run(client, experiment, 0)
    begun = time.monotonic()
    if server.name == "rondo":
        def fill_part(part):
            own = server.client()
            for i in range(1 + part, RUNS, CLIENTS):
                fill_run(own, experiment, i)

        with ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(fill_part, range(CLIENTS)))
    else:
        fill_file(server.folder / "mlflow.db", first)
    say(f"{RUNS} runs in {server.name} in {time.monotonic() - begun:.1f} s")
    if server.name == "rondo":
        wait_for_job(client, "index_runs", RUNS)
        say(f"indexed after {time.monotonic() - begun:.1f} s")
    return experiment


def wait_for_job(client, name, items):
    """A job of Rondo's has done so much in the background."""
    until = time.monotonic() + 300
    while True:
        jobs = client.call("GET", "/api/rondo/v1/cluster")["jobs"]
        if sum(job["items"] for job in jobs if job["name"] == name) >= items:
            return
        assert time.monotonic() < until, jobs
        time.sleep(0.2)


# What is measured.

def search(experiment):
    """The right answer is known: it is computed here."""
    matching = [i for i in range(RUNS)
                if values(i)[0]["loss"] < 0.2 and values(i)[1]["model"] == "b"]
    matching.sort(key=lambda i: -values(i)[0]["accuracy"])
    expected = [f"run {i}" for i in matching[:100]]
    body = json.dumps({"experiment_ids": [experiment], "max_results": 100,
                       "filter": "metrics.loss < 0.2 and params.model = 'b'",
                       "order_by": ["metrics.accuracy DESC"]}).encode()

    def call(client, _):
        runs = json.loads(client.send("POST", API + "runs/search", body))["runs"]
        assert [run["info"]["run_name"] for run in runs] == expected
        assert len(runs[0]["data"]["metrics"]) == 3 and len(runs[0]["data"]["params"]) == 5

    return repeat(call, least=1)


def history(client, run, key):
    found, token = [], ""
    while True:
        page = client.call("GET", f"{API}metrics/get-history?run_id={run}&metric_key={key}"
                                  f"&max_results=25000&page_token={token}")
        found += page.get("metrics", [])
        token = page.get("next_page_token")
        if not token:
            return found


def long_metric(server):
    """The run of POINTS points. In mlflow's own file, as over HTTP the filling would take minutes."""
    client = server.client()
    experiment = new_experiment(client, "long")
    run = new_run(client, experiment, "long")

    def point(step):
        return (step * 7919 % 10007 / 10007, 1_700_000_000_000 + 137 * step, step)

    if server.name == "rondo":
        for first in range(0, POINTS, 1000):
            post(client, "runs/log-batch", {"run_id": run, "metrics": [
                dict(zip(("value", "timestamp", "step"), point(step)), key="loss")
                for step in range(first, first + 1000)]})
    else:
        post(client, "runs/log-metric", dict(zip(("value", "timestamp", "step"), point(0)),
                                             run_id=run, key="loss"))
        database = sqlite3.connect(server.folder / "mlflow.db", timeout=60)
        database.executemany(
            "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) "
            "VALUES ('loss', ?, ?, ?, ?, 0)",
            ((value, ms, run, step) for value, ms, step in map(point, range(1, POINTS))))
        database.commit()
        database.close()

    def whole(client, _):
        assert len(history(client, run, "loss")) == POINTS

    def sampled(client, _):
        found = client.call("GET", "/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval"
                                   f"?run_ids={run}&metric_key=loss&max_results=2500")["metrics"]
        assert 2000 <= len(found) <= 3000 and int(found[-1]["step"]) == POINTS - 1

    def drawn(client, _):
        chart, = client.call("GET", f"/api/rondo/v1/metrics/chart?run_ids={run}"
                                    "&metric_key=loss")["runs"]
        assert chart["total"] == POINTS and 1500 < len(chart["steps"]) <= 3000

    chart = drawn if server.name == "rondo" else sampled
    return [repeat(call, least=1) for call in (whole, sampled, chart)]


def log_metric(bench, server):
    """Each request has a step of its own, and every one that was answered has to be stored."""
    client = server.client()
    run = new_run(client, new_experiment(client, "log-metric"), "one metric at a time")
    load = bench.wrk(API + "runs/log-metric", [json.dumps(
        {"run_id": run, "key": "loss", "value": 0.5, "timestamp": 1, "step": "@N@"}
    ).replace('"@N@"', "@N@")], connections=CLIENTS)
    answered = []

    def counted(server):
        answered.append(load(server))
        return answered[-1]

    def check():
        steps = {int(metric["step"]) for metric in history(server.client(), run, "loss")}
        sent = sum(answered)  # and what was under way when a load of wrk ended
        assert sent <= len(steps) <= sent + CLIENTS * len(answered), (sent, len(steps))

    return counted, check


def set_tag(bench, server):
    """One tag, a new value each time; a value that was sent has to stand at the end."""
    client = server.client()
    run = new_run(client, new_experiment(client, "set-tag"), "one tag at a time")
    post(client, "runs/set-tag", {"run_id": run, "key": "progress", "value": "step 0"})
    body = json.dumps({"run_id": run, "key": "progress", "value": "step @N@"})

    def check():
        tags = server.client().call("GET", f"{API}runs/get?run_id={run}")["run"]["data"]["tags"]
        value = next(tag["value"] for tag in tags if tag["key"] == "progress")
        assert value.removeprefix("step ").isdigit(), value

    return bench.wrk(API + "runs/set-tag", [body], connections=CLIENTS), check


def create_run(bench, server):
    experiment = new_experiment(server.client(), "create")
    return bench.wrk(API + "runs/create", [json.dumps(
        {"experiment_id": experiment, "run_name": "run @N@", "start_time": 1})],
        connections=CLIENTS)


def log_param(bench, server):
    """New params only: each name has a number that no other request has."""
    client = server.client()
    experiment = new_experiment(client, "log-parameter")
    runs = [new_run(client, experiment, f"run {i}") for i in range(CLIENTS)]
    return bench.wrk(API + "runs/log-parameter", [json.dumps(
        {"run_id": run, "key": "p@N@", "value": "0.25"}) for run in runs], connections=CLIENTS)


def get_run(bench, server):
    client = server.client()
    run = fill_run(client, new_experiment(client, "get"), 5)
    return bench.wrk(f"{API}runs/get?run_id={run}", connections=CLIENTS)


def log_batch(server):
    """Batches are made before; one whole batch is read again, and the last values of all."""
    client = server.client()
    experiment = new_experiment(client, "log-batch")

    def batch(run, number):
        return json.dumps({"run_id": run, "metrics": [
            {"key": f"metric_{key}", "value": number + step / 1000, "timestamp": number + 1,
             "step": number * STEPS + step} for key in range(KEYS) for step in range(STEPS)]})

    checked = new_run(client, experiment, "checked")
    client.send("POST", API + "runs/log-batch", batch(checked, 3).encode())
    for key in range(KEYS):
        found = sorted((int(m["step"]), m["value"]) for m in
                       history(client, checked, f"metric_{key}"))
        assert found == [(3 * STEPS + step, 3 + step / 1000) for step in range(STEPS)]

    place = []  # a run for each 50 batches, so that each batch is new

    def call(client, i):
        if i % BATCHES == 0:
            run = new_run(client, experiment, f"batches {len(place)}")
            place[:] = [batch(run, number).encode() for number in range(BATCHES)]
            call.run = run
        assert client.send("POST", API + "runs/log-batch", place[i % BATCHES]) in (b"{}", b"{}\n")
        call.last = i % BATCHES

    def check():
        run = server.client().call("GET", f"{API}runs/get?run_id={call.run}")["run"]
        latest = {m["key"]: (int(m["step"]), m["value"]) for m in run["data"]["metrics"]}
        last = (call.last * STEPS + STEPS - 1, call.last + (STEPS - 1) / 1000)
        assert latest == {f"metric_{key}": last for key in range(KEYS)}, latest

    return repeat(call), check


def measure_requests(bench, table, server):
    runs = 3 if server.name == "rondo" else 1  # of what takes the peer many seconds
    table.measure("runs/search, 100,000 runs", server, search(fill(server)), runs)
    if "4 workers" not in server.name:  # a request at a time: more workers change nothing
        whats = ("history of 1,000,000 points", "the same sampled", "the same as a chart")
        for what, load in zip(whats, long_metric(server)):
            table.measure(what, server, load, runs)
    measure_writes(bench, table, server)


# Each gives a load, or a load and what has to hold after it.
WRITES = {"log-metric, 16 clients": log_metric,
          "set-tag, 16 clients, synced": set_tag,
          "log-batch, 1,000 metrics": lambda bench, server: log_batch(server),
          "runs/create, 16 clients": create_run,
          "log-parameter, 16 clients": log_param,
          "runs/get, 16 clients": get_run}


def measure_writes(bench, table, server):
    for what, make in WRITES.items():
        made = make(bench, server)
        load, check = made if isinstance(made, tuple) else (made, None)
        table.measure(what, server, load)
        if check:
            check()


ASKED = {"mlflow server, 1 worker": {"runs/search, 100,000 runs": 100, "history of 1,000,000 points": 100,
                                     "the same as a chart": 500, "log-metric, 16 clients": 200,
                                     "log-batch, 1,000 metrics": 100, "runs/create, 16 clients": 200,
                                     "log-parameter, 16 clients": 200, "runs/get, 16 clients": 200},
         "FastTrackML": {"log-metric, 16 clients": 20, "set-tag, 16 clients, synced": 20,
                         "log-batch, 1,000 metrics": 20, "runs/create, 16 clients": 20,
                         "log-parameter, 16 clients": 20}}


def judge(bench, table):
    """How many times a peer's CPU each request is; where less than asked, what that would need, what a
    request costs that does nothing, and where the time goes."""
    missed = {}
    print()
    for peer, asked in ASKED.items():
        for what, ratio in asked.items():
            ours, theirs = table.costs[what, "rondo"], table.costs[what, peer]
            print(f"{what}: {theirs / ours:.3g} times by {peer} (asked: {ratio})")
            if theirs / ours < ratio:
                missed[what] = min(theirs / ratio, missed.get(what, theirs))
    if not missed:
        return
    server = bench.rondo()
    floor, _ = measure(server, bench.wrk("/livez", connections=CLIENTS))
    print(f"\nGET /livez, which does nothing, takes {floor:.1f} us.")
    for what, needed in missed.items():
        print(f"{what}: not reached: that would be {needed:.1f} us, and it takes "
              f"{table.costs[what, 'rondo']:.1f}:")
        if what in WRITES:
            made = WRITES[what](bench, server)
            load = made[0] if isinstance(made, tuple) else made
            profile(["-p", server.process.pid], lambda: load(server))
    bench.stop(server)


def measure_starts(bench, table, make, count):
    taken = []
    for _ in range(count):
        server = make()
        taken.append(server.start_seconds * 1000)
        bench.stop(server)
    table.add(f"start, median of {STARTS} (of {PEER_STARTS})", server.name,
              statistics.median(taken), "ms")
    table.add("start, the fastest of them", server.name, min(taken), "ms")


def measure_idle(bench, table, server, name):
    time.sleep(IDLE_SECONDS)
    count = len(server.tree()) - 1
    if server.name == "rondo":
        table.add("idle memory: VmRSS; all processes' PSS", name, server.rss() / 1e6, "MB")
    else:
        table.add("idle memory: VmRSS; all processes' PSS", name, server.pss() / 1e6, "MB")
    table.add("child processes when idle", name, count, "")


def main():
    table = Table("Tracking server against mlflow server 3.17.2 (bench/mlflow_server.py)")
    with Bench() as bench:
        measure_starts(bench, table, bench.rondo, STARTS)
        bench.stop(mlflow(bench, 1))
        measure_starts(bench, table, lambda: mlflow(bench, 1), PEER_STARTS)
        for make in (bench.rondo, lambda: mlflow(bench, 1), lambda: mlflow(bench, 4)):
            server = make()
            measure_idle(bench, table, server, server.name)
            measure_requests(bench, table, server)
            bench.stop(server)
        server = fasttrackml(bench)
        measure_idle(bench, table, server, server.name)
        measure_writes(bench, table, server)
        bench.stop(server)
        server = mlflow(bench, 4, {})
        measure_idle(bench, table, server, "mlflow server, as it starts by default")
        table.print()
        judge(bench, table)


if __name__ == "__main__":
    main()
