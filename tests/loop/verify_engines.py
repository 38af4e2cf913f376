"""The flights example on PostgreSQL tells the same story as on SQLite, to the bit. Run by
`make verify` (its name keeps it out of `make test`)."""

import pytest
from loop_server import LoopServer, story
from rondo_server import Postgres


@pytest.fixture(scope="module")
def postgres():
    running = Postgres()
    yield running
    running.stop()


def test_both_engines_tell_the_same_story(quiet, postgres, tmp_path):
    server = LoopServer(tmp_path, postgres.new_database("loop"))
    server.play("flights")
    told = story(server, "flights")
    server.stop()
    assert told == story(quiet, "flights")
    print(f"proof: {len(told)} events with their evidence are the same on both engines")
