"""The small loop of tests/browser, played against two servers: each request goes to either. Whatever a
server that died may have taken is played again from what is settled, as the session says."""

import json
import random
import time
from datetime import datetime, timedelta, timezone

import small_loop
from rondo_client import Rondo, RondoError
from small_loop import DAY, ENDPOINT, FEATURES, NAME, SHADOW, SHADOW_SPEC, SmallLoop, iso

AWAY_SECONDS = 60


def parse(text):
    return datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)


class TwoLoop(SmallLoop):
    def __init__(self, servers, seed=0):
        super().__init__(servers[0].url, servers[0].client().token)
        self.servers, self.chance = servers, random.Random(seed)
        self.clients = [Rondo(server.url, token=server.client().token, patience=0)
                        for server in servers]
        self.days, self.replays, self.session = {}, 0, None

    def rows_of(self, day):
        """The same rows however often they are played."""
        if day not in self.days:
            self.days[day] = super().rows_of(day)
        return self.days[day]

    def either(self):
        return self.chance.choice(self.clients)

    def status(self):
        """Of whichever server answers."""
        return self.patiently(lambda: self.either().call("GET", ENDPOINT))

    def patiently(self, call):
        until = time.monotonic() + AWAY_SECONDS
        while True:
            try:
                return call()
            except (OSError, RondoError) as error:
                away = not isinstance(error, RondoError) or error.status >= 500
                if not away or time.monotonic() > until:
                    raise
                time.sleep(0.05)

    def begin(self):
        """How far everything is settled, in a session whose every answer still counts."""
        self.wait_for_training()
        answer = self.followed()
        self.session, self.now = answer["session"], parse(answer["settled"])

    def followed(self):
        """How far everything is settled, once every server answers by what is."""
        def ask():
            answer = self.either().settled(NAME)
            if not answer["reached"]:
                raise OSError("a server does not follow yet")
            return answer
        return self.patiently(ask)

    def play_day(self):
        labels, end = [], self.now + DAY
        for at, unit, features, y in self.rows_of(self.now + DAY / 2):
            body = json.dumps({"dataframe_split": {"columns": FEATURES, "data": [features]}})
            self.either().request("POST", f"/endpoints/{NAME}/invocations", body.encode(), {
                "content-type": "application/json", "x-rondo-unit-id": unit,
                "x-rondo-event-time": iso(at)})
            labels.append({"unit_id": unit, "prediction_time": iso(at), "value": y,
                           "event_time": iso(at + timedelta(hours=1))})
        self.either().call("POST", ENDPOINT + "/feedback", {"labels": labels})
        self.either().watermark(NAME, iso(end), self.session)
        self.wait_for_training()
        self.followed()
        self.now = end

    def deploy_broken(self):
        done = self.either().call("GET", ENDPOINT + "/rollouts")["rollouts"]
        if not any(rollout["candidate"] == self.broken for rollout in done):
            self.either().call("POST", ENDPOINT + "/rollouts",
                               {"version": self.broken, "spec": SHADOW_SPEC})

    def prepare(self):
        """Until the first champion; nobody is killed so far."""
        self.define()
        self.train_first_champion()
        self.broken, self.broken_run = self.register_broken()
        self.begin()

    def go_on(self):
        """Until the loop has ended, whatever happens to the servers."""
        while True:
            try:
                if self.now == SHADOW + DAY / 2:
                    self.deploy_broken()
                self.play_day()
            except (OSError, RondoError) as error:
                if isinstance(error, RondoError) and error.status < 500 and error.status != 409:
                    raise
                self.replays += 1
                self.begin()
                continue
            case = self.status().get("latest_case", {})
            if case.get("reason") == "breach" and case["state"] == "closed":
                return
            assert self.now < small_loop.BEGIN + small_loop.LONGEST, self.status()
