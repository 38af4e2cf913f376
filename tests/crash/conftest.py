import os
import pathlib
import random
import sys
import time

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]
for folder in ("support", "browser"):
    sys.path.insert(0, str(TESTS / folder))

from loop_server import LoopServer  # noqa: E402
from services import postgres  # noqa: E402, F401
from serving import Http  # noqa: E402

# The long form, for make verify: every call instead of some of them, and as many kills as asked for.
WHOLE = os.environ.get("RONDO_WHOLE") == "1"
SEED = int(os.environ.get("RONDO_CRASH_SEED") or random.randrange(10**6))


@pytest.fixture(autouse=True)
def seed():
    """Shown with a failure, so that it can be run again."""
    print(f"RONDO_CRASH_SEED={SEED}")


class PatientHttp(Http):
    """Asks again what is refused for now (503): each connection to a database that was started again
    finds that out for itself."""

    SECONDS = 5

    def send(self, *args, **kwargs):
        until = time.monotonic() + self.SECONDS
        while True:
            answer = super().send(*args, **kwargs)
            if answer.status != 503 or time.monotonic() > until:
                return answer


def http_of(server, kind=Http):
    return kind(server.url, (server.data / "token").read_text().strip())


@pytest.fixture
def chance(request):
    """Random numbers of the test's own, the same for the same seed."""
    return random.Random(f"{SEED} {request.node.name}")


@pytest.fixture
def launch():
    """Starts servers that are gone after the test, however it ends."""
    launched = []

    def start(folder, database="", options=()):
        launched.append(LoopServer(folder, database, options=options))
        return launched[-1]

    yield start
    for server in launched:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()
