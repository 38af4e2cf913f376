"""The same requests to `mlflow server` and to Rondo; see README.md.

RONDO_DIFFERENTIAL is the number of requests, RONDO_DIFFERENTIAL_SEED the seed: without it a short run has a fixed one, a
long one draws it and prints it."""

import itertools
import os
import pathlib
import random
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from peer import MlflowServer  # noqa: E402
from rondo_server import Server  # noqa: E402
from services import postgres  # noqa: E402, F401

NUMBERS = itertools.count(1)
REQUESTS = int(os.environ.get("RONDO_DIFFERENTIAL", "700"))
# The short run asks the same each time, so that it judges the change and not the draw; a long one looks further.
SEED = int(os.environ.get("RONDO_DIFFERENTIAL_SEED", "0")) or (
    random.SystemRandom().randrange(1, 10**6) if REQUESTS > 700 else 101102)


@pytest.fixture(params=["sqlite", "postgresql"])
def ours(request, tmp_path):
    database = ""
    if request.param == "postgresql":
        database = request.getfixturevalue("postgres").new_database(f"differential_{next(NUMBERS)}")
    running = Server(tmp_path, database)
    yield running
    running.stop()


@pytest.fixture
def theirs(tmp_path):
    running = MlflowServer(tmp_path / "mlflow")
    yield running
    running.stop()
