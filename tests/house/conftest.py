"""What the tests of the house share: the command line on data folders, both engines, and what a
database holds, read without the program under test."""

import json
import os
import pathlib
import sqlite3
import subprocess
import sys

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]
for folder in ("support", "browser"):
    sys.path.insert(0, str(TESTS / folder))
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

from loop_server import BINARY, LoopServer, free_port  # noqa: E402
from rondo_server import POSTGRES  # noqa: E402
from services import postgres  # noqa: E402, F401

SAYS_NO = 10


def rondo(*arguments, code=0, env=None):
    """Runs a command that has to end with this code; its output."""
    done = subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True, timeout=120,
                          env={"PATH": os.environ["PATH"], **(env or {})})
    assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
    return done


def rondo_json(*arguments, code=0, **more):
    return json.loads(rondo(*arguments, "--json", code=code, **more).stdout)


def place(data, database=""):
    """The flags that name a server's data."""
    return ["--data", data, *(["--database", database] if database else [])]


def digests_named(rows):
    """The text of all rows that say what is needed: which bytes are stored at all is no need."""
    return json.dumps({table: found for table, found in rows.items() if table != "blob_objects"})


def rows_of(data, database=""):
    """All rows of all tables: {table: sorted rows as JSON text}. A zero has no sign in SQLite."""
    tables = {}
    if database:
        def ask(sql):
            return subprocess.run([POSTGRES / "psql", "-XAtq", "-d", database, "-c", sql], check=True,
                                  capture_output=True, text=True).stdout.splitlines()
        for table in ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
            tables[table] = [json.loads(row) for row in ask(f"SELECT row_to_json(t) FROM {table} t")]
    else:
        db = sqlite3.connect(pathlib.Path(data) / "rondo.db")
        db.row_factory = sqlite3.Row
        for table, in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND "
                                 "name NOT LIKE 'sqlite%'").fetchall():
            tables[table] = [dict(row) for row in db.execute(f"SELECT * FROM {table}")]
        db.close()
    for row in tables.get("servers", []):  # beats on while it is looked at
        del row["heartbeats"], row["heartbeat_at"]
    real = ("value", "reference_value", "level", "loss_sum")
    return {table: sorted(json.dumps({k: float(v) if k in real and isinstance(v, int) else v
                                      for k, v in row.items()}, sort_keys=True,
                                     default=lambda blob: "\\x" + blob.hex()) for row in rows)
            for table, rows in tables.items()}


def bytes_below(folder):
    """{path: content} of all files."""
    folder = pathlib.Path(folder)
    return {str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*")) if path.is_file()}


def kept_files(data):
    """What a backup of the folder holds besides the database."""
    data = pathlib.Path(data)
    return {name: content for name, content in bytes_below(data).items()
            if name.split("/")[0] in ("keys", "token", "predictions")}


def blobs_of(data):
    return {name.rsplit("/", 1)[1]: content
            for name, content in bytes_below(pathlib.Path(data) / "blobs/objects").items()}


@pytest.fixture
def database(postgres, request, tmp_path):
    """Makes databases of an engine: database("postgres") is the URL of a new one."""
    made = []

    def make(engine):
        if engine == "sqlite":
            return ""
        made.append(postgres.new_database(f"house_{abs(hash(str(tmp_path)))}_{len(made)}"))
        return made[-1]

    return make


class Restored(LoopServer):
    """A server on a data folder that is there already."""

    def __init__(self, data, database=""):
        self.inside = self.options = ()
        self.data, self.database = pathlib.Path(data), database
        self.folder, self.log = self.data.parent, self.data.with_suffix(".log")
        self.port = free_port()
        self.kills, self.restart_seconds = 0, []
        self.start()


@pytest.fixture
def start():
    """Starts servers that end with the test: start(folder, database) makes a data folder,
    start.on(data, database) takes one."""
    running = []

    def start_in(folder, database=""):
        running.append(LoopServer(folder, database))
        return running[-1]

    def on(data, database=""):
        running.append(Restored(data, database))
        return running[-1]

    start_in.on = on
    yield start_in
    for server in running:
        if server.process.poll() is None:
            server.stop()
