import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/support"), str(ROOT / "tests/browser")]

from loop_server import LoopServer  # noqa: E402
from services import postgres  # noqa: E402, F401

PATIENCE = "1500ms"


class Pair:
    """Two servers on one database and one folder of blobs."""

    def __init__(self, folder, url, options=()):
        self.folder = folder
        options = ["--blobs", folder / "blobs", "--server-patience", PATIENCE, *options]
        self.servers = []
        for name in ("a", "b"):
            (folder / name).mkdir()
            self.servers.append(LoopServer(folder / name, url, options=options))

    def stop(self):
        for server in self.servers:
            server.stop()


@pytest.fixture
def make_pair(postgres, tmp_path):
    """A function that starts a pair with further options of the server."""
    pairs = []

    def make(options=(), url=None):
        folder = tmp_path / str(len(pairs))
        folder.mkdir()
        pairs.append(Pair(folder, url or postgres.new_database(f"pair_{tmp_path.name}_{len(pairs)}"
                                                               .lower()[:60].replace("-", "_")),
                          options))
        return pairs[-1]

    yield make
    for pair in pairs:
        pair.stop()
