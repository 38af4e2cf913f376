"""T48: kill -9 at random moments under a load of every kind of write: what was acknowledged is there
exactly once, what was not is there whole or not at all, and the server is up again within 2 s.

A few kills for each engine by default; RONDO_KILLS names another number (make verify: 200)."""

import os
import random
import threading
import time

import pytest
from conftest import SEED, http_of
from load import Load
from loop_server import LoopServer, story
from small_loop import ENDPOINT, SmallLoop

KILLS = int(os.environ.get("RONDO_KILLS", "4"))
RESTART_SECONDS = 2


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_t48_kill_9_under_load(engine, tmp_path, request, chance):
    database = ""
    if engine == "postgresql":
        database = request.getfixturevalue("postgres").new_database("kills")
    server = LoopServer(tmp_path, database)
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
    server.stop()
    print(f"proof: {engine}: {KILLS} kills, {load.acknowledged} acknowledged writes each there once "
          f"({looked} comparisons), {load.lost} predictions lost and counted, slowest restart "
          f"{max(restarts):.2f} s, seed {SEED}")
