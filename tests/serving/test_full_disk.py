"""A full disk: writers get 507, reads and predictions go on, and nobody has to restart anything
when there is space again. The data folder is a small disk."""

import os
import time

import pytest
from serving import serve_tiny, wait_for
from small_disks import SmallDisks
from tiny_model import Mlflow

BYTES = 24 << 20
RESUME_SECONDS = 5
MEGABYTE = os.urandom(1 << 20)


@pytest.fixture
def disk(tmp_path):
    small = SmallDisks(tmp_path, BYTES)
    yield small
    small.stop()


def writers(http, run, root):
    """What writes, by name: log-batch, artifacts, datasets' bytes."""
    def log_batch():
        now = time.time_ns() // 1_000_000
        return http.send("POST", "/api/2.0/mlflow/runs/log-batch", {"run_id": run, "metrics": [
            {"key": f"m{i}", "value": i, "timestamp": now, "step": i} for i in range(1000)]})

    def artifact():
        return http.send("PUT", f"/api/2.0/mlflow-artifacts/artifacts/{root}/big.bin", raw=MEGABYTE,
                         content_type="application/octet-stream")

    def blob():
        return http.send("POST", "/api/rondo/v1/blobs", raw=MEGABYTE[::-1],
                         content_type="application/octet-stream")

    return {"log-batch": log_batch, "artifact": artifact, "blob": blob}


def readers(run, root):
    return [f"/api/2.0/mlflow/runs/get?run_id={run}", "/api/rondo/v1/endpoints/small",
            f"/api/2.0/mlflow-artifacts/artifacts/{root}/note.txt", "/readyz", "/api/rondo/v1/runs",
            "/api/rondo/v1/endpoints/small/timeline", "/v2/models/small"]


def until_refused(write):
    """What is small still finds room in space that files hold already; then it is full."""
    for _ in range(200):
        answer = write()
        if answer.status != 200:
            return answer
    raise AssertionError("the disk is never full")


def predict(http, count):
    """Requests of five rows; each is answered."""
    for _ in range(count):
        answer = http.predict("small", {"instances": [[0, 0], [1, 0], [1, 1], [0, 1], [1, None]]})
        assert answer.status == 200, answer
        assert answer.json["predictions"] == pytest.approx([0.25, 0.75, 0.75, 0.25, 0.75])


def test_a_full_disk_and_space_again(disk):
    http, mlflow = disk.http, Mlflow(disk.server.url)
    # No prediction before the disk is full: the first one needs no space either.
    serve_tiny(http, mlflow, "small")
    serve_tiny(http, mlflow, "timed", clock="event")
    info = mlflow.post("runs/create", {"experiment_id": "0", "start_time": 1})["run"]["info"]
    run, root = info["run_id"], info["artifact_uri"].split(":", 1)[1].lstrip("/")
    http.call("PUT", f"/api/2.0/mlflow-artifacts/artifacts/{root}/note.txt", raw=b"a note")
    writes = writers(http, run, root)

    disk.fill()
    for name in ("artifact", "blob", "log-batch"):
        answer = until_refused(writes[name])
        assert answer.status == 507 and answer.headers["retry-after"] == "1", (name, answer)
        assert "free some space, writing resumes by itself" in answer.message, answer
    assert list((disk.data / "blobs/tmp").iterdir()) == []
    disk.fill()  # what was refused has left some space
    predict(http, 100)
    wait_for(lambda: "the prediction log waits" in disk.server.log.read_text())
    for path in readers(run, root):
        assert http.get(path).status == 200, path
    assert http.call("POST", "/api/rondo/v1/endpoints/timed/watermark",
                     {"event_time": "2024-04-01T00:00:00Z"})["reached"] is False
    assert http.status("small")["champion"]["answered"] == 500

    disk.empty()
    begun = time.monotonic()
    for name, write in writes.items():
        wait_for(lambda: write().status == 200, RESUME_SECONDS)
    wait_for(lambda: http.status("small")["champion"]["logged"] == 500, RESUME_SECONDS)
    settled = http.call("POST", "/api/rondo/v1/endpoints/timed/watermark",
                        {"event_time": "2024-04-01T00:00:00Z", "wait": True})
    assert settled["reached"] is True
    assert time.monotonic() - begun < RESUME_SECONDS
    predict(http, 1)
    wait_for(lambda: http.status("small")["champion"] == {"answered": 505, "logged": 505, "lost": 0})
    log = disk.server.log.read_text()
    assert log.count("the prediction log waits") == 1, "said once, not with every try"
    assert log.count("the prediction log is written again") == 1


def test_an_endpoint_made_on_a_full_disk_leaves_nothing(disk):
    http = disk.http
    disk.fill()
    made = until_refused(lambda: http.send("PUT", "/api/rondo/v1/endpoints/late", {
        "name": "late", "model": "models:/m@champion"}))
    assert made.status == 507, made
    names = [e["spec"]["name"] for e in http.call("GET", "/api/rondo/v1/endpoints")["endpoints"]]
    disk.empty()
    assert names in ([], ["late"])  # whole, when the database still had room
    wait_for(lambda: http.send("PUT", "/api/rondo/v1/endpoints/late", {
        "name": "late", "model": "models:/m@champion"}).status == 200, RESUME_SECONDS)
