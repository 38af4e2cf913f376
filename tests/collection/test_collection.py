"""What a round takes and what it leaves, deletion for good, and how it is shown."""

import hashlib
import json
import sqlite3
import time

import pytest
from conftest import BINARY, wait_for

QUICK = ("--keep", "period=24h,grace=0,lease=1s")
MLFLOW = "/api/2.0/mlflow/"


def digest(content):
    return hashlib.sha256(content).hexdigest()


def mlflow(server, path, verb="POST", **message):
    answer = server.call(verb, MLFLOW + path, json=message)
    assert answer.status_code == 200, answer.text
    return answer.json()


def let_leases_end():
    time.sleep(1.2)


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_a_round_and_what_it_says(make, engine):
    server = make(engine, *QUICK)
    server.put("kept/a", b"kept")
    server.put("gone/a", b"deleted soon")
    lost = server.upload(b"never referred to")
    assert server.call("DELETE", "/api/2.0/mlflow-artifacts/artifacts/gone/a").status_code == 200

    let_leases_end()
    look = server.collect("--dry-run")
    garbage = {"upload": {"objects": 2, "bytes": 29}}
    assert look["garbage"] == garbage and look["hidden"]["objects"] == 0
    assert len(server.stored()) == 3  # it only looked

    first = server.collect()
    assert first["garbage"] == garbage and first["removed"]["objects"] == 0
    assert len(server.stored()) == 3  # hidden, and readable
    known = server.api("POST", "blobs/known", json={"digests": [lost, digest(b"kept")]})
    assert known["digests"] == [digest(b"kept")]
    server.upload(b"never referred to")  # revives it
    assert server.api("POST", "blobs/known", json={"digests": [lost]})["digests"] == [lost]

    second = server.collect()
    assert second["removed"] == {"objects": 1, "bytes": 12}, second
    assert server.stored() == {lost, digest(b"kept")}
    entries = {"entries": [{"path": "x", "digest": digest(b"deleted soon")}]}
    refused = server.call("POST", "/api/rondo/v1/datasets/d/versions", json=entries)
    assert refused.status_code == 404 and "upload them first" in refused.text

    metrics = server.metrics()
    assert metrics["rondo_collection_removed_total"] >= 0  # the server looks once a second
    wait_for(lambda: server.metrics()["rondo_collection_removed_total"] == 1)
    metrics = server.metrics()
    assert metrics["rondo_collection_removed_bytes_total"] == 12
    assert metrics["rondo_collection_hidden_total"] == 2
    assert abs(metrics["rondo_collection_last_round_timestamp_seconds"] - time.time()) < 60


