"""The real server for the clients of the field; see tests/support/rondo_server.py.

The packages under test are those of the environment that runs pytest."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from rondo_server import Server  # noqa: E402
from services import postgres  # noqa: E402, F401


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request, tmp_path_factory):
    """A server for the tests of one file, on each engine."""
    database = ""
    if request.param == "postgresql":
        name = request.module.__name__.lower()
        database = request.getfixturevalue("postgres").new_database(name)
    running = Server(tmp_path_factory.mktemp("server"), database)
    yield running
    running.stop()
