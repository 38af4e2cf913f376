"""Backup and restore: promise 4, and T48 and T51 where they touch it."""

import copy
import hashlib
import json
import random
import re
import signal
import subprocess
import threading
import time

import pytest
from conftest import (BINARY, SAYS_NO, blobs_of, bytes_below, digests_named, kept_files, place, rondo,
                      rondo_json, rows_of)
from loop_server import LoopServer, story
from rondo_server import POSTGRES, ROOT
from points import points_of
from serving import Http, serve_tiny, wait_for
from small_loop import DAY, ENDPOINT, NAME, TURN, SmallLoop, iso
from tiny_model import FEATURES, Mlflow

ENGINES = ["sqlite", "postgres"]


def loop_on(server, begun=None):
    loop = SmallLoop(server.url, (server.data / "token").read_text().strip())
    if begun:  # goes on from there, with the same luck
        loop.random, loop.now = copy.deepcopy(begun.random), begun.now
    return loop


def play_half(server):
    """The loop up to the middle of its story: routes, sealed days, unsealed rows, decisions."""
    loop = loop_on(server)
    loop.define()
    loop.rondo.call("POST", ENDPOINT + "/retrain", {})
    loop.rondo.watermark(NAME, iso(loop.now))
    wait_for(lambda: loop.status().get("route"))
    while loop.now < TURN + 3 * DAY:
        loop.play_day()
    return loop


def play_on(loop, days):
    for _ in range(days):
        loop.play_day()


@pytest.mark.parametrize("source, target", [("sqlite", "sqlite"), ("sqlite", "postgres"),
                                            ("postgres", "sqlite"), ("postgres", "postgres")])
def test_a_restored_server_lives_on_as_the_first_one_does(start, database, tmp_path, source, target):
    """Rows and bytes are the same, on either engine, and so is what both decide afterwards."""
    first = start(tmp_path / "first", database(source))
    loop = play_half(first)
    report = rondo_json("backup", tmp_path / "backups", *place(first.data, first.database))
    assert report["missing"] == [] and report["rows"] > 500 and report["blobs"] > 10
    rows, files, blobs = (rows_of(first.data, first.database), kept_files(first.data),
                          blobs_of(first.data))

    restored, url = tmp_path / "restored", database(target)
    rondo("restore", tmp_path / "backups", *place(restored, url))
    # Pieces of days that are sealed by now are nobody's any more, and stay behind.
    named = digests_named(rows)
    blobs = {digest: content for digest, content in blobs.items()
             if digest in named or not content.startswith(b"RONDOPL1")}
    again = rows_of(restored, url)
    assert again.keys() == rows.keys()
    for table in rows:
        assert again[table] == rows[table], table
    assert kept_files(restored) == files
    assert blobs_of(restored) == blobs
    for secret in ("token", "keys/assignment", "keys/prediction"):
        assert (restored / secret).stat().st_mode & 0o777 == 0o600
    assert restored.stat().st_mode & 0o777 == 0o700

    second = start.on(restored, url)
    other = loop_on(second, loop)
    play_on(loop, 12)
    play_on(other, 12)
    told = story(first, NAME)
    assert any(line["kind"] == "breach" or "retrain" in line["kind"] for line in told), told[-5:]
    assert story(second, NAME) == told
    # Ids go on where they were: none is given twice.
    ids = [Mlflow(server.url).post("experiments/create", {"name": "next"})["experiment_id"]
           for server in (first, second)]
    assert ids[0] == ids[1]


class Load:
    """Writers that keep what was acknowledged, with the moment."""

    def __init__(self, server):
        self.server, self.over = server, threading.Event()
        self.acknowledged, self.failures = [], []
        self.threads = [threading.Thread(target=self.work, args=(each,), daemon=True)
                        for each in (self.log, self.upload, self.predict)]
        for thread in self.threads:
            thread.start()

    def work(self, each):
        try:
            mlflow = Mlflow(self.server.url)
            run = mlflow.post("runs/create", {"experiment_id": "0", "run_name": each.__name__,
                                              "start_time": 1})["run"]["info"]
            for i in range(1_000_000):
                if self.over.is_set():
                    return
                each(mlflow, run, i)
                self.acknowledged.append((time.monotonic(), each.__name__, run["run_id"], i))
        except BaseException as error:
            self.failures.append(error)

    def log(self, mlflow, run, i):
        mlflow.post("runs/log-batch", {"run_id": run["run_id"], "metrics": [
            {"key": f"m{k}", "value": i + k / 8, "timestamp": i, "step": i} for k in range(8)],
            "params": [{"key": f"p{i}", "value": str(i)}], "tags": [{"key": "last", "value": str(i)}]})

    def upload(self, mlflow, run, i):
        mlflow.upload(run["artifact_uri"], {f"{i}.bin": content(i)})

    def predict(self, mlflow, run, i):
        http = Http(self.server.url)
        answer = http.predict("load", {"dataframe_split": {"columns": FEATURES, "data": [[i % 2, 1]]}},
                              x_rondo_unit_id=f"u{i}")
        assert answer.status == 200, answer
        http.connection.close()

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join()
        assert not self.failures, self.failures


