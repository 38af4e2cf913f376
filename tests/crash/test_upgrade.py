"""T57: an upgrade that is killed at each of its writes, syncs and renames is finished by the next start,
or done again from the start; nothing is lost, and the copy made before it is whole."""

import hashlib
import shutil
import sqlite3

from conftest import SEED, WHOLE, http_of
from faults import KILL_AFTER, KILL_BEFORE, FaultServer
from loop_server import ROOT

CASES = 12  # of the short form
OLD = 2  # the schema that is upgraded
RUNS = 40
WORDS = {"{id}": "INTEGER PRIMARY KEY AUTOINCREMENT", "{blob}": "BLOB", "{real}": "REAL",
         "{text}": "TEXT", "{without_rowid}": "WITHOUT ROWID"}
KINDS = ["write", "sync", "rename", "truncate", "open"]


def steps():
    """The schema's steps as they lie in the source: (number, name, text)."""
    paths = sorted((ROOT / "src/domain/schema").glob("[0-9]*.sql"))
    return [(int(p.name[:4]), p.stem[5:], p.read_text()) for p in paths]


def old_database(path):
    """A database of an older schema with some content."""
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("CREATE TABLE schema_migrations (number BIGINT PRIMARY KEY, name TEXT NOT NULL, "
               "checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)")
    for number, name, text in steps()[:OLD]:
        spelled = text
        for word, meaning in WORDS.items():
            spelled = spelled.replace(word, meaning)
        db.executescript(spelled)
        db.execute("INSERT INTO schema_migrations VALUES (?, ?, ?, 1)",
                   (number, name, hashlib.sha256(text.encode()).hexdigest()))
    db.commit()
    db.close()


def fill(folder):
    """Content that the old schema has room for, written by the server and moved over row by row."""
    server = FaultServer(folder / "now")
    http = http_of(server)
    for number in range(RUNS):
        run = http.call("POST", "/api/2.0/mlflow/runs/create", {
            "experiment_id": "0", "run_name": f"r{number}", "start_time": 1})["run"]["info"]["run_id"]
        http.call("POST", "/api/2.0/mlflow/runs/log-batch", {"run_id": run, "metrics": [
            {"key": "m", "value": number, "timestamp": 1, "step": step} for step in range(20)]})
    server.stop()
    path = folder / "old.db"
    old_database(path)
    db = sqlite3.connect(path)
    db.execute("ATTACH ? AS now", (str(server.data / "rondo.db"),))
    db.execute("PRAGMA foreign_keys=OFF")
    tables = [r[0] for r in db.execute("SELECT name FROM main.sqlite_master WHERE type = 'table' "
                                       "AND name IN (SELECT name FROM now.sqlite_master)")]
    for table in tables:
        if table in ("schema_migrations", "sqlite_sequence"):
            continue
        columns = ", ".join(r[1] for r in db.execute(f"PRAGMA main.table_info({table})"))
        db.execute(f"DELETE FROM main.{table}")
        db.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM now.{table}")
    db.commit()
    assert db.execute("PRAGMA main.integrity_check").fetchone() == ("ok",)
    db.close()
    return path


def rows(path):
    """Every row of the old tables."""
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    tables = ["runs", "metric_points", "experiments"]
    known = {r[0] for r in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    found = {t: db.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in tables if t in known}
    db.close()
    return found


def is_whole(http):
    found = http.call("POST", "/api/2.0/mlflow/runs/search", {"experiment_ids": ["0"],
                                                              "max_results": 1000})["runs"]
    assert sorted(r["info"]["run_name"] for r in found) == sorted(f"r{n}" for n in range(RUNS))
    for run in found:
        metrics = {m["key"]: m["value"] for m in run["data"]["metrics"]}
        assert metrics == {"m": float(run["info"]["run_name"][1:])}, run


def upgraded(folder, old, kind="write", nth=0, action=KILL_BEFORE):
    """Starts on a copy of the old database, killed at the nth call; returns the server."""
    server = FaultServer(folder, start=False)
    shutil.copy(old, server.data / "rondo.db")
    server.plan.arm([kind], nth or 1 << 60, action, part="rondo.db")
    server.try_start()
    return server


def test_t57_an_upgrade_killed_at_each_call(tmp_path, chance):
    old = fill(tmp_path)
    before, newest = rows(old), steps()[-1][0]
    assert before["runs"] == RUNS, before
    (tmp_path / "count").mkdir()
    server = FaultServer(tmp_path / "count", start=False)
    shutil.copy(old, server.data / "rondo.db")
    server.plan.count(part="rondo.db")
    assert server.try_start()
    calls = {kind: server.plan.seen(kind) for kind in KINDS}
    server.stop()
    cases = [(kind, nth, action) for kind in KINDS for nth in range(1, calls[kind] + 1)
             for action in (KILL_BEFORE, KILL_AFTER)]
    if not WHOLE:
        cases = chance.sample(cases, CASES)
    killed = 0
    for number, (kind, nth, action) in enumerate(cases):
        folder = tmp_path / str(number)
        folder.mkdir()
        server = upgraded(folder, old, kind, nth, action)
        try:
            killed += server.plan.fired
            server.plan.disarm()
            if server.process.poll() is not None:
                assert server.process.returncode == -9, server.words()
                server.start()
            is_whole(http_of(server))
            server.stop()
            copies = [p for p in server.data.iterdir() if ".before-schema-" in p.name]
            assert [p.name for p in copies] == [f"rondo.db.before-schema-{newest}"], copies
            assert rows(copies[0]) == before, f"{kind} {nth}: the copy is not whole"
            found = rows(server.data / "rondo.db")
            assert {t: found[t] for t in before} == before
            db = sqlite3.connect(server.data / "rondo.db")
            assert db.execute("SELECT max(number) FROM schema_migrations").fetchone() == (newest,)
            db.close()
        finally:
            server.end()
        shutil.rmtree(folder)
    assert killed > len(cases) * 0.9
    print(f"proof: an upgrade from schema {OLD} to {newest} killed at {killed} of its calls "
          f"({calls}): finished by the next start, nothing lost, seed {SEED}")
