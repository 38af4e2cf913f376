import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from loop_server import LoopServer  # noqa: E402


@pytest.fixture(scope="session")
def quiet(tmp_path_factory):
    """The flights example, played once without kills."""
    server = LoopServer(tmp_path_factory.mktemp("quiet"))
    server.play("flights")
    yield server
    server.stop()