def content(i):
    return hashlib.sha256(str(i).encode()).digest() * (1 + i % 1000)


@pytest.mark.parametrize("engine", ENGINES)
def test_under_load_and_kills(start, database, tmp_path, engine):
    server = start(tmp_path / "first", database(engine))
    where, target = place(server.data, server.database), tmp_path / "backups"
    serve_tiny(Http(server.url, (server.data / "token").read_text().strip()), Mlflow(server.url),
               "load")
    load = Load(server)
    wait_for(lambda: len(load.acknowledged) > 200)

    luck = random.Random(7)
    for _ in range(4):  # cut short at any moment; what it copied is not copied again
        cut = subprocess.Popen([BINARY, "backup", target, *where], stderr=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL)
        time.sleep(luck.uniform(0.005, 0.08))
        cut.send_signal(signal.SIGKILL)
        cut.wait()
    wholes = set(p.parent.name for p in target.glob("snapshots/*/manifest.json"))

    begun = time.monotonic()
    report = rondo_json("backup", target, *where)
    ended = time.monotonic()
    load.end()
    assert sum(begun < moment < ended for moment, *_ in load.acknowledged) > 0, "there was no load"
    assert report["missing"] == [] and report["snapshot"] not in wholes
    assert not list(target.glob("snapshots/*.part"))
    rondo("backup", target, "--verify")

    restored, url = tmp_path / "restored", database(engine)
    rondo("restore", target, *place(restored, url))
    rows, live = rows_of(restored, url), rows_of(server.data, server.database)
    # Rows that are never changed are in the first database exactly as they are here.
    for table in ("metric_keys", "run_params", "artifact_files", "blob_grants",
                  "logged_models", "model_versions", "events", "routes", "experiments"):
        assert set(rows[table]) <= set(live[table]), table
    parsed = {table: [json.loads(row) for row in rows[table]] for table in rows}
    points = points_of(parsed)
    assert points <= points_of({table: [json.loads(row) for row in live[table]]
                                for table in ("metric_tail", "metric_chunks")})
    ids = {row["run_id"]: row["id"] for row in parsed["runs"]}

    # Every batch whole or not at all, nothing missing that was acknowledged before it began.
    log_run = next(run for _, kind, run, _ in load.acknowledged if kind == "log")
    steps = {}
    for run, key_id, _, step, value in points:
        if run == ids[log_run]:
            steps.setdefault(step, set()).add((key_id, value))
    params = {int(row["value"]) for row in parsed["run_params"] if row["key"][1:].isdigit()}
    assert params == set(range(len(params))) == set(steps)
    assert all(len(together) == 8 for together in steps.values())
    files = {row["path"].rsplit("/", 1)[1]: row["digest"] for row in parsed["artifact_files"]}
    blobs = blobs_of(restored)
    for moment, kind, _, i in load.acknowledged:
        if moment < begun and kind == "log":
            assert i in steps
        if moment < begun and kind == "upload":
            assert f"{i}.bin" in files
    for name, digest in files.items():
        if name.endswith(".bin"):
            assert blobs[digest] == content(int(name[:-4]))
    # The prediction logs are a beginning of the first server's.
    logs = {name: text for name, text in kept_files(restored).items() if name.endswith(".log")}
    assert logs
    for name, text in logs.items():
        assert (server.data / name).read_bytes().startswith(text)
    logged = sum(text.count(b"<img src=x") == 1 for text in logs.values())
    assert logged == len(logs)

    second = start.on(restored, url)
    loop = play_half(second)
    assert loop.status()["route"]["champion"] == 1
    lost = second.client().call("GET", "/api/rondo/v1/endpoints/load")["champion"]["lost"]
    answered = sum(kind == "predict" for _, kind, *_ in load.acknowledged)
    assert 0 <= lost <= answered


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A stopped server's data folder with a little of everything, and a backup of it by copies."""
    folder = tmp_path_factory.mktemp("small")
    server = LoopServer(folder)
    mlflow = Mlflow(server.url)
    serve_tiny(Http(server.url, (server.data / "token").read_text().strip()), mlflow, "small")
    for i in range(3):
        http = Http(server.url)
        assert http.predict("small", {"dataframe_split": {"columns": FEATURES, "data": [[i, 1]]}},
                            x_rondo_unit_id="u").status == 200
    server.stop()
    rondo("backup", folder / "backups", "--data", server.data, "--copy")
    return server.data, folder / "backups"


