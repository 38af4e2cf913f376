"""Moving in and out of MLflow's stores: what the tests share. The stores are made and read by MLflow's
own client, that of the environment that runs pytest."""

import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "support"))
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")

import peer  # noqa: E402
from rondo_server import BINARY, Server  # noqa: E402
from services import postgres  # noqa: E402, F401



def rondo(*arguments, code=0):
    """Runs a command that has to end with this code; its output."""
    done = subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True, timeout=120,
                          env={"PATH": os.environ["PATH"], "TMPDIR": os.environ.get("TMPDIR", "/tmp")})
    assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
    return done


def bring(source, data, *more, code=0):
    """Imports; the report, or what was said when it has to fail."""
    done = rondo("import", "mlflow", source, "--data", data, *more, "--json", code=code)
    return json.loads(done.stdout) if code == 0 else done.stderr


def send(data, target, *more, code=0):
    done = rondo("export", "mlflow", target, "--data", data, *more, "--json", code=code)
    return json.loads(done.stdout) if code == 0 else done.stderr


def rows_of(data):
    """Every row of the database but what says when stored bytes were last needed."""
    with sqlite3.connect(pathlib.Path(data) / "rondo.db") as db:
        return [line for line in db.iterdump() if "blob_objects" not in line]


@pytest.fixture(scope="session")
def mlflow_tables(tmp_path_factory):
    """An empty database as MLflow's migrations make it, which takes them seconds: to be copied."""
    from mlflow.store.db.utils import _initialize_tables, create_sqlalchemy_engine
    path = tmp_path_factory.mktemp("tables") / "mlflow.db"
    engine = create_sqlalchemy_engine(f"sqlite:///{path}")
    _initialize_tables(engine)
    engine.dispose()
    return path


@pytest.fixture
def source(mlflow_tables, tmp_path, monkeypatch):
    """The URI of a new store, whose default experiment's artifacts are below the test's folder."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(mlflow_tables, tmp_path / "mlflow.db")
    return f"sqlite:///{tmp_path}/mlflow.db"


@pytest.fixture
def mlflow_server():
    """Starts MLflow's own server in a folder, on the mlflow.db and the artifacts that lie there."""
    running = []

    def on(folder):
        running.append(peer.MlflowServer(folder))
        return running[-1]

    yield on
    for server in running:
        server.stop()


@pytest.fixture
def start():
    """Starts a server on folder/data; it ends with the test."""
    running = []

    def on(folder, database=""):
        pathlib.Path(folder).mkdir(exist_ok=True)
        running.append(Server(pathlib.Path(folder), database))
        return running[-1]

    yield on
    for server in running:
        server.stop()
