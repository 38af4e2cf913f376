"""T48: kill -9 at random moments under a load of every kind of write: what was acknowledged is there
exactly once, what was not is there whole or not at all, and the server is up again within 2 s.

A few kills for each engine by default; RONDO_KILLS names another number (make verify: 200)."""

import os
import threading
import time

import pytest
import small_loop
from conftest import SEED, WHOLE
from ledger import AWAY
from load import Load, prepare
from loop_server import LoopServer, story
from rondo_client import RondoError
from small_loop import DAY, NAME, PIPELINE, SmallLoop

KILLS = int(os.environ.get("RONDO_KILLS", "4"))
ROUNDS = 10 if WHOLE else 1
RESTART_SECONDS = 2
PATIENCE_SECONDS = 60
# Points of metrics are moved into chunks all the time, not after ten minutes.
FOLDING = ("--keep", "tail=100ms")


class PatientLoop(SmallLoop):
    """The small loop as a client plays it that knows of kills: what was lost is sent again."""

    def again(self, call):
        """Until the server has heard it."""
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return call()
            except AWAY:  # also what urllib raises when the server is away
                assert time.monotonic() < until
                time.sleep(0.05)
            except RondoError as error:
                if error.status != 503:
                    raise

    def define(self):
        # Its script is not patient: a task that met a kill is tried again.
        small_loop.PIPELINE = PIPELINE.replace("time_limit: 1m", "time_limit: 1m, retries: 10")
        super().define()

    def register_broken(self):
        return self.again(super().register_broken)

    def start_rollout(self, version, spec):
        try:
            return super().start_rollout(version, spec)
        except RondoError as error:
            assert error.status == 409, error  # heard already; the answer was lost

    def play_day(self):
        rows, begun = self.rows_of(self.now + DAY / 2), self.now
        while True:
            session = self.again(lambda: self.rondo.settled(NAME))["session"]
            self.now, self.rows_of = begun, lambda day: rows
            try:
                self.send_day(session)
                return
            except AWAY:
                time.sleep(0.05)
            except RondoError as error:
                assert error.status in (409, 503), error  # another session: played once more
            finally:
                del self.rows_of

    def send_day(self, session):
        """As play_day, with the session that its predictions were answered in."""
        watermark = self.rondo.watermark
        self.rondo.watermark = lambda name, moment: watermark(name, moment, session)
        try:
            super().play_day()
        finally:
            self.rondo.watermark = watermark



@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_t48_kill_9_under_load(engine, launch, tmp_path, request, chance):
    database = ""
    if engine == "postgresql":
        database = request.getfixturevalue("postgres").new_database("kills")
    server = launch(tmp_path, database, FOLDING)
    load, looked, restarts = Load(server, f"{SEED} {engine}"), 0, []
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.05, 1.2))
        server.kill()
        load.hold()
        server.start()
        restarts.append(server.restart_seconds[-1])
        looked += load.check()
        load.go_on()
    load.end()
    looked += load.check(everything=True)
    assert load.acknowledged > 20 * KILLS, "hardly anything was written"
    assert max(restarts) < RESTART_SECONDS, restarts
    jobs = server.client().call("GET", "/api/rondo/v1/cluster")["jobs"]
    folded = sum(job["items"] for job in jobs if job["name"] == "fold")
    assert folded > 0, "no point was folded"
    server.stop()
    print(f"proof: {engine}: {KILLS} kills, {load.acknowledged} acknowledged writes each there once "
          f"({looked} comparisons), {folded} points folded, {load.lost} predictions lost and counted, slowest restart "
          f"{max(restarts):.2f} s, seed {SEED}")


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    """The small loop, played without kills and without a load."""
    server = LoopServer(tmp_path_factory.mktemp("quiet"))
    prepare(server)  # the split of units depends on what else there is
    SmallLoop(server.url, server.client().token).play()
    yield story(server, NAME)
    server.stop()


@pytest.mark.parametrize("round_number", range(ROUNDS))
def test_t48_a_loop_beside_the_load(round_number, launch, quiet, tmp_path, chance):
    server = launch(tmp_path, options=FOLDING)
    load, failures = Load(server, f"{SEED} loop {round_number}", clients=3), []
    loop = PatientLoop(server.url, server.client().token)

    def play():
        try:
            loop.play()
        except BaseException as error:
            failures.append(error)

    player = threading.Thread(target=play, daemon=True)
    player.start()
    while player.is_alive():
        player.join(chance.uniform(0.1, 1))
        server.kill()
        load.hold()
        server.start()
        load.check()
        load.go_on()
    load.end()
    assert not failures, failures
    load.check(everything=True)
    assert story(server, NAME) == quiet
    assert max(server.restart_seconds) < RESTART_SECONDS
    server.stop()
    print(f"proof: the small loop beside a load, {server.kills} kills, ended as without them, "
          f"seed {SEED}")