def copy_of(small, tmp_path):
    subprocess.run(["cp", "-r", small[1], tmp_path / "copy"], check=True)
    return tmp_path / "copy"


@pytest.mark.parametrize("victim", ["tables/runs.jsonl", "tables/artifact_files.jsonl",
                                    "folder/predictions/1/*.log", "folder/keys/assignment",
                                    "folder/token", "blobs.txt", "manifest.json", "BLOB"])
def test_a_flipped_bit_is_named_and_refused(small, tmp_path, victim):
    target = copy_of(small, tmp_path)
    pattern = "blobs/*/*" if victim == "BLOB" else f"snapshots/*/{victim}"
    path = sorted(target.glob(pattern))[0]
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 4
    path.write_bytes(damaged)
    code = 1 if victim == "manifest.json" else SAYS_NO
    done = rondo("backup", target, "--verify", code=code)
    assert str(path) in done.stdout + done.stderr
    done = rondo("restore", target, "--data", tmp_path / "new", code=1)
    assert str(path) in done.stderr and "damaged" in done.stderr
    assert not (tmp_path / "new").exists() and not (tmp_path / "new.restoring").exists()


def test_a_missing_file_is_named_and_refused(small, tmp_path):
    target = copy_of(small, tmp_path)
    path = sorted(target.glob("blobs/*/*"))[0]
    path.unlink()
    assert str(path) in rondo("backup", target, "--verify", code=SAYS_NO).stdout
    assert str(path) in rondo("restore", target, "--data", tmp_path / "new", code=3).stderr
    assert not (tmp_path / "new").exists()


def test_a_backup_builds_on_the_last_one(small, tmp_path):
    data, _ = small
    target = tmp_path / "backups"
    first = rondo_json("backup", target, "--data", data)
    again = rondo_json("backup", target, "--data", data)
    assert first["blobs_new"] == first["blobs"] > 0 and again["blobs_new"] == 0
    assert [s["snapshot"] for s in rondo_json("backup", target, "--list")["snapshots"]] == [
        first["snapshot"], again["snapshot"]]
    for path in target.glob("blobs/*/*"):  # linked, not copied
        assert path.stat().st_ino == next(data.glob(f"blobs/objects/*/{path.name}")).stat().st_ino
    # Restored files are copies: the backup stays whole whatever happens to them.
    rondo("restore", target, "--data", tmp_path / "new", "--snapshot", first["snapshot"])
    for path in target.glob("blobs/*/*"):
        assert path.stat().st_ino != next(
            tmp_path.glob(f"new/blobs/objects/*/{path.name}")).stat().st_ino


def test_what_is_refused(small, tmp_path, database):
    data, target = small
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").write_text("mine")
    refused = [
        (["restore", target, "--data", tmp_path / "full"], 5, "not empty"),
        (["backup", tmp_path / "full", "--data", data], 5, "neither empty nor"),
        (["restore", tmp_path / "full", "--data", tmp_path / "x"], 3, "no backups"),
        (["restore", target, "--data", tmp_path / "x", "--snapshot", "none"], 3, "'none'"),
        (["backup", tmp_path / "b", "--data", tmp_path / "none"], 3, "no data folder"),
        (["backup", tmp_path / "b", "--data", data, "--database", "postgresql://127.0.0.1:1/x"], 6,
         "cannot reach PostgreSQL"),
        (["restore", target, "--data", tmp_path / "x", "--database", "mysql://x"], 1, "postgresql://"),
    ]
    for arguments, code, words in refused:
        done = rondo(*arguments, code=code)
        assert words in done.stderr and done.stderr.count("\n") == 1, done.stderr
    assert bytes_below(tmp_path / "full") == {"file": b"mine"}
    assert not (tmp_path / "x").exists()
    # A database with anybody's rows.
    url = database("postgres")
    rondo("restore", target, *place(tmp_path / "one", url))
    psql(url, "INSERT INTO workspaces (name, created_at) VALUES ('other', 1)")
    done = rondo("restore", target, *place(tmp_path / "two", url), code=5)
    assert "not empty" in done.stderr and not (tmp_path / "two").exists()


