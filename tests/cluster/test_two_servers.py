"""Two servers on one PostgreSQL and one folder of blobs tell the story that one server alone tells,
with requests spread over both and either of them killed at random moments.

RONDO_SERVER_KILLS=100 plays on with other seeds until as many kills have happened (make verify)."""

import os
import random
import threading
import time

import pytest
from loop_server import LoopServer, story
from small_loop import NAME
from two_loop import TwoLoop

KILLS = int(os.environ.get("RONDO_SERVER_KILLS", "3"))
PATH = f"/api/rondo/v1/endpoints/{NAME}"


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The story of one server with SQLite."""
    server = LoopServer(tmp_path_factory.mktemp("alone"))
    loop = TwoLoop([server])
    loop.prepare()
    loop.go_on()
    told = story(server, NAME)
    status = loop.status()
    server.stop()
    assert len(told) > 10 and all(line.get("identical", True) for line in told)
    return told, status


class Killer(threading.Thread):
    """Kills one of the servers after each pause, and starts it again: at once, or after the others
    have taken it for dead."""

    def __init__(self, servers, seed, kills):
        super().__init__(daemon=True)
        self.servers, self.chance, self.kills = servers, random.Random(seed), kills
        self.failure, self.over, self.done = None, threading.Event(), 0

    def run(self):
        try:
            for _ in range(self.kills):
                if self.over.wait(self.chance.uniform(0.2, 2.5)):
                    return
                server = self.chance.choice(self.servers)
                server.kill()
                self.done += 1
                time.sleep(self.chance.choice([0, 0, 2.5]))
                server.start()
        except BaseException as error:  # raised by end(), in the test's own thread
            self.failure = error

    def end(self):
        self.over.set()
        self.join()
        if self.failure:
            raise self.failure


def ends_the_same(pair, told, expected):
    for server in pair.servers:
        for number, (line, there) in enumerate(zip(now := story(server, NAME), told)):
            assert line == there, f"entry {number}:\n{line}\nalone:\n{there}"
        assert len(now) == len(told)
    status = pair.servers[0].client().call("GET", PATH)
    assert status["route"]["champion"] == expected["route"]["champion"]
    for arm in ("champion", "candidate"):
        counts = status[arm]
        assert counts["answered"] == counts["logged"] + counts["lost"]
        kept = counts["logged"] - counts.get("twice", 0) - counts.get("too_late", 0)
        assert kept >= expected[arm]["logged"], (arm, counts, expected[arm])
    models = pair.servers[1].client().call(
        "GET", f"/api/2.0/mlflow/model-versions/search?filter=name%3D%27{NAME}%27")
    assert len(models["model_versions"]) == 3  # the first, the broken, the retrained: none twice
    return status


def test_requests_spread_over_both_tell_the_story_of_one(alone, make_pair):
    told, expected = alone
    pair = make_pair()
    loop = TwoLoop(pair.servers, seed=1)
    loop.prepare()
    loop.go_on()
    status = ends_the_same(pair, told, expected)
    assert loop.replays == 0
    for arm in ("champion", "candidate"):
        assert status[arm]["lost"] == 0 and "too_late" not in status[arm]
    assert status["late"] == 0 and status["labels_unmatched"] == 0


def test_t56_either_is_killed_and_the_other_goes_on(alone, make_pair):
    told, expected = alone
    kills = seed = lost = twice = 0
    while kills < KILLS:
        seed += 1
        pair = make_pair()
        loop = TwoLoop(pair.servers, seed)
        loop.prepare()
        killer = Killer(pair.servers, seed, KILLS - kills)
        killer.start()
        try:
            loop.go_on()
        finally:
            killer.end()
        print(f"seed {seed}: {killer.done} kills, {loop.replays} replays")
        status = ends_the_same(pair, told, expected)
        kills += killer.done
        lost += sum(status[arm]["lost"] for arm in ("champion", "candidate"))
        twice += sum(status[arm].get("twice", 0) for arm in ("champion", "candidate"))
        pair.stop()
        assert seed < max(KILLS, 5), "hardly any kill happens"
    print(f"proof: {kills} kills of either of two servers in {seed} runs: the story of one; "
          f"{lost} answered rows lost and played again, {twice} logged by both and counted once")