def test_age_and_leases_keep(make):
    server = make("sqlite", "--keep", "grace=0,lease=1h,period=24h")
    server.upload(b"held")
    done = server.collect()
    assert done["held"] == {"objects": 1, "bytes": 4} and done["garbage"] == {}, done
    server = make("sqlite", "--keep", "grace=1h,lease=1s,period=24h")
    server.upload(b"young")
    let_leases_end()
    done = server.collect()
    assert done["young"] == {"objects": 1, "bytes": 5} and done["garbage"] == {}, done
    text = server.rondo("gc", "--dry-run")
    assert "nothing would go" in text and "kept by their age: 1 object, 5 bytes" in text, text


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_everything_that_refers_is_a_root(make, engine):
    """Datasets and their trees, pipelines and their runs after the pipeline has changed."""
    server = make(engine, *QUICK)
    file, script, later = server.upload(b"a file"), server.upload(b"print(1)"), server.upload(b"#")
    version = server.api("POST", "datasets/d/versions",
                         json={"entries": [{"path": "x/y", "digest": file}]})

    def define(code):
        server.api("PUT", "pipelines/p", json={
            "name": "p", "files": {"a.py": code}, "tasks": [{"name": "t", "script": "a.py"}]})

    define(script)
    started = server.call("POST", "/api/rondo/v1/pipelines/p/runs", json={})
    assert started.status_code == 200, started.text
    define(later)
    let_leases_end()
    for _ in range(3):
        server.collect()
    assert server.stored() == {file, script, later, version["digest"]}


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_what_was_deleted_long_ago_goes_for_good(make, engine):
    server = make(engine, *QUICK)
    experiment = mlflow(server, "experiments/create", name="e")["experiment_id"]

    def run_with(content):
        info = mlflow(server, "runs/create", experiment_id=experiment)["run"]["info"]
        mlflow(server, "runs/log-batch", run_id=info["run_id"],
               metrics=[{"key": "m", "value": i, "timestamp": 1, "step": i} for i in range(900)],
               params=[{"key": "p", "value": "1"}], tags=[{"key": "t", "value": "1"}])
        mlflow(server, "runs/log-batch", run_id=info["run_id"],
               metrics=[{"key": "n", "value": i, "timestamp": 1, "step": i} for i in range(900)])
        server.put(f"{experiment}/{info['run_id']}/artifacts/model/f", content)
        return info["run_id"]

    plain, restored, registered = run_with(b"plain"), run_with(b"restored"), run_with(b"model")
    mlflow(server, "registered-models/create", name="M")
    mlflow(server, "model-versions/create", name="M", run_id=registered,
           source=f"mlflow-artifacts:/{experiment}/{registered}/artifacts/model")
    for run in (plain, restored, registered):
        mlflow(server, "runs/delete", run_id=run)
    let_leases_end()
    for _ in range(2):
        server.collect()
    assert len(server.stored()) == 3  # all can be restored
    assert server.collect("--deleted-runs-older-than", "1h")["runs"] == 0
    mlflow(server, "runs/restore", run_id=restored)

    done = server.collect("--deleted-runs-older-than", "1ms")
    assert (done["runs"], done["spared"], done["experiments"]) == (1, 1, 0), done
    assert done["garbage"] == {"artifact": {"objects": 1, "bytes": 5}}
    server.collect()
    assert server.stored() == {digest(b"restored"), digest(b"model")}
    gone = server.call("GET", MLFLOW + "runs/get", params={"run_id": plain})
    assert gone.status_code == 404, gone.text
    assert mlflow(server, "runs/restore", run_id=registered) == {}
    history = server.call("GET", MLFLOW + "metrics/get-history",
                          params={"run_id": restored, "metric_key": "m"}).json()
    assert len(history["metrics"]) == 900

    mlflow(server, "model-versions/delete", verb="DELETE", name="M", version="1")
    for run in (restored, registered):
        mlflow(server, "runs/delete", run_id=run)
    mlflow(server, "experiments/delete", experiment_id=experiment)
    time.sleep(0.01)
    text = server.rondo("gc", "--deleted-runs-older-than", "1ms")
    assert "deleted for good: 2 runs, 0 logged models, 1 experiment;" in text, text
    server.collect()
    assert server.stored() == set()
    assert mlflow(server, "experiments/create", name="e")["experiment_id"] != experiment


def test_a_tree_that_is_lost_stops_the_round(make):
    """What it stands for cannot be known, so nothing goes until it is back."""
    server = make("sqlite", *QUICK)
    file, lost = server.upload(b"a file"), server.upload(b"garbage")
    tree = server.api("POST", "datasets/d/versions",
                      json={"entries": [{"path": "x", "digest": file}]})["digest"]
    let_leases_end()
    path = server.data / "blobs/objects" / tree[:2] / tree
    content = path.read_bytes()
    path.write_bytes(content[:70] + b"9" + content[71:])
    said = server.call("POST", "/api/rondo/v1/collection", json={})
    assert said.status_code == 200
    state = wait_for(lambda: (lambda s: s["problem"] and s)(server.api("GET", "collection")))
    assert tree in state["problem"] or "damaged" in state["problem"], state
    assert server.stored() == {file, lost, tree} and state["current"]["garbage"] == {}
    findings = json.loads(server.rondo("doctor", "--json", "--data", server.data, code=10))
    named = {f["name"]: f for f in findings["findings"]}
    assert named["collection"]["severity"] == "problem" and named["collection"]["remedy"], named
    again = server.call("POST", "/api/rondo/v1/collection", json={})
    assert again.status_code == 409 and "damaged" in again.text, again.text
    path.write_bytes(content)
    wait_for(lambda: server.api("GET", "collection")["served"] == 1)
    assert server.api("GET", "collection")["last"]["garbage"]["upload"]["objects"] == 1
    server.collect()
    assert server.stored() == {file, tree}


