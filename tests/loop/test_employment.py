"""The second example: a healthy champion stays, a yearly retraining is tried, and whatever the data
say is recorded so that it comes out the same again."""

import os

import pytest
from loop_server import LoopServer

# The first yearly retraining and its canary's horizon lie before this day; RONDO_WHOLE=1 plays all
# three years (make verify).
WHOLE = os.environ.get("RONDO_WHOLE") == "1"
UNTIL = [] if WHOLE else ["--until", "2017-03-15"]


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    server = LoopServer(tmp_path_factory.mktemp("employment"))
    server.play("employment", *UNTIL)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def entries(played):
    path = "/api/rondo/v1/endpoints/employment/timeline?limit=10000"
    return played.client().call("GET", path)["entries"]


def test_nothing_breaks_where_nothing_changes(entries):
    assert not [e for e in entries if e["kind"] == "monitor.breach"]


def test_the_schedule_trains_and_each_trial_ends(played, entries):
    kinds = [e["kind"] for e in entries]
    due = kinds.count("retrain.due")
    assert due == 1 or WHOLE and due > 1
    # The first is asked for by hand; each starts, makes a version, and is judged.
    assert kinds.count("retrain.started") == kinds.count("retrain.candidate") == due + 1
    assert kinds.count("gate.passed") + kinds.count("gate.failed") == due + 1
    ends = ("rollout.promoted", "rollout.rolled_back", "rollout.inconclusive")
    # The rows may end while the last one is on trial.
    status = played.client().call("GET", "/api/rondo/v1/endpoints/employment")
    open_trials = 1 if (status.get("rollout") or {}).get("state") == "running" else 0
    assert kinds.count("rollout.started") == sum(map(kinds.count, ends)) + open_trials


def test_every_decision_comes_out_the_same_to_the_bit(played, entries):
    for decision in [e["decision"] for e in entries if "decision" in e]:
        why = played.client().call("GET", f"/api/rondo/v1/decisions/{decision}/why")
        assert why["recomputed"] and why["identical"], why["sentence"]
