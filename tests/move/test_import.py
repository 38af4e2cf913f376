"""`rondo import mlflow`: what MLflow's client reads from Rondo afterwards is what it reads from the
store that was imported."""

import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import time

import pytest
import rich
from conftest import BINARY, bring, rondo, rows_of
from mlflow.entities import Metric

KINDS = ("experiments", "runs", "metric_points", "logged_models", "registered_models",
         "model_versions", "artifact_files")


def sums(report):
    return {kind: tuple(report[kind][of] for of in ("new", "changed", "as_before")) for kind in KINDS}


@pytest.fixture(scope="module")
def stores(tmp_path_factory, mlflow_tables):
    """A rich store of a kind: stores("sqlite") is (source, client, what the client reads). Made once."""
    made = {}

    def of(kind, url=None):
        if kind not in made:
            folder = tmp_path_factory.mktemp(kind)
            source = url or {"sqlite": f"sqlite:///{folder}/mlflow.db", "folder": f"{folder}/mlruns"}[kind]
            if kind == "sqlite":
                shutil.copy(mlflow_tables, folder / "mlflow.db")
            client = rich.client_of(source)
            with pytest.MonkeyPatch.context() as patch:
                patch.chdir(folder)  # where the default experiment's artifacts go
                rich.write(client, folder / "artifacts", folder)
                made[kind] = source, client, rich.whole(client)
        return made[kind]

    return of


def check_same(expected, client, found):
    differences = rich.differences(rich.moved(expected, client), found)
    assert not differences, "\n".join(differences[:40])


@pytest.mark.parametrize("kind", ["sqlite", "folder"])
def test_all_of_a_store_reads_the_same(stores, kind, tmp_path, start):
    source, client, expected = stores(kind)
    report = bring(source, tmp_path / "data")
    assert sums(report) == {"experiments": (4, 0, 0), "runs": (21, 0, 0), "metric_points": (210, 0, 0),
                            "logged_models": (3, 0, 0), "registered_models": (3, 0, 0),
                            "model_versions": (5, 0, 0), "artifact_files": (9, 0, 0)}
    left = {each["what"]: each["count"] for each in report["left"]}
    assert left["locations of artifacts in s3://bucket"] == 5
    # Content is kept once: two of the four files are the same.
    assert len(list((tmp_path / "data/blobs/objects").rglob("?" * 64))) == 3
    ours = rich.client_of(start(tmp_path).url)
    if kind == "folder":
        expected = rich.as_in_a_database(expected)
    check_same(expected, client, rich.whole(ours))
    rich.check_files(ours, expected)
    # What comes next takes ids and numbers that nothing had.
    assert int(ours.create_experiment("next")) > max(map(int, expected["experiments"]))
    assert ours.create_model_version("churn", "s3://bucket/m").version == "5"


def test_from_postgres_to_postgres(stores, postgres, tmp_path, start):
    source, client, expected = stores(
        "postgresql", postgres.new_database("mlflow").replace("postgresql:", "postgresql+psycopg2:"))
    database = postgres.new_database("rondo_moved")
    first = bring(source, tmp_path / "data", "--database", database)
    again = bring(source.replace("+psycopg2", ""), tmp_path / "data", "--database", database)
    for kind, (new, changed, same) in sums(again).items():
        assert (new, changed, same) == (0, 0, first[kind]["new"]), kind
    ours = rich.client_of(start(tmp_path, database).url)
    check_same(expected, client, rich.whole(ours))
    assert int(ours.create_experiment("next")) > max(map(int, expected["experiments"]))


@pytest.mark.parametrize("kind", ["sqlite", "folder"])
def test_again_brings_the_difference_only(stores, kind, tmp_path, monkeypatch, start):
    monkeypatch.chdir(tmp_path)
    data = tmp_path / "data"
    source = shutil.copytree(pathlib.Path(stores(kind)[0].removeprefix("sqlite:///")).parent,
                             tmp_path / "copy")
    source = f"sqlite:///{source}/mlflow.db" if kind == "sqlite" else f"{source}/mlruns"
    bring(source, data)
    before = rows_of(data)
    again = bring(source, data)
    assert all(new == changed == 0 for new, changed, _ in sums(again).values())
    assert rows_of(data) == before and again["bytes"] == 0

    client = rich.client_of(source)
    runs = client.search_runs(["0"], max_results=100)
    first = next(r.info.run_id for r in runs if r.info.run_name == "the first")
    running = next(r.info.run_id for r in runs if r.info.run_name == "still running")
    client.log_batch(first, metrics=[Metric("loss", 0.125, 1_700_000_000_100, 40),
                                     Metric("new", 1.0, 1, 1)])
    client.set_tag(first, "note", "another")
    client.log_param(first, "late", "1")
    client.set_terminated(running, "FINISHED")
    client.delete_run(running)
    made = client.create_run("0", run_name="made later").info.run_id
    client.log_metric(made, "m", 1.0)
    client.set_registered_model_alias("churn", "champion", "3")
    client.delete_model_version("churn", "1")
    client.create_registered_model("another")
    client.set_experiment_tag("0", "seen", "yes")

    looked = bring(source, data, "--dry-run")
    assert rows_of(data) == before
    report = bring(source, data)
    assert sums(report) == sums(looked) and looked["dry_run"] and not report["dry_run"]
    assert sums(report) == {
        "experiments": (0, 1, 3), "runs": (1, 2, 19), "metric_points": (3, 0, 210),
        "logged_models": (0, 0, 3), "registered_models": (1, 1, 2), "model_versions": (0, 1, 4),
        "artifact_files": (0, 0, 9)}
    expected = rich.whole(client)
    found = rich.whole(rich.client_of(start(tmp_path).url))
    assert found["runs"][first]["data"]["metrics"]["loss"] == 0.125
    # The copy's artifacts lie where the first store's do.
    if kind == "folder":
        expected = rich.as_in_a_database(expected)
    check_same(expected, client, found)


