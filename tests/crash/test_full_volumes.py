"""T50: the database, the stored bytes, the prediction logs and the work folder each on a small disk of
its own, filled one after the other: writers to it get 507, the rest goes on, and so does everything when
there is space again. (tests/serving/test_full_disk.py fills one disk under all of them.)"""

import time

import pytest
from conftest import SEED
from ledger import Artifact, LogBatch, NewExperiment, NewRun, Push
from serving import serve_tiny, wait_for
from small_disks import SmallDisks
from tiny_model import Mlflow

BYTES = 16 << 20
WAITS = "the prediction log waits"
RESUME_SECONDS = 5
VOLUMES = {"database": "", "blobs": "blobs", "predictions": "predictions", "work": "work"}
PIPELINE = """name: noop
environment: default
tasks: [{name: only, script: noop.py, time_limit: 1m}]
files:
  noop.py: """


@pytest.fixture
def disks(tmp_path):
    small = SmallDisks(tmp_path, BYTES, tuple(VOLUMES.values()))
    yield small
    small.stop()


def until_refused(http, make, tries=400):
    """New writes until one is refused; all of them."""
    made = []
    for number in range(tries):
        made.append(make(number))
        if not made[-1].send(http):
            return made
    raise AssertionError("the disk is never full")


def predict(http, number):
    answer = http.predict("live", {"instances": [[1, 1]]}, x_rondo_unit_id=f"u{number}")
    assert answer.status == 200, answer


def test_t50_each_volume_full(disks, chance):
    http, mlflow = disks.http, Mlflow(disks.server.url)
    serve_tiny(http, mlflow, "live")
    script = http.call("POST", "/api/rondo/v1/blobs", raw=b"print('done')",
                       content_type="application/octet-stream")["digest"]
    http.call("PUT", "/api/rondo/v1/pipelines/noop", raw=(PIPELINE + script).encode(),
              content_type="application/yaml")
    run = NewRun("r")
    assert run.send(http)
    writes, asked = [run], 0
    writers = {
        "database": {"log-batch": lambda n: LogBatch(run, f"k{n}", [float(i) for i in range(900)]),
                     "experiment": lambda n: NewExperiment(f"e{n}" + "x" * 400)},
        "blobs": {"artifact": lambda n: Artifact(run, f"a{n}", chance.randbytes(500_000)),
                  "push": lambda n: Push("d", f"m{n}", {"f": chance.randbytes(500_000)})},
        "predictions": {}, "work": {}}
    slowest = 0.0
    for volume, part in VOLUMES.items():
        before = asked
        disks.fill(part)
        for make in writers[volume].values():
            made = until_refused(http, lambda n, make=make: make(f"{volume}{n}"))
            writes += made
            answer = made[-1].answer
            assert answer.status == 507 and answer.headers["retry-after"] == "1", (volume, answer)
            assert "free some space, writing resumes by itself" in answer.message, answer
        disks.fill(part)
        for other, makes in writers.items():  # the other volumes take their writes
            for name, make in makes.items():
                if other != volume and volume != "database":
                    write = make(f"{volume}-{other}")
                    assert write.send(http), (volume, write.answer)
                    writes.append(write)
        until = time.monotonic() + 20  # the last page of the log still takes some
        while asked % 50 != 0 or asked == before or (
                volume == "predictions" and WAITS not in disks.server.log.read_text()):
            predict(http, asked)
            asked += 1
            assert time.monotonic() < until, "the prediction log is never full"
        for path in ("/readyz", f"/api/2.0/mlflow/runs/get?run_id={run.id}", "/api/rondo/v1/endpoints",
                     "/api/rondo/v1/runs"):
            assert http.get(path).status == 200, (volume, path)
        if volume == "work":
            failed = http.call("POST", "/api/rondo/v1/pipelines/noop/runs", {})["id"]
        assert list((disks.data / "blobs/tmp").iterdir()) == []

        disks.empty(part)
        begun = time.monotonic()
        for name, make in writers[volume].items():
            write = make(f"{volume}-after")
            writes.append(write)
            wait_for(lambda write=write: write.send(http), RESUME_SECONDS)
        wait_for(lambda: http.status("live")["champion"] ==
                 {"answered": asked, "logged": asked, "lost": 0}, RESUME_SECONDS)
        if volume == "work":
            def ended(number):
                return http.call("GET", f"/api/rondo/v1/runs/{number}")["state"]
            begun_run = http.call("POST", "/api/rondo/v1/pipelines/noop/runs", {})["id"]
            wait_for(lambda: ended(begun_run) in ("succeeded", "failed"))
            assert ended(begun_run) == "succeeded", http.call("GET", f"/api/rondo/v1/runs/{begun_run}")
            wait_for(lambda: ended(failed) in ("succeeded", "failed"))
        slowest = max(slowest, time.monotonic() - begun)
        for write in writes:
            write.check(http)
    print(f"proof: {len(VOLUMES)} volumes full one after the other, everything written again "
          f"{slowest:.1f} s after there was space, seed {SEED}")
