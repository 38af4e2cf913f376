"""One private PostgreSQL for the session; see tests/support/rondo_server.py."""

import itertools
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from rondo_server import POSTGRES, Postgres  # noqa: E402

NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def postgres():
    if not (POSTGRES / "postgres").exists():
        pytest.skip("PostgreSQL 15 is not installed")
    running = Postgres()
    yield running
    running.stop()


@pytest.fixture
def database(postgres):
    """The URL of an empty database."""
    return postgres.new_database(f"store_{next(NUMBERS)}")
