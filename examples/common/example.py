"""What the examples have in common: history goes up as a data version, definitions are applied, the
first champion is trained by the server's pipeline, and later rows are played in event time.
"""

import argparse
import os
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from replay import Replay
from rondo_client import Rondo, RondoError

COMMON = Path(__file__).resolve().parent


def say(text):
    print(text, flush=True)


def to_csv(frame, label, features):
    """The columns of the dataset, times as RFC 3339, as bytes."""
    out = frame[["event_time", "unit", label] + features].copy()
    out["event_time"] = out["event_time"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return out.to_csv(index=False).encode()


def is_reference_day(frame):
    """Every fifth day is never trained on."""
    day = frame["event_time"].dt.floor("D")
    return ((day - day.min()).dt.days % 5 == 4).to_numpy()


def to_body(values, features):
    """One request: MLflow's dataframe_split. NaN becomes null."""
    cells = ",".join("null" if v != v else repr(float(v)) for v in values)
    columns = ",".join(f'"{name}"' for name in features)
    return f'{{"dataframe_split":{{"columns":[{columns}],"data":[[{cells}]]}}}}'.encode()


def option_parser(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--until", type=day, metavar="DAY", help="last day to play, as 2013-05-31")
    return parser


def day(text):
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


class Example:
    """name: of dataset, pipeline, model and endpoint alike; folder: with the YAML files."""

    def __init__(self, name, folder, label, features):
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        self.name, self.folder, self.label, self.features = name, folder, label, features
        self.rondo = Rondo()
        self.path = f"/api/rondo/v1/endpoints/{name}"

    def push_history(self, history, message):
        reference = is_reference_day(history)
        version = self.rondo.push(
            self.name,
            {"history.csv": to_csv(history[~reference], self.label, self.features),
             "reference.csv": to_csv(history[reference], self.label, self.features)}, message)
        say(f"dataset {self.name} version {version['number']} ({version['digest'][:12]}): "
            f"{(~reference).sum():,} rows and {reference.sum():,} of frozen reference")

    def define(self):
        self.rondo.define_pipeline(self.name, self.folder / "pipeline.yaml",
                                   [self.folder / "train.py", COMMON / "training.py"])
        self.rondo.apply(self.path, self.folder / "endpoint.yaml")
        self.rondo.apply(self.path + "/policy", self.folder / "policy.yaml")

    def status(self):
        return self.rondo.call("GET", self.path)

    def train_first_champion(self):
        if self.status().get("route"):
            return
        say("training the first champion")
        try:
            self.rondo.call("POST", self.path + "/retrain", {})
        except RondoError as error:  # asked for before a restart: it is under way
            if error.status != 409:
                raise
        while True:
            case = self.status().get("latest_case")
            if case and case["state"] == "closed":
                break
            time.sleep(0.2)
        status = self.status()
        if not status.get("route"):
            raise SystemExit(f"no champion: {case['outcome']}; see `rondo timeline {self.name}`")
        say(f"version {status['route']['champion']} is champion, served by {status['engine']}")

    def requests(self, frame):
        """The rows of a frame as the replay wants them."""
        values = frame[self.features].to_numpy()
        times = frame["event_time"].dt.to_pydatetime()
        known = frame["known"].dt.to_pydatetime()
        return [{"event_time": t, "known": k, "unit": str(u), "label": float(y),
                 "body": to_body(v, self.features)}
                for t, k, u, y, v in zip(times, known, frame["unit"], frame[self.label], values)]

    def loop_has_ended(self):
        status = self.status()
        case = status.get("latest_case") or {}
        return not status.get("rollout") and case.get("state") in (None, "closed")

    def play(self, frame, first_day, last_day, until=None, on_day=None):
        """Until last_day, and on until the loop has ended; or until the day `until` and no further."""
        if until:
            last_day = until
            frame = frame[frame["event_time"] < until + timedelta(hours=12)]
        say(f"playing {len(frame):,} requests in event time from {first_day:%Y-%m-%d} on")
        replay = Replay(self.name, self.requests(frame), on_day=on_day)
        replay.run(first_day, last_day, until=self.loop_has_ended)
        status = self.status()
        arms = {arm: status[arm] for arm in ("champion", "candidate")}
        say(f"settled until {status['settled']}; champion is version "
            f"{status['route']['champion']}; predictions {arms}")
