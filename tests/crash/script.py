"""One short life of a server, step by step, with a ledger: what the tests of failing calls repeat."""

import json
import random
import time

import tiny_model
from conftest import http_of
from ledger import (AWAY, Alias, Artifact, LogBatch, NewExperiment, NewModel, NewRun, NewVersion, Push,
                    Write)
from serving import wait_for

DAY = "2024-04-01"
ENDPOINT = "day"
ROWS = 6
HEAL_SECONDS = 5


class NewEndpoint(Write):
    repeatable = True

    def ask(self, http):
        return http.send("PUT", f"/api/rondo/v1/endpoints/{ENDPOINT}", {
            "name": ENDPOINT, "model": "models:/m@champion", "clock": "event", "maturation": "1h"})

    def count(self, http):
        return int(http.get(f"/api/rondo/v1/endpoints/{ENDPOINT}").status == 200)


class DayOfPredictions:
    """Predictions of one day on the event clock, their labels, and the day sealed. What was lost may be
    sent again and counts once."""

    def __init__(self):
        self.acknowledged, self.labels, self.reached = {}, False, False

    def predict(self, http):
        for row in range(ROWS):
            answer = http.predict(ENDPOINT, {"instances": [[row % 2, 1]]}, x_rondo_unit_id=f"u{row}",
                                  x_rondo_event_time=f"{DAY}T00:00:0{row}Z")
            if answer.status == 200:
                self.acknowledged[row] = answer.json["predictions"]
        return len(self.acknowledged) == ROWS

    def label(self, http):
        answer = http.send("POST", f"/api/rondo/v1/endpoints/{ENDPOINT}/feedback", {"labels": [
            {"unit_id": f"u{row}", "prediction_time": f"{DAY}T00:00:0{row}Z", "value": 1,
             "event_time": f"{DAY}T00:10:00Z"} for row in self.acknowledged]})
        if answer.status == 200:
            found, count = answer.json, len(self.acknowledged)
            assert found["accepted"] + found["repeated"] == count, found
            assert not self.labels or found["repeated"] == count, f"labels are lost: {found}"
            self.labels = True
        return answer.status == 200

    def seal(self, http):
        answer = http.send("POST", f"/api/rondo/v1/endpoints/{ENDPOINT}/watermark",
                           {"event_time": "2024-04-03T12:00:00Z", "wait": True})
        self.reached = self.reached or (answer.status == 200 and answer.json["reached"])
        return self.reached

    def check(self, http):
        if not self.acknowledged:
            return
        status = http.status(ENDPOINT)
        arm = status["champion"]
        assert arm["answered"] >= len(self.acknowledged), status
        assert arm["logged"] + arm["lost"] == arm["answered"], status
        if self.reached:
            assert status["settled"] >= "2024-04-03T12:00:00Z", status


class Script:
    """Each step returns whether it was acknowledged; a step that needs a failed one is left out."""

    STEPS = ["experiment", "run", "batch", "points", "small", "large", "version", "push", "endpoint",
             "predict", "label", "seal"]

    def __init__(self, seed=0):
        self.chance, self.day = random.Random(seed), DayOfPredictions()
        self.writes, self.refusals = [], []
        self.alias = Alias("m", "champion")
        self.endpoint = NewEndpoint("endpoint")

    def keep(self, http, write):
        """An answer that is no success says so, in words."""
        if write not in self.writes:
            self.writes.append(write)
        done = write.send(http)
        if not done:
            assert write.answer.status in (500, 503, 507), f"{write}: {write.answer}"
            assert len(write.answer.message) > 10, write.answer
            self.refusals.append(write.answer)
        return done

    def experiment(self, http):
        self.made = NewExperiment("e")
        return self.keep(http, self.made)

    def run(self, http):
        self.live = NewRun("r", self.made.id)
        return self.keep(http, self.live)

    def batch(self, http):
        return self.keep(http, LogBatch(self.live, "b", [1.0, 2.0, 3.0]))

    def points(self, http):
        return self.keep(http, LogBatch(self.live, "p", [float(i) for i in range(300)], whole=False))

    def small(self, http):
        return self.keep(http, Artifact(self.live, "small.bin", self.chance.randbytes(100)))

    def large(self, http):
        return self.keep(http, Artifact(self.live, "large.bin", self.chance.randbytes(1_200_000)))

    def version(self, http):
        files = {"MLmodel": tiny_model.mlmodel(), "model.json": tiny_model.booster(0.25, 0.75)}
        for name, content in files.items():
            if not self.keep(http, Artifact(self.live, f"model/{name}", json.dumps(content).encode())):
                return False
        run = NewRun("r", self.made.id)
        run.id, run.root = self.live.id, f"{self.live.root}/model"
        version = NewVersion("m", run, "v")
        return (self.keep(http, NewModel("m")) and self.keep(http, version)
                and self.alias.move(http, version.version))

    def push(self, http):
        return self.keep(http, Push("d", "first", {"a.bin": b"a" * 5000, "b/c.bin": b"c"}))

    def make_endpoint(self, http):
        if not self.keep(http, self.endpoint):
            return False
        until = time.monotonic() + HEAL_SECONDS
        while not http.status(ENDPOINT)["engine"] and time.monotonic() < until:
            time.sleep(0.01)
        return True

    def play(self, server):
        """True when the server lived through all of it."""
        try:
            http, done = http_of(server), set()
            done.add("start")

            def step(name, call, *needed):
                if set(needed) <= done and call(http):
                    done.add(name)

            step("experiment", self.experiment)
            step("run", self.run, "experiment")
            step("batch", self.batch, "run")
            step("points", self.points, "run")
            step("small", self.small, "run")
            step("large", self.large, "run")
            step("version", self.version, "run")
            step("push", self.push)
            step("endpoint", self.make_endpoint, "version")
            step("predict", self.day.predict, "endpoint")
            step("label", self.day.label, "predict")
            step("seal", self.day.seal, "label")
            self.done = done
            return True
        except AWAY:
            return False

    def check(self, http):
        """Everything that was promised is there."""
        models = [w for w in self.writes if isinstance(w, NewModel)]
        for write in self.writes:
            if isinstance(write, NewVersion) and not (models and models[0].acknowledged):
                continue
            write.check(http)
        self.alias.check(http)
        self.day.check(http)

    def heal(self, http, chance):
        """New writes of each kind are acknowledged again."""
        name, run = f"again-{chance.randrange(10**9)}", None
        for make in (NewExperiment, NewRun, lambda n: LogBatch(run, n, [1.0]),
                     lambda n: Artifact(run, n, chance.randbytes(2000)),
                     lambda n: Push("d", n, {"x": chance.randbytes(100)}), NewModel):
            write = make(name)
            wait_for(lambda: write.send(http), HEAL_SECONDS)
            self.writes.append(write)
            run = write if isinstance(write, NewRun) else run
