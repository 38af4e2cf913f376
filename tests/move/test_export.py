"""`rondo export mlflow`: MLflow's own store reads from the new database what its client read from
Rondo, and the schema is the one that MLflow makes."""

import pathlib
import re
import sqlite3

import pytest
import rich
from conftest import bring, rows_of, send


def test_there_and_back_again(source, tmp_path, start, mlflow_server):
    first = rich.client_of(source)
    rich.write(first, tmp_path / "artifacts", tmp_path)
    bring(source, tmp_path / "data")
    server = start(tmp_path)  # goes on meanwhile
    ours = rich.whole(rich.client_of(server.url))
    folder = tmp_path / "theirs"
    folder.mkdir()
    files, database = folder / "artifacts", f"sqlite:///{folder}/mlflow.db"
    report = send(server.data, database, "--artifacts", files)
    assert report["runs"]["new"] == 21 and report["artifact_files"]["new"] == 9 and not report["left"]

    theirs = rich.client_of(mlflow_server(folder).url)
    assert not rich.differences(ours, rich.whole(theirs))
    rich.check_files(theirs, ours)
    back = rich.client_of(database)
    # MLflow writes on.
    run = back.create_run("0").info.run_id
    back.log_metric(run, "m", 1.0)
    assert str(back.create_model_version("churn", "s3://bucket/m").version) == "5"
    back.delete_run(run)

    # And in again, with the files, into an empty place: the same rows as before, but for keys of ours.
    again = bring(database, tmp_path / "again", "--artifacts", files)
    assert again["artifact_files"]["new"] == 9 and again["runs"]["new"] == 22
    digests = [sorted(p.name for p in (tmp_path / data / "blobs/objects").rglob("?" * 64))
               for data in ("data", "again")]
    assert digests[0] == digests[1]
    paths = [[line for line in rows_of(tmp_path / data) if 'INTO "artifact_files"' in line]
             for data in ("data", "again")]
    strip = [sorted(re.sub(r",\d+\);$", "", line) for line in lines) for lines in paths]
    assert strip[0] == strip[1] and len(strip[0]) == 9


def checks_of(sql):
    """The conditions of a table, each between the parentheses that belong together."""
    found = []
    for begin in re.finditer(r"\bCHECK \(", sql):
        end, depth = begin.end(), 1
        while depth:
            depth += {"(": 1, ")": -1}.get(sql[end], 0)
            end += 1
        found.append(plain_sql(sql[begin.end():end - 1]))
    return sorted(found)


def plain_sql(sql):
    return re.sub(r"\s+", " ", sql.replace('"', "")).replace("( ", "(").replace(" )", ")")


def facts_of(path):
    """All that SQLite knows of a schema, but for how it was written down."""
    db = sqlite3.connect(path)
    facts = {}
    for kind, name, sql in db.execute("SELECT type, name, sql FROM sqlite_master").fetchall():
        if kind == "table":
            indexes = sorted(
                (unique, origin, partial, [tuple(row[1:]) for row in db.execute(f"PRAGMA index_xinfo({index})")])
                for _, index, unique, origin, partial in db.execute(f"PRAGMA index_list({name})").fetchall()
                if origin != "c")
            keys = sorted(tuple(row[2:]) for row in db.execute(f"PRAGMA foreign_key_list({name})"))
            names = sorted(re.findall(r"CONSTRAINT (\w+)", sql))
            facts[name] = [db.execute(f"PRAGMA table_xinfo({name})").fetchall(), indexes, keys, names,
                           checks_of(sql)]
        elif sql:
            facts[f"{kind} {name}"] = plain_sql(sql)
    for table in ("alembic_version", "workspaces"):
        facts[f"rows of {table}"] = db.execute(f"SELECT * FROM {table}").fetchall()
    db.close()
    return facts


def test_the_schema_is_mlflows(mlflow_tables, tmp_path, start):
    server = start(tmp_path)
    send(server.data, f"sqlite:///{tmp_path}/ours.db")
    theirs, ours = facts_of(mlflow_tables), facts_of(tmp_path / "ours.db")
    assert len(theirs) > 150 and sum(len(facts[4]) for facts in theirs.values() if len(facts) == 5) > 5
    assert [name for name in {*theirs, *ours} if theirs.get(name) != ours.get(name)] == []


@pytest.mark.parametrize("check", ["status", "lifecycle_stage"])
def test_checks_of_the_schema_hold(tmp_path, start, check):
    """The checks came along, too: MLflow's database refuses what it always refused."""
    server = start(tmp_path)
    send(server.data, f"sqlite:///{tmp_path}/ours.db")
    with sqlite3.connect(tmp_path / "ours.db") as db, pytest.raises(sqlite3.IntegrityError):
        db.execute(f"INSERT INTO runs (run_uuid, {check}) VALUES ('x', 'nonsense')")
    assert pathlib.Path(tmp_path / "ours.db").exists()
