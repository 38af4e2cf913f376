"""A load of every kind of write by several clients at once, each with its own ledger."""

import random
import threading
import time

from conftest import PatientHttp, http_of
from ledger import (AWAY, Alias, Artifact, Label, LogBatch, NewExperiment, NewModel, NewRun, NewVersion,
                    Predictions, Push)
from serving import serve_tiny
from tiny_model import Mlflow

SAMPLE = 40  # older writes looked at again after each restart
LIVE = "live"
PAUSE_SECONDS = 0.05


class Client(threading.Thread):
    """Writes in random order until told to end; stands still while the server is away."""

    def __init__(self, load, number):
        super().__init__(daemon=True)
        self.load, self.number = load, number
        self.chance = random.Random(f"{load.seed} client {number}")
        self.name = f"c{number}"
        self.http, self.made, self.writes, self.unsure = http_of(load.server), 0, [], []
        self.runs, self.versions, self.model, self.alias = [], [], None, None
        self.predictions, self.failure, self.checked = [], None, 0

    def next_name(self):
        self.made += 1
        return f"{self.name}-{self.made}"

    def run(self):
        try:
            while self.load.may_go_on():
                try:
                    self.step()
                except AWAY:
                    pass
        except BaseException as error:
            self.failure = error

    def step(self):
        chance = self.chance
        if not self.runs:
            return self.keep(NewRun(self.next_name()))
        run = chance.choice(self.runs)
        what = chance.choices(["batch", "points", "run", "experiment", "artifact", "push", "version",
                               "alias", "predict", "label", "again"],
                              [8, 8, 2, 1, 4, 2, 2, 2, 8, 6, 3])[0]
        if what == "again":  # what nobody answered, and what was answered: neither counts twice
            pool = self.unsure or self.writes[-5:]
            pool = [write for write in pool if write.repeatable]
            if pool:
                chance.choice(pool).send(self.http)
        elif what in ("batch", "points"):
            points = [float(i) for i in range(chance.choice([1, 3, 200]))]
            self.keep(LogBatch(run, self.next_name(), points, whole=what == "batch"))
        elif what == "run":
            self.keep(NewRun(self.next_name()))
        elif what == "experiment":
            self.keep(NewExperiment(self.next_name()))
        elif what == "artifact":
            size = chance.choice([10, 5000, 300_000])
            self.keep(Artifact(run, self.next_name(), chance.randbytes(size)))
        elif what == "push":
            files = {f"{i}.bin": chance.randbytes(2000) for i in range(2)}
            self.keep(Push(f"data-{self.name}", self.next_name(), files))
        elif what == "version":
            self.version(run)
        elif what == "alias" and self.versions:
            self.alias.move(self.http, chance.choice(self.versions).version)
        elif what == "predict":
            unit = f"unit-{chance.randrange(100)}"
            if prediction := self.load.predictions.predict_as(self.number, self.http, unit):
                self.predictions.append(prediction)
        elif what == "label" and self.predictions:
            prediction = self.predictions.pop(chance.randrange(len(self.predictions)))
            self.keep(Label(LIVE, prediction, float(chance.random() < 0.5)))

    def version(self, run):
        model = f"model-{self.name}"
        if self.alias is None:
            self.model, self.alias = NewModel(model), Alias(model, "best")
            self.keep(self.model)
        else:
            self.keep(NewVersion(model, run, self.next_name()))

    def keep(self, write):
        """Sends a new write. It is in the ledger before anything is sent."""
        self.writes.append(write)
        if not write.repeatable or self.chance.random() < 0.9:
            self.unsure.append(write)
        if not write.send(self.http) and write.answer.status == 503:
            time.sleep(PAUSE_SECONDS)  # as the answer asks for
        self.unsure = [w for w in self.unsure if not w.acknowledged]
        self.learn(write)

    def learn(self, write):
        """What is acknowledged may be built on."""
        if write.acknowledged and isinstance(write, NewRun) and write not in self.runs:
            self.runs.append(write)
        if write.acknowledged and isinstance(write, NewVersion) and write not in self.versions:
            self.versions.append(write)

    def check(self, http, everything=False, power_losses=()):
        """Compares with the server what is new since the last time, and some of what is old."""
        old, new = self.writes[:self.checked], self.writes[self.checked:]
        if not everything:
            old = self.chance.sample(old, min(SAMPLE // 4, len(old)))
        has_model = self.model_is_there(http)
        for write in [*old, *new]:
            if isinstance(write, (NewModel, NewVersion)) and not has_model:
                assert not write.acknowledged, write
                continue
            write.check(http, power_losses)
            self.learn(write)
        if has_model:
            self.alias.check(http)
        else:
            self.alias = self.model = None  # asked for again
        self.checked = len(self.writes)
        return len(old) + len(new)

    def model_is_there(self, http):
        return self.model is not None and (self.model.acknowledged or self.model.count(http) == 1)


class Counted(Predictions):
    """Predictions by many clients: each counts its own."""

    def __init__(self, endpoint, versions, clients):
        super().__init__(endpoint, versions)
        self.parts = [Predictions(endpoint, versions) for _ in range(clients)]

    def predict_as(self, number, http, unit):
        return self.parts[number].predict(http, unit)

    def check(self, http):
        self.asked = sum(part.asked for part in self.parts)
        self.answered = {v: sum(part.answered[v] for part in self.parts) for v in self.versions}
        return super().check(http)


def prepare(server):
    """An endpoint whose traffic two versions share."""
    http, mlflow = http_of(server), Mlflow(server.url)
    serve_tiny(http, mlflow, LIVE)
    run_id, uri = mlflow.log(0.2, 0.8, {}, {})
    assert mlflow.register(LIVE, run_id, uri) == 2
    http.call("POST", f"/api/rondo/v1/endpoints/{LIVE}/rollouts", {
        "version": 2, "spec": {"paired": False, "stages": [{"mode": "canary", "share": 0.5}]}})


class Load:
    """The clients, and a gate that holds them while the server is away or looked at."""

    def __init__(self, server, seed, clients=6):
        self.server, self.seed = server, seed
        self.open, self.over = threading.Event(), False
        self.changed, self.standing = threading.Condition(), 0
        prepare(server)
        self.predictions = Counted(LIVE, ["1", "2"], clients)
        self.clients = [Client(self, number) for number in range(clients)]
        self.open.set()
        for client in self.clients:
            client.start()

    def may_go_on(self):
        if not self.open.is_set():
            with self.changed:
                self.standing += 1
                self.changed.notify_all()
            self.open.wait()
            with self.changed:
                self.standing -= 1
        return not self.over

    def hold(self):
        """Returns when every client stands still."""
        self.open.clear()
        until = time.monotonic() + 60
        with self.changed:
            while self.standing < sum(c.is_alive() for c in self.clients):
                self.changed.wait(0.1)
                assert time.monotonic() < until, "a client hangs"
        for client in self.clients:
            if client.failure:
                raise client.failure

    def go_on(self):
        self.open.set()

    def check(self, everything=False, power_losses=()):
        """Everything promised is there; returns how many writes were compared."""
        http = http_of(self.server, PatientHttp)
        looked = sum(client.check(http, everything, power_losses) for client in self.clients)
        self.lost = self.predictions.check(http)
        return looked

    def end(self):
        self.hold()
        self.over = True
        self.go_on()
        for client in self.clients:
            client.join(60)
            assert not client.is_alive(), "a client does not end"

    @property
    def acknowledged(self):
        return sum(w.acknowledged for c in self.clients for w in c.writes)