def test_doctor_and_rounds_by_themselves(make):
    server = make("sqlite", "--keep", "period=300ms,grace=0,lease=1s")
    server.upload(b"garbage")
    wait_for(lambda: server.stored() == set())
    findings = json.loads(server.rondo("doctor", "--json", "--data", server.data, code=0))
    named = {f["name"]: f for f in findings["findings"]}
    assert named["collection"]["severity"] == "ok", named["collection"]


def test_old_news_goes_and_the_timeline_stays(make):
    server = make("sqlite")
    file = server.upload(b"x")
    server.api("POST", "datasets/d/versions", json={"entries": [{"path": "x", "digest": file}]})
    server.api("POST", "datasets/d/versions", json={"entries": [{"path": "y", "digest": file}]})
    server.api("POST", "datasets/d/versions", json={"entries": [{"path": "z", "digest": file}]})
    server.api("POST", "webhooks", json={"name": "later", "url": "https://hooks.example/",
                                         "events": ["rollout.*"]})
    server.api("PATCH", "webhooks/later", json={"state": "disabled"})
    server.stop()
    with sqlite3.connect(server.data / "rondo.db") as db:
        first, second, third = [row[0] for row in db.execute(
            "SELECT id FROM events WHERE subject = 'dataset/d' ORDER BY id")]
        db.execute("INSERT INTO events (workspace_id, recorded_at, happened_at, kind, subject, "
                   "cause, data) VALUES (1, 1, 1, 'endpoint.created', 'endpoint/e', ?, '{}')",
                   (first,))
        # Not delivered yet: the message is made of the event.
        db.execute("INSERT INTO webhook_deliveries (webhook_id, event_id, message_id, kind, subject, "
                   "state, attempts, next_at, attempted_at, problem, answer, created_at) "
                   "SELECT id, ?, 'm', 'k', 's', 'pending', 0, 0, 0, '', '', 1 FROM webhooks", (third,))
        db.execute("UPDATE job_progress SET rounds = 0, place = '' WHERE name = 'retention'")
    db.close()
    server.command += ["--keep", "events=1ms"]
    server.start()

    def subjects():
        with sqlite3.connect(server.data / "rondo.db") as reader:
            return reader.execute("SELECT id, subject FROM events WHERE subject LIKE 'dataset/%' "
                                  "OR subject LIKE 'endpoint/%' ORDER BY id").fetchall()

    wait_for(lambda: second not in [number for number, _ in subjects()])
    assert [s for _, s in subjects()] == ["dataset/d", "dataset/d", "endpoint/e"]
    assert [number for number, _ in subjects()][:2] == [first, third]


@pytest.mark.parametrize("flag, says", [("grace", "there are period, grace"),
                                        ("age=3d", "knows no 'age=3d'"),
                                        ("lease=0", "has to be 1s at least"),
                                        ("grace=tomorrow", "tomorrow")])
def test_bad_settings(tmp_path, flag, says):
    import subprocess
    done = subprocess.run([BINARY, "server", "--data", tmp_path / "d", "--port", "0", "--keep", flag],
                          capture_output=True, text=True, timeout=30)
    assert done.returncode != 0 and says in done.stderr, done.stderr
