"""Plays a whole loop on a running server in some seconds, over HTTP alone: a champion, a broken
candidate in the shadow, a world that turns around, the breach, retraining, the gate, a canary, its
promotion and its watch.
"""

import json
import random
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "examples/common"))

from rondo_client import Rondo  # noqa: E402
import tiny_model  # noqa: E402
from tiny_model import FEATURES, HOSTILE, Mlflow  # noqa: E402

NAME = "small"
ENDPOINT = f"/api/rondo/v1/endpoints/{NAME}"
ROWS_A_DAY = 40
UNITS = 200
HISTORY = datetime(2024, 3, 1, tzinfo=timezone.utc)
BEGIN = datetime(2024, 4, 1, tzinfo=timezone.utc)
SHADOW = datetime(2024, 4, 9, tzinfo=timezone.utc)
TURN = datetime(2024, 4, 17, tzinfo=timezone.utc)  # from here on the world is the other way round
LONGEST = timedelta(days=60)
DAY = timedelta(days=1)
TRAINING = ("collecting", "training", "gating")

PIPELINE = """name: small
environment: default
tasks: [{name: train, script: train.py, time_limit: 1m}]
register: {model: small, task: train}
"""
PAIRED = {"paired": True, "outcome_independent_of_answer": True, "clip": 0.2}
ENOUGH = {"evidence": 20, "min_days": 3, "min_rows": 40}
CANARY = {**PAIRED, "watch": {"time": "4d", "share": 1}, "stages": [
    {"mode": "canary", "share": 0.25, "horizon": "20d", "promote": ENOUGH}]}
SHADOW_SPEC = {**PAIRED, "stages": [{"mode": "shadow", "share": 1, "promote": ENOUGH}]}
POLICY = {
    "endpoint": NAME,
    "data": {"rows": ["history.csv", "log/*.csv"], "label": "y"},
    "monitor": {"metric": "brier", "window": "14d", "min_labels": 300,
                "reference_metric": "reference_brier", "margin": 0.1, "evidence": 100},
    "retrain": {"pipeline": NAME, "dataset": NAME, "cooldown": "10d"},
    "gate": {"metric": "brier", "holdout": "2d", "confidence": 0.9},
    "rollout": CANARY,
}


def iso(at):
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


class SmallLoop:
    def __init__(self, url, token):
        self.rondo, self.mlflow = Rondo(url, token=token), Mlflow(url)
        self.random = random.Random(5)
        self.now = BEGIN - DAY / 2

    def rows_of(self, day):
        """The rows of a day: when, unit, features, outcome."""
        turned = day >= TURN
        rows = []
        for i in range(ROWS_A_DAY):
            x = float(self.random.random() < 0.5)
            drifting = float(self.random.choice([2, 2, 3] if turned else [1, 1, 2]))
            often = 0.85 if (x == 1) != turned else 0.15
            rows.append((day + i * DAY / ROWS_A_DAY, f"unit-{self.random.randrange(UNITS)}",
                         [x, drifting], float(self.random.random() < often)))
        return rows

    def define(self):
        lines = ['event_time,unit,y,x,"' + HOSTILE + '"']
        day = HISTORY
        while day < BEGIN:
            lines += [f"{iso(at)},{unit},{y},{x},{z}" for at, unit, (x, z), y in self.rows_of(day)]
            day += DAY
        self.rondo.push(NAME, {"history.csv": "\n".join(lines).encode()}, "before the first day")
        files = "".join(f"  {path.name}: {self.rondo.upload(path.read_bytes())}\n"
                        for path in (HERE / "train.py", Path(tiny_model.__file__)))
        self.rondo.call("PUT", "/api/rondo/v1/pipelines/small", content_type="application/yaml",
                        raw=(PIPELINE + "files:\n" + files).encode())
        self.rondo.call("PUT", ENDPOINT, {
            "name": NAME, "model": "models:/small@champion", "clock": "event",
            "maturation": "12h", "tick_every": "1d", "tick_offset": "12h"})
        self.rondo.call("PUT", ENDPOINT + "/policy", POLICY)

    def status(self):
        return self.rondo.call("GET", ENDPOINT)

    def train_first_champion(self):
        self.rondo.call("POST", ENDPOINT + "/retrain", {})
        self.rondo.watermark(NAME, iso(self.now))
        assert self.status()["route"]["champion"] == 1, self.status()

    def register_broken(self):
        """A candidate that says the opposite; its run has a hostile name."""
        run_id, uri = self.mlflow.log(0.85, 0.15, {"note": HOSTILE}, {}, run_name=HOSTILE)
        return self.mlflow.register(NAME, run_id, uri), run_id

    def start_rollout(self, version, spec):
        return self.rondo.call("POST", ENDPOINT + "/rollouts", {"version": version, "spec": spec})

    def play_day(self):
        """One day: predictions, their outcomes, and the watermark, which waits for what follows."""
        labels, end = [], self.now + DAY
        for at, unit, features, y in self.rows_of(self.now + DAY / 2):
            body = json.dumps({"dataframe_split": {"columns": FEATURES, "data": [features]}})
            self.rondo.request("POST", f"/endpoints/{NAME}/invocations", body.encode(), {
                "content-type": "application/json", "x-rondo-unit-id": unit,
                "x-rondo-event-time": iso(at)})
            labels.append({"unit_id": unit, "prediction_time": iso(at), "value": y,
                           "event_time": iso(at + timedelta(hours=1))})
        self.rondo.call("POST", ENDPOINT + "/feedback", {"labels": labels})
        self.rondo.watermark(NAME, iso(end))
        self.wait_for_training()
        self.now = end

    def wait_for_training(self):
        """While a pipeline trains, the champion goes on answering: how many rows come meanwhile is chance.
        A story that has to be the same each time begins the next day when that is over."""
        while self.status().get("latest_case", {}).get("state") in TRAINING:
            time.sleep(0.02)

    def play(self):
        """Until the loop has ended."""
        self.define()
        self.train_first_champion()
        broken, self.broken_run = self.register_broken()
        while True:
            if self.now == SHADOW + DAY / 2:
                self.start_rollout(broken, SHADOW_SPEC)
            self.play_day()
            status = self.status()
            case = status.get("latest_case", {})
            if case.get("reason") == "breach" and case["state"] == "closed":
                return
            assert self.now < BEGIN + LONGEST, status
