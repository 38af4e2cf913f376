"""T54, crashes: PostgreSQL, which syncs here, is killed with kill -9 and started again under load. The
server stays up, answers predictions meanwhile, and writes again by itself; what was acknowledged is there
once. Metric points are the exception that the design makes: of those of the last moments each may be gone,
whole."""

import os
import signal
import subprocess
import time

import pytest
from conftest import SEED, WHOLE, http_of
from ledger import NewRun
from load import LIVE, Load
from rondo_server import POSTGRES, START_SECONDS, Postgres
from serving import wait_for

CRASHES = 30 if WHOLE else 2
RESUME_SECONDS = 5


class DurablePostgres(Postgres):
    """As a real one runs: with fsync and full pages."""

    def __init__(self):
        super().__init__()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(START_SECONDS)
        self.begin()

    def begin(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [POSTGRES / "postgres", "-D", self.folder / "data", "-k", self.folder, "-p",
                 str(self.port), "-h", "127.0.0.1", "-c", "max_connections=60"],
                stdout=log, stderr=log, cwd=self.folder, **self._as_user())
        until = time.monotonic() + START_SECONDS
        while subprocess.run([POSTGRES / "pg_isready", "-q", "-h", self.folder, "-p",
                              str(self.port)]).returncode != 0:
            assert time.monotonic() < until, "PostgreSQL does not start"
            assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
            time.sleep(0.02)

    def crash(self):
        """All its processes at once, as when the machine goes."""
        first = self.process.pid
        os.kill(first, signal.SIGSTOP)  # no further ones meanwhile
        with open(f"/proc/{first}/task/{first}/children") as file:
            children = [int(pid) for pid in file.read().split()]
        for pid in [first, *children]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()
        wait_for(lambda: not any(is_alive(pid) for pid in children))


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.fixture
def cluster():
    durable = DurablePostgres()
    yield durable
    durable.stop()


def test_t54_postgres_killed_under_load(cluster, launch, tmp_path, chance):
    server = launch(tmp_path, cluster.new_database("crashes"))
    load, losses, looked, slowest = Load(server, f"{SEED} crashes", clients=3), [], 0, 0.0
    for number in range(CRASHES):
        time.sleep(chance.uniform(0.2, 1.5))
        cluster.crash()
        losses.append(time.monotonic())
        http = http_of(server)
        answer = http.predict(LIVE, {"instances": [[1, 1]]}, x_rondo_unit_id="meanwhile")
        assert answer.status == 200, answer
        load.predictions.parts[0].asked += 1
        load.predictions.parts[0].answered[answer.headers["x-rondo-model-version"]] += 1
        refused = NewRun("refused")
        assert not refused.send(http) and refused.answer.status == 503, refused.answer
        cluster.begin()
        begun = time.monotonic()
        wait_for(lambda number=number: NewRun(f"after-{number}").send(http), RESUME_SECONDS)
        slowest = max(slowest, time.monotonic() - begun)
        load.hold()
        looked += load.check(power_losses=losses)
        load.go_on()
    load.end()
    looked += load.check(everything=True, power_losses=losses)
    assert server.kills == 0 and server.process.poll() is None
    assert load.lost == 0, "the server was not killed: no prediction may be lost"
    server.stop()
    print(f"proof: PostgreSQL killed {CRASHES} times under load: {load.acknowledged} acknowledged writes "
          f"each there once ({looked} comparisons), writes go on {slowest:.2f} s after it is back, "
          f"seed {SEED}")
