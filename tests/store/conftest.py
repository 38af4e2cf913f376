"""One private PostgreSQL for the session; see tests/support/rondo_server.py."""

import itertools
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from services import postgres  # noqa: E402, F401


NUMBERS = itertools.count()


@pytest.fixture
def database(postgres):
    """The URL of an empty database."""
    return postgres.new_database(f"store_{next(NUMBERS)}")
