"""Clients that others wrote, unmodified, against the server; see tests/support/rondo_server.py."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from rondo_server import Server  # noqa: E402
from services import postgres  # noqa: E402, F401


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request, tmp_path_factory):
    """A server of its own for each test, on each engine: the scripts begin with empty stores."""
    database = ""
    if request.param == "postgresql":
        name = "".join(c if c.isalnum() else "_" for c in request.node.name.lower())
        database = request.getfixturevalue("postgres").new_database(name)
    running = Server(tmp_path_factory.mktemp("server"), database)
    yield running
    running.stop()
