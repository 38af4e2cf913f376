"""One server for the tests that do it no harm; what kills or fills starts its own."""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

from loop_server import LoopServer  # noqa: E402
from serving import Http  # noqa: E402
from tiny_model import Mlflow  # noqa: E402


@pytest.fixture
def start(tmp_path):
    """Starts a server of the test's own."""
    started = []

    def start_in(folder=tmp_path):
        started.append(LoopServer(folder))
        return started[-1]

    yield start_in
    for server in started:
        server.stop()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    running = LoopServer(tmp_path_factory.mktemp("serving"))
    yield running
    running.stop()


def http_of(server):
    return Http(server.url, (server.data / "token").read_text().strip())


@pytest.fixture(scope="session")
def http(server):
    return http_of(server)


@pytest.fixture(scope="session")
def tiny(server):
    """Logs tiny models."""
    return Mlflow(server.url)


@pytest.fixture(scope="session")
def client(server):
    """The MLflow client as it is, pointed at the server."""
    import mlflow

    mlflow.set_tracking_uri(server.url)
    return mlflow
