"""T53: the wall clock jumps an hour ahead, back, and steps about while the server works: nothing hangs,
ids stay unique and sorted things stay sane, windows on event time do not notice, deadlines and pauses
run on the steady clock, and an event from the future is survived."""

import time

import pytest
from conftest import SEED, http_of
from faults import FaultServer
from ledger import LogBatch, NewRun
from script import Script
from serving import wait_for

HOUR = 3600
DAY = 24 * HOUR
STEPS = [HOUR, -HOUR, 0, 40 * 365 * 24 * HOUR, -24 * HOUR, 1, -1, 0]
PATIENCE_SECONDS = 3


@pytest.fixture
def server(tmp_path):
    made = FaultServer(tmp_path)
    yield made
    made.end()


def shift(server, seconds):
    server.plan["clock_shift_ns"] = int(seconds * 10**9)


def quickly(what):
    """The result of a call that must not wait for a clock."""
    begun = time.monotonic()
    result = what()
    assert time.monotonic() - begun < PATIENCE_SECONDS, "it waited for the wall clock"
    return result


def test_t53_a_run_of_everything_while_the_clock_steps(server, chance):
    """The scripted run with another jump before each of its steps."""
    script, steps = Script(), []
    for name in ("experiment", "run", "batch", "points", "small", "large", "version", "push",
                 "make_endpoint"):
        def stepped(http, step=getattr(script, name)):
            steps.append(chance.choice(STEPS))
            shift(server, steps[-1])
            return quickly(lambda: step(http))
        setattr(script, name, stepped)
    assert script.play(server)
    assert len(script.done) == len(Script.STEPS) + 1, script.done
    assert set(steps) - {0}
    shift(server, -HOUR)
    script.check(http_of(server))
    server.stop()
    shift(server, 0)
    server.start()
    script.check(http_of(server))
    server.stop()


def test_t53_ids_stay_unique(server):
    http, runs, experiments = http_of(server), set(), set()
    for number in range(60):
        shift(server, STEPS[number % len(STEPS)])
        write = NewRun(f"r{number}")
        assert quickly(lambda write=write: write.send(http))
        runs.add(write.id)
        made = http.call("POST", "/api/2.0/mlflow/experiments/create", {"name": f"e{number}"})
        experiments.add(int(made["experiment_id"]))
    assert len(runs) == len(experiments) == 60
    ids = [e["id"] for e in http.call("GET", "/api/rondo/v1/events?limit=1000")["events"]] \
        if http.get("/api/rondo/v1/events?limit=1000").status == 200 else []
    assert ids == sorted(set(ids))
    server.stop()


def test_t53_waits_run_on_the_steady_clock(server):
    """A wait that is under way as the clock jumps ends when it would have."""
    script = Script()
    assert script.play(server)
    http = http_of(server)
    for jump in (HOUR, -HOUR):
        shift(server, jump)
        # Labels are missing from here on, so the day waits; the answer comes after its patience.
        answer = http.send("GET", "/api/rondo/v1/endpoints/day/settled")
        assert answer.status == 200, answer
        for _ in range(20):  # the flusher and the loop go on
            assert quickly(lambda: http.predict("day", {"instances": [[1, 1]]}, x_rondo_unit_id="z",
                                                x_rondo_event_time="2024-04-05T00:00:00Z")).status == 200
        assert quickly(lambda: LogBatch(script.live, f"k{jump}", [1.0]).send(http))
    wait_for(lambda: http.status("day")["repeated"] >= 39, 5)
    arm = http.status("day")["champion"]
    wait_for(lambda: http.status("day")["champion"]["logged"] == arm["answered"], 5)
    server.stop()


def test_t53_an_arrival_clock_that_runs_backwards(server):
    """On the arrival clock a day is a day of the wall clock: a jump back leaves the settled time where
    it is, and an event from the future is kept and sealed in its turn."""
    script = Script()
    assert script.play(server)
    http = http_of(server)
    http.call("PUT", "/api/rondo/v1/endpoints/live", {
        "name": "live", "model": "models:/m@champion", "maturation": "1h", "tick_every": "1h"})
    wait_for(lambda: http.status("live")["engine"])
    def predict_some(jump):
        shift(server, jump)
        for unit in range(5):
            answer = quickly(lambda: http.predict("live", {"instances": [[1, 1]]},
                                                  x_rondo_unit_id=f"u{unit}"))
            assert answer.status == 200, answer

    def settled():
        return http.status("live").get("settled", "")

    predict_some(0)
    predict_some(3 * DAY)
    ahead = time.strftime("%Y-%m-%d", time.gmtime(time.time() + DAY))
    wait_for(lambda: settled() > ahead, 10)  # days that have not come yet are decided
    predict_some(0)
    predict_some(-HOUR)
    far = settled()

    def accounted(http):
        """Each answer is logged, lost or late; which, a restart does not change."""
        status = http.status("live")
        arm = status["champion"]
        return arm["answered"] + status["late"] == 20 and arm["logged"] + arm["lost"] == arm["answered"] \
            and (arm, status["late"])

    counted = wait_for(lambda: accounted(http), 5)
    assert settled() >= far
    future = http.predict("day", {"instances": [[1, 1]]}, x_rondo_unit_id="far",
                          x_rondo_event_time="2999-01-01T00:00:00Z")
    assert future.status in (200, 400), future
    server.stop()
    server.start()
    http = http_of(server)
    assert wait_for(lambda: accounted(http), 5) == counted
    script.check(http)
    print(f"proof: {len(STEPS)} jumps of the wall clock, up to 40 years, seed {SEED}")
    server.stop()
