"""A database that cannot be used: one line that says what and what to do, and an exit code."""

import os
import shutil
import socket
import sqlite3
import subprocess
import time

import pytest
from rondo_server import BINARY, Server


def refusal(tmp_path, database="", seconds=10, **variables):
    """(exit code, the one line)."""
    command = [BINARY, "server", "--data", tmp_path / "data", "--port", "0"]
    begun = time.monotonic()
    done = subprocess.run([*command, *(["--database", database] if database else [])],
                          capture_output=True, text=True, timeout=60,
                          env={**os.environ, **variables})
    assert time.monotonic() - begun < seconds
    lines = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    assert len(lines) == 1 and lines[0].startswith("rondo: "), done.stderr
    assert done.stdout == "" and "secret" not in done.stderr
    return done.returncode, lines[0]


@pytest.fixture(scope="module")
def locked(postgres):
    """A user who needs a password, and one who may not create tables."""
    postgres.sql("postgres", "CREATE ROLE locked LOGIN PASSWORD 'right'; CREATE ROLE plain LOGIN;")
    rules = postgres.folder / "data/pg_hba.conf"
    rules.write_text("host all locked 127.0.0.1/32 scram-sha-256\n" + rules.read_text())
    postgres.sql("postgres", "SELECT pg_reload_conf()")


def test_wrong_password(database, locked, tmp_path):
    wrong = database.replace("rondo@", "locked:secret@")
    code, line = refusal(tmp_path, wrong)
    assert code == 6 and "password authentication failed" in line and "PGPASSWORD" in line
    code, line = refusal(tmp_path, database.replace("rondo@", "locked@"))
    assert code == 6 and "no password supplied" in line and "PGPASSWORD" in line
    # The way out is one: the password opens, and the next thing is asked for.
    mine = {"PGPASSWORD": "right"}
    _, line = refusal(tmp_path, database.replace("rondo@", "locked@"), **mine)
    assert "permission denied" in line
    passwords = tmp_path / "pgpass"
    passwords.write_text("*:*:*:locked:right\n")
    passwords.chmod(0o600)
    mine = {"PGPASSFILE": str(passwords)}
    _, line = refusal(tmp_path, database.replace("rondo@", "locked@"), **mine)
    assert "permission denied" in line


def test_no_right_to_create(database, locked, tmp_path):
    code, line = refusal(tmp_path, database.replace("rondo@", "plain@"))
    assert code == 6 and "GRANT CREATE ON SCHEMA" in line


def test_unknown_database_and_user(postgres, database, tmp_path):
    code, line = refusal(tmp_path, database.rsplit("/", 1)[0] + "/nowhere")
    assert code == 6 and '"nowhere" does not exist' in line and "createdb" in line
    code, line = refusal(tmp_path, database.replace("rondo@", "nobody_here@"))
    assert code == 6 and '"nobody_here" does not exist' in line and "create the user" in line


def test_unreachable(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        code, line = refusal(tmp_path, f"postgresql://rondo@127.0.0.1:{free.getsockname()[1]}/x")
    assert code == 6 and "refused" in line and "check that it runs" in line
    code, line = refusal(tmp_path, "postgresql://rondo@nowhere.invalid/x")
    assert code == 6 and "nowhere.invalid" in line and "host" in line


def test_a_server_that_says_nothing(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        code, line = refusal(tmp_path, f"postgresql://rondo@127.0.0.1:{port}/x?sslmode=disable")
    assert code == 6 and "timeout" in line and "check that it runs" in line


def test_read_only(postgres, database, tmp_path):
    name = database.rsplit("/", 1)[1]
    postgres.sql("postgres", f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    code, line = refusal(tmp_path, database + "?options=-cdefault_transaction_read_only%3Don")
    assert code == 4 and "read-only" in line and "takes writes" in line


@pytest.mark.parametrize("url", ["mysql://x/y", "postgresql://[bad", "postgresql://h/x?no_such=1"])
def test_no_url(tmp_path, url):
    code, line = refusal(tmp_path, url)
    assert code in (1, 6) and "postgresql://" in line


def test_newer_schema(postgres, database, tmp_path):
    folder = tmp_path / "first"
    folder.mkdir()
    Server(folder, database).stop()
    add = "INSERT INTO schema_migrations VALUES (9999, 'later', 'x', 0)"
    postgres.sql(database.rsplit("/", 1)[1], add)
    code, line = refusal(tmp_path, database)
    assert code == 5 and "9999" in line and "start the newer program" in line

    sqlite = tmp_path / "second"
    sqlite.mkdir()
    Server(sqlite).stop()
    with sqlite3.connect(sqlite / "data/rondo.db") as connection:
        connection.execute(add)
    shutil.copytree(sqlite / "data", tmp_path / "data", dirs_exist_ok=True)
    code, line = refusal(tmp_path)
    assert code == 5 and "9999" in line and "start the newer program" in line


def test_a_damaged_file(tmp_path):
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "data/rondo.db").write_bytes(b"no database at all" * 1000)
    code, line = refusal(tmp_path)
    assert code == 1 and "rondo.db" in line and "restore a backup" in line