def test_a_dry_run_makes_nothing(stores, tmp_path):
    data = tmp_path / "data"
    source = stores("sqlite")[0]
    file = pathlib.Path(source.removeprefix("sqlite:///"))
    content, beside = file.read_bytes(), sorted(file.parent.iterdir())
    looked = bring(source, data, "--dry-run")
    assert not data.exists() and file.read_bytes() == content and sorted(file.parent.iterdir()) == beside
    assert sums(looked) == sums(bring(source, data))
    assert file.read_bytes() == content and sorted(file.parent.iterdir()) == beside
    # A person reads a table, and what was not moved.
    text = rondo("import", "mlflow", source, "--data", data, "--dry-run").stdout
    assert "nothing was written" in text and "experiments\t0\t0\t4" in text and "s3://bucket" in text


def test_a_write_ahead_log_is_read_and_left(source, tmp_path):
    """A source in WAL mode, merged or not, reads the same, and nothing is made beside it."""
    path = tmp_path / "mlflow.db"
    client = rich.client_of(source)
    client.create_experiment("one", artifact_location="s3://b/1")
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA journal_mode=WAL")
    db.close()
    assert bring(path, tmp_path / "a")["experiments"]["new"] == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "mlflow.db"]
    db = sqlite3.connect(path)
    db.execute("PRAGMA wal_autocheckpoint=0")
    db.execute("UPDATE experiments SET name = 'two' WHERE name = 'one'")
    db.commit()
    assert bring(path, tmp_path / "a")["experiments"] == {"new": 0, "changed": 1, "as_before": 1}
    db.close()


def test_a_kill_in_the_middle(source, tmp_path):
    """Killed at any moment and begun again, it ends as one that was never cut."""
    fill(source, runs=300, points=200)
    bring(source, tmp_path / "whole")
    expected = [line for line in rows_of(tmp_path / "whole") if "servers" not in line]
    kills = 0
    for wait in (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6):
        child = subprocess.Popen([BINARY, "import", "mlflow", source, "--data", tmp_path / "cut"],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(wait)
        if child.poll() is None:
            child.send_signal(signal.SIGKILL)
            kills += 1
        child.wait()
    bring(source, tmp_path / "cut")
    assert kills > 2

    def sorted_rows(lines):
        return sorted(line for line in lines if line.startswith("INSERT") and "schema_migrations" not in line)

    assert sorted_rows(rows_of(tmp_path / "cut")) == sorted_rows(expected)


def fill(source, runs, points):
    """Many points in a database of MLflow's, written past the client, which would take hours."""
    rich.client_of(source).create_experiment("big", artifact_location="s3://b/big")
    with sqlite3.connect(source.removeprefix("sqlite:///")) as db:
        db.executemany(
            "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, "
            "start_time, end_time, source_version, lifecycle_stage, artifact_uri, experiment_id) VALUES "
            "(?, ?, 'UNKNOWN', '', '', 'u', 'FINISHED', ?, ?, '', 'active', ?, 1)",
            [(f"{i:032x}", f"run {i}", i, i + 1, f"s3://b/big/{i}") for i in range(runs)])
        for i in range(runs):
            db.executemany(
                "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES (?, ?, ?, ?, ?, 0)",
                [(f"m{j % 4}", j * 0.5, 1_700_000_000_000 + j, f"{i:032x}", j) for j in range(points)])
            db.executemany(
                "INSERT INTO latest_metrics (key, value, timestamp, run_uuid, step, is_nan) "
                "VALUES (?, ?, ?, ?, ?, 0)",
                [(f"m{j % 4}", j * 0.5, 1_700_000_000_000 + j, f"{i:032x}", j)
                 for j in range(points - 4, points)])
    db.close()


def test_the_rate(source, tmp_path, capsys):
    """How fast points come in, and are compared; said, and bound only against a collapse. RONDO_MOVE_RUNS
    says of how many runs, with 1,000 points each."""
    runs = int(os.environ.get("RONDO_MOVE_RUNS", "100"))
    fill(source, runs=runs, points=1000)
    begun = time.monotonic()
    report = bring(source, tmp_path / "data")
    seconds = time.monotonic() - begun
    assert report["metric_points"]["new"] == runs * 1000 and report["runs"]["new"] == runs
    begun = time.monotonic()
    assert bring(source, tmp_path / "data")["metric_points"]["as_before"] == runs * 1000
    again = time.monotonic() - begun
    with capsys.disabled():
        print(f"\nproof: {runs:,} runs with 1,000 points each in {seconds:.1f} s "
              f"({runs * 1000 / seconds:,.0f} points a second), compared again in {again:.1f} s")
    assert seconds < 60
