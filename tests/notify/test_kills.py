"""Kills: each event reaches its receiver at least once, always with the same id (T48 for webhooks)."""

import collections
import random
import threading
import time

import pytest
from conftest import ENGINES, until


@pytest.mark.parametrize("engine", ENGINES)
def test_killed_between_sending_and_writing(engine, start, receiver):
    house = start(engine, receiver)
    house.webhook("hook", receiver.url("/held"))
    house.model("m")
    first = until(lambda: receiver.messages("/held"))[0]
    house.kill()
    receiver.let_go.set()
    house.start()
    second = until(lambda: receiver.messages("/held")[1:], 40)[0]
    assert second.id == first.id and second.body == first.body
    row = until(lambda: [d for d in house.deliveries("hook") if d["state"] == "delivered"])[0]
    assert row["message_id"] == first.id


@pytest.mark.parametrize("engine", ENGINES)
def test_t48_kills_lose_no_event(engine, start, receiver):
    chance = random.Random(f"notify {engine}")
    house = start(engine, receiver)
    house.webhook("hook", receiver.url("/ok"))
    acknowledged, running = [], True

    def write():
        number = 0
        while running:
            number += 1
            name = f"m{number}"
            try:
                house.model(name)
                acknowledged.append(name)
                time.sleep(0.005)  # the point is what kills do, not how much there is
            except (OSError, ValueError):
                time.sleep(0.05)

    writer = threading.Thread(target=write)
    writer.start()
    for _ in range(3):
        time.sleep(chance.uniform(0.1, 0.8))
        house.kill()
        house.start()
    time.sleep(0.3)
    running = False
    writer.join()
    subjects = {"model/" + name for name in acknowledged}

    until(lambda: len({m.id for m in receiver.messages("/ok")}) >= len(subjects)
          and not subjects - {m.json()["subject"] for m in receiver.messages("/ok")}, 40,
          "all acknowledged events")
    ids = collections.defaultdict(set)
    for message in receiver.messages("/ok"):
        ids[message.json()["event"]].add(message.id)
    assert all(len(found) == 1 for found in ids.values()), "a repeat has another id"
    assert len(set.union(*ids.values())) == len(ids), "two events share an id"
    assert len(acknowledged) > 20
    until(lambda: all(d["state"] == "delivered" for d in house.deliveries("hook")))


def test_stop_waits_for_nobody(start, receiver):
    """SIGTERM with messages under way: at once, and they go again after the start."""
    house = start("sqlite", receiver)
    for i in range(3):
        house.webhook(f"hook{i}", receiver.url("/held"))
    house.model("m")
    until(lambda: len(receiver.messages("/held")) == 3)
    begun = time.monotonic()
    house.stop()
    assert time.monotonic() - begun < 5
    receiver.let_go.set()
    house.start()
    until(lambda: len(receiver.messages("/held")) == 6)
    assert len({m.id for m in receiver.messages("/held")}) == 3