def psql(url, sql):
    subprocess.run([POSTGRES / "psql", "-Xq", "-d", url, "-c", sql], check=True, capture_output=True)


def test_a_cut_restore_is_done_again(small, tmp_path, database):
    """Killed at any moment, and run again, it ends as if it had never been cut."""
    data, target = small
    luck = random.Random(3)
    for engine in ("sqlite", "postgres"):
        url, new = database(engine), tmp_path / engine
        for _ in range(6):
            cut = subprocess.Popen([BINARY, "restore", target, *place(new, url)],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(luck.uniform(0.005, 0.15))
            cut.send_signal(signal.SIGKILL)
            if cut.wait() == 0 or new.exists():
                break
        if not new.exists():
            rondo("restore", target, *place(new, url))
        assert rows_of(new, url) == rows_of(data)
        assert blobs_of(new) == blobs_of(data) and kept_files(new) == kept_files(data)
        assert not new.with_name(new.name + ".restoring").exists()


def test_a_restore_cut_before_its_rows_is_done_again(small, tmp_path, postgres):
    """The tables are there, with the rows that the schema itself puts into some, and no others."""
    data, target = small
    url = postgres.new_database("cut_early")
    rondo("restore", target, *place(tmp_path / "first", url))
    with_rows = {re.match(r"INSERT INTO (\w+)", line)[1]
                 for path in (ROOT / "src/domain/schema").glob("*.sql")
                 for line in path.read_text().splitlines() if line.startswith("INSERT INTO")}
    others = [table for table in rows_of(data) if table not in with_rows | {"schema_migrations"}]
    postgres.sql("cut_early", f"TRUNCATE {', '.join(others)}")
    rondo("restore", target, *place(tmp_path / "again", url))
    assert rows_of(tmp_path / "again", url) == rows_of(data)


def test_damage_in_the_store_does_not_stop_a_backup(small, tmp_path):
    """What can be saved is saved; what was lost before is named, with what refers to it."""
    data = tmp_path / "data"
    subprocess.run(["cp", "-r", small[0], data], check=True)
    first, second = sorted(data.glob("blobs/objects/*/*"))[:2]
    first.unlink()
    second.write_bytes(b"x" + second.read_bytes()[1:])
    report = rondo_json("backup", tmp_path / "backups", "--data", data, code=SAYS_NO)
    assert {m["digest"]: m["how"] for m in report["missing"]} == {
        first.name: "missing", second.name: "damaged"}
    assert "artifact '0/" in next(m["what"] for m in report["missing"] if m["how"] == "missing")
    rondo("restore", tmp_path / "backups", "--data", tmp_path / "new", code=SAYS_NO)
    assert len(blobs_of(tmp_path / "new")) == len(blobs_of(small[0])) - 2


SLEEP = """import os, pathlib, time
time.sleep(1)
pathlib.Path(os.environ["RONDO_OUTPUTS"]).write_text("{}")
"""


def test_a_task_that_ran_at_the_moment_is_run_again(start, tmp_path):
    """Its process and its folder are not in the backup: the restored server makes another attempt."""
    first = start(tmp_path / "first")
    client = first.client()
    digest = client.upload(SLEEP.encode())
    client.call("PUT", "/api/rondo/v1/pipelines/p", content_type="application/yaml", raw=(
        "name: p\ntasks: [{name: t, script: s.py}]\nfiles:\n  s.py: " + digest + "\n").encode())
    number = client.call("POST", "/api/rondo/v1/pipelines/p/runs", {})["id"]

    def task(server):
        return server.client().call("GET", f"/api/rondo/v1/runs/{number}")["tasks"][0]
    wait_for(lambda: task(first)["state"] == "running")
    rondo("backup", tmp_path / "backups", *place(first.data))
    rondo("restore", tmp_path / "backups", *place(tmp_path / "new"))
    second = start.on(tmp_path / "new")
    wait_for(lambda: task(second)["state"] == "succeeded")
    assert task(second)["attempt"] == 2
    wait_for(lambda: task(first)["state"] == "succeeded")
    assert task(first)["attempt"] == 1
