"""What `rondo import mlflow` and `rondo export mlflow` refuse: in words that name the thing and the way
out, with nothing written."""

import pathlib
import sqlite3

import pytest
import rich
from conftest import bring, rondo, rows_of, send


def refused(source, data, *words, code=1, more=()):
    """The import fails with these words, and leaves no database behind."""
    said = bring(source, data, *more, code=code)
    for word in words:
        assert word in said, said
    assert not (pathlib.Path(data) / "rondo.db").exists()


def test_what_is_no_store(tmp_path):
    data = tmp_path / "data"
    (tmp_path / "text.db").write_text("no database at all, but long enough to look at")
    (tmp_path / "empty").mkdir()
    sqlite3.connect(tmp_path / "other.db").execute("CREATE TABLE t (a)").connection.close()
    (tmp_path / "cut.db").write_bytes(b"SQLite format 3\0" + bytes(range(200)) * 3)
    refused(tmp_path / "text.db", data, "text.db' is no SQLite database")
    refused(tmp_path / "missing.db", data, "there is no database", "missing.db", code=3)
    refused(tmp_path / "empty", data, "is no folder of MLflow's", "name the folder mlruns itself")
    refused(tmp_path / "other.db", data, "no table alembic_version")
    refused(tmp_path / "cut.db", data, "cut.db")
    refused("http://localhost:5000", data, "is a server", "--backend-store-uri")
    refused("mysql://u@h/db", data, "is no place that can be read")
    refused("postgresql://nobody@127.0.0.1:1/x", data, "127.0.0.1", code=6)
    refused(tmp_path / "other.db", data, "--artifacts", "there is no folder", code=3,
            more=["--artifacts", tmp_path / "nowhere"])


@pytest.mark.parametrize("revision", ["0584bdc529eb", "ffffffffffff"])
def test_another_schema(source, tmp_path, revision):
    rich.client_of(source).create_experiment("x", artifact_location="s3://b/x")
    with sqlite3.connect(tmp_path / "mlflow.db") as db:
        db.execute("UPDATE alembic_version SET version_num = ?", [revision])
    refused(source, tmp_path / "data", revision, "mlflow db upgrade", code=5)


def test_a_folder_in_use(source, tmp_path, start):
    rich.client_of(source).create_experiment("x", artifact_location="s3://b/x")
    server = start(tmp_path / "running")
    said = bring(source, server.data, code=5)
    assert "another server is using the data folder" in said and "--data" in said
    assert rich.client_of(server.url).get_experiment_by_name("x") is None
    # Looking is allowed.
    assert bring(source, server.data, "--dry-run")["experiments"]["new"] == 1


def test_conflicts_are_found_before_anything_is_written(source, tmp_path, start):
    data = tmp_path / "home/data"
    server = start(tmp_path / "home")
    rich.client_of(server.url).create_experiment("shared")
    server.stop()
    rows = rows_of(data)
    # An id that means two experiments.
    rich.client_of(source).create_experiment("first", artifact_location="s3://b/first")
    for more, name in (((), "first"), (("--prefix", "old/"), "old/first")):
        said = bring(source, data, *more, code=5)
        assert f"the id 1 is the experiment '{name}' in the source and 'shared' here" in said
        assert "--data" in said and rows_of(data) == rows
    # A name that means two.
    folder = tmp_path / "mlruns"
    theirs = rich.client_of(str(folder))
    theirs.create_run(theirs.create_experiment("fine"))
    theirs.create_experiment("shared")
    said = bring(folder, data, code=5)
    assert "'shared'" in said and "in the source and 1 here" in said and "--prefix" in said
    assert rows_of(data) == rows
    assert bring(folder, data, "--prefix", "old/")["experiments"]["new"] == 2
    assert bring(folder, data, "--prefix", "old/")["experiments"]["as_before"] == 3


def test_a_model_of_the_same_name(source, tmp_path, start):
    theirs = rich.client_of(source)
    theirs.create_registered_model("churn")
    theirs.create_model_version("churn", "s3://b/m")
    theirs.create_model_version("churn", "models:/churn/1")
    data = tmp_path / "home/data"
    server = start(tmp_path / "home")
    ours = rich.client_of(server.url)
    ours.create_registered_model("churn")
    server.stop()
    rows = rows_of(data)
    said = bring(source, data, code=5)
    assert "'churn'" in said and "not imported from there" in said and "--prefix" in said
    assert rows_of(data) == rows
    assert bring(source, data, "--prefix", "old-")["registered_models"]["new"] == 1
    assert bring(source, data, "--prefix", "old-")["registered_models"]["as_before"] == 1
    ours = rich.client_of(start(tmp_path / "home").url)
    assert {m.name for m in ours.search_registered_models()} == {"churn", "old-churn"}
    assert ours.get_model_version("old-churn", "2").source == "models:/old-churn/1"


def test_versions_made_on_both_sides(source, tmp_path, start):
    theirs = rich.client_of(source)
    theirs.create_registered_model("churn")
    data = tmp_path / "home/data"
    bring(source, data)
    server = start(tmp_path / "home")
    rich.client_of(server.url).create_model_version("churn", "s3://b/ours")
    server.stop()
    theirs.create_model_version("churn", "s3://b/theirs")
    rows = rows_of(data)
    said = bring(source, data, code=5)
    assert "version 1" in said and "'churn'" in said and "different times" in said
    assert rows_of(data) == rows


