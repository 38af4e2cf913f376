"""Services that the tests of a session share. A suite's conftest.py imports the fixtures it needs."""

import pytest
import s3
from rondo_server import Postgres


@pytest.fixture(scope="session")
def postgres():
    running = Postgres()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def service():
    """An S3 service."""
    running = s3.Service()
    yield running
    running.stop()
