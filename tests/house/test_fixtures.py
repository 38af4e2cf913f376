"""Promise 3: every release opens the data of every earlier one. tests/fixtures holds a small data
folder of each landed schema and what its server answered; a later one may add to an answer, and
changes nothing in it."""

import json
import pathlib
import re
import sqlite3
import sys
import tarfile

import pytest
from conftest import TESTS, place, rondo

sys.path.insert(0, str(TESTS / "fixtures"))
from make import ask  # noqa: E402

FIXTURES = sorted(pathlib.Path(TESTS / "fixtures").glob("schema-*.tar.xz"))
NEWEST = max(int(path.name[:4]) for path in (TESTS.parent / "src/domain/schema").glob("0*.sql"))


def number_of(path):
    return int(re.search(r"schema-(\d+)", path.name)[1])


@pytest.fixture(params=FIXTURES, ids=lambda path: path.name.split(".")[0])
def fixture(request, tmp_path):
    """(schema, data folder, answers), unpacked anew."""
    with tarfile.open(request.param) as tar:
        tar.extractall(tmp_path)
    (tmp_path / "data").chmod(0o700)
    return number_of(request.param), tmp_path / "data", json.loads(
        (tmp_path / "answers.json").read_text())


def contained(old, new, where="answer"):
    """What is in the old answer and not in the new one, in words."""
    if isinstance(old, dict) and isinstance(new, dict):
        return [each for key, value in old.items()
                for each in (contained(value, new[key], f"{where}.{key}") if key in new
                             else [f"{where}.{key} is gone"])]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [each for i, (a, b) in enumerate(zip(old, new))
                for each in contained(a, b, f"{where}[{i}]")]
    return [] if old == new else [f"{where} was {old!r:.200}, is {new!r:.200}"]


def compare(server, answers):
    again = ask(server, [(method, path, body) for method, path, body, *_ in answers])
    for (method, path, _, status, old), (*_, now, new) in zip(answers, again):
        assert now == status, (method, path, new)
        assert contained(old, new) == [], (method, path)
    why = [old for _, path, _, _, old in answers if path.endswith("/why")]
    assert why and all(each["identical"] for each in why)


def test_each_landed_schema_has_a_fixture():
    landed = {int(path.name[:4]) for path in (TESTS.parent / "src/domain/schema").glob("0*.sql")}
    there = {number_of(path) for path in FIXTURES}
    assert there and there <= landed
    assert max(landed) in there, "make it: tests/fixtures/make.py"


def test_a_folder_of_an_earlier_release_is_opened(fixture, start):
    schema, data, answers = fixture
    before = sqlite3.connect(data / "rondo.db")
    runs = before.execute("SELECT * FROM runs ORDER BY id").fetchall()
    before.close()
    server = start.on(data)
    compare(server, answers)
    server.stop()
    kept = data / f"rondo.db.before-schema-{NEWEST}"
    assert kept.exists() == (schema < NEWEST)
    if kept.exists():  # whole, and as it was
        old = sqlite3.connect(kept)
        assert old.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert old.execute("SELECT max(number) FROM schema_migrations").fetchone() == (schema,)
        assert old.execute("SELECT * FROM runs ORDER BY id").fetchall() == runs
        old.close()
    server.start()  # a second start has nothing to do
    compare(server, answers)


def test_the_same_on_postgres(fixture, start, database, tmp_path):
    _, data, answers = fixture
    url = database("postgres")
    rondo("backup", tmp_path / "backups", "--data", data)
    rondo("restore", tmp_path / "backups", *place(tmp_path / "new", url))
    compare(start.on(tmp_path / "new", url), answers)