def test_the_default_experiment_is_shared(source, tmp_path, start):
    theirs = rich.client_of(source)
    run = theirs.create_run("0").info.run_id
    server = start(tmp_path / "home")
    ours = rich.client_of(server.url)
    mine = ours.create_run("0").info.run_id
    created = ours.get_experiment("0").creation_time
    server.stop()
    bring(source, tmp_path / "home/data")
    ours = rich.client_of(start(tmp_path / "home").url)
    assert {r.info.run_id for r in ours.search_runs(["0"])} == {run, mine}
    assert ours.get_experiment("0").creation_time == created


def test_other_folders_of_this_machine_are_not_taken(source, tmp_path):
    """A source that names a folder that is not one of a run's artifacts gets nothing from it."""
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("private")
    client = rich.client_of(source)
    run = client.create_run("0").info.run_id
    with sqlite3.connect(tmp_path / "mlflow.db") as db:
        db.execute("UPDATE runs SET artifact_uri = ?", [str(secret)])
    report = bring(source, tmp_path / "data")
    assert report["artifact_files"]["new"] == 0
    assert any("not as MLflow names them" in each["what"] for each in report["left"])
    folder = secret / run / "artifacts"
    folder.mkdir(parents=True)
    (folder / "link").symlink_to(secret / "key")
    (folder / "back\\slash").write_text("x")
    (folder / "good").write_text("x")
    with sqlite3.connect(tmp_path / "mlflow.db") as db:
        db.execute("UPDATE runs SET artifact_uri = ?", [f"file://{folder}"])
    report = bring(source, tmp_path / "data")
    assert report["artifact_files"]["new"] == 1
    assert {each["why"].split(",")[0] for each in report["left"]} >= {
        "a link or a device is no file", "no client could fetch a file of such a name"}


def test_what_is_not_carried_is_counted(source, tmp_path):
    client = rich.client_of(source)
    client.create_experiment("x", artifact_location="s3://b/x")
    with sqlite3.connect(tmp_path / "mlflow.db") as db:
        for i in range(3):
            db.execute("INSERT INTO trace_info (request_id, experiment_id, timestamp_ms, status) "
                       "VALUES (?, 1, 5, 'OK')", [f"tr-{i}"])
        db.execute("INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, "
                   "workspace) VALUES (77, 'y', 's3://b/y', 'active', 'other')")
    report = bring(source, tmp_path / "data")
    left = {each["what"]: each["count"] for each in report["left"]}
    assert left["traces"] == 3 and left["experiments of other workspaces"] == 1
    assert report["experiments"]["new"] == 2


def test_artifacts_that_the_server_hands_out(source, tmp_path):
    client = rich.client_of(source)
    experiment = client.create_experiment("x", artifact_location="mlflow-artifacts:/7")
    run = client.create_run(experiment).info.run_id
    served = tmp_path / "mlartifacts"
    (served / f"7/{run}/artifacts/sub").mkdir(parents=True)
    (served / f"7/{run}/artifacts/sub/file").write_text("text")
    report = bring(source, tmp_path / "data")
    assert any("that MLflow's server hands out" in each["what"] for each in report["left"])
    assert bring(source, tmp_path / "data", "--artifacts", served)["artifact_files"]["new"] == 1


@pytest.mark.parametrize("where, text, words", [
    ("{run}/meta.yaml", "run_id: [unclosed", ("meta.yaml", "YAML, line")),
    ("{run}/meta.yaml", "&a run_id: x", ("meta.yaml", "anchors are not allowed")),
    ("{run}/meta.yaml", "just words", ("meta.yaml", "no map of fields")),
    ("{run}/meta.yaml", "run_id: other\n", ("meta.yaml", "run_id is not the folder's name")),
    ("{run}/metrics/m", "12 words 1\n", ("metrics/m", "line 1", "no point of a metric")),
    ("meta.yaml", "experiment_id: '0'\nname: Default\ncreation_time: soon\n",
     ("meta.yaml", "creation_time is no whole number")),
])
def test_broken_files(tmp_path, where, text, words):
    client = rich.client_of(f"{tmp_path}/mlruns")
    run = client.create_run("0").info.run_id
    client.log_metric(run, "m", 1.0)
    (tmp_path / "mlruns/0" / where.format(run=run)).write_text(text)
    said = bring(tmp_path / "mlruns", tmp_path / "data", code=1)
    for word in words:
        assert word in said, said


def test_an_export_writes_new_files_only(tmp_path, start):
    server = start(tmp_path / "home")
    (tmp_path / "there.db").write_text("mine")
    assert "exists already" in send(server.data, f"sqlite:///{tmp_path}/there.db", code=5)
    assert (tmp_path / "there.db").read_text() == "mine"
    assert "only a new SQLite file" in send(server.data, "postgresql://h/db", code=1)
    assert "is a folder" in send(server.data, f"sqlite:///{tmp_path}", code=1)
    assert "there is no database" in send(tmp_path / "nowhere", f"sqlite:///{tmp_path}/new.db", code=3)
    assert not (tmp_path / "new.db").exists()
    rondo("export", "mlflow", code=2)
