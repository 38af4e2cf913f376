"""The flights example: sends data, definitions, predictions and labels to a Rondo server, and reads
what became of them. Every decision is the server's.
"""

import argparse
import json
import os
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "common")]

import mlflow  # noqa: E402
import yaml  # noqa: E402
from flights import FEATURES, is_reference_day, load, to_body, to_csv  # noqa: E402
from replay import Replay, iso  # noqa: E402
from rondo_client import Rondo, RondoError  # noqa: E402
from training import fit, log_model  # noqa: E402

UTC = timezone.utc
FIRST_DAY = datetime(2013, 4, 1, tzinfo=UTC)
LAST_DAY = datetime(2013, 8, 31, tzinfo=UTC)
# Two broken candidates are deployed by hand while the champion is healthy.
SHUFFLED_FROM = datetime(2013, 4, 15, 12, tzinfo=UTC)
SKEWED_FROM = datetime(2013, 5, 20, 12, tzinfo=UTC)


def say(text):
    print(text, flush=True)


class Example:
    def __init__(self):
        self.rondo = Rondo()
        say("reading 336,776 flights and the weather")
        self.frame = load()
        self.quarter = self.frame[self.frame["event_time"] < FIRST_DAY]

    # --- set-up ---------------------------------------------------------------------------------

    def push_history(self):
        reference = is_reference_day(self.quarter)
        version = self.rondo.push(
            "flights",
            {"history.csv": to_csv(self.quarter[~reference]),
             "reference.csv": to_csv(self.quarter[reference])},
            "January to March 2013; every fifth day is the frozen reference")
        say(f"dataset flights version {version['number']} ({version['digest'][:12]}): "
            f"{(~reference).sum():,} rows and {reference.sum():,} of reference")

    def define(self):
        common = HERE.parent / "common"
        self.rondo.define_pipeline("flights", HERE / "pipeline.yaml",
                                   [HERE / "train.py", common / "training.py"])
        self.rondo.apply("/api/rondo/v1/endpoints/flights", HERE / "endpoint.yaml")
        self.rondo.apply("/api/rondo/v1/endpoints/flights/policy", HERE / "policy.yaml")

    def train_first_champion(self):
        status = self.rondo.call("GET", "/api/rondo/v1/endpoints/flights")
        if status.get("route"):
            return
        say("training the first champion")
        try:
            self.rondo.call("POST", "/api/rondo/v1/endpoints/flights/retrain", {})
        except RondoError as error:  # asked for before a restart: it is under way
            if error.status != 409:
                raise
        self.wait_for_case()
        status = self.rondo.call("GET", "/api/rondo/v1/endpoints/flights")
        case = status["latest_case"]
        if not status.get("route"):
            raise SystemExit(f"no champion: {case['outcome']}; see `rondo timeline flights`")
        say(f"version {status['route']['champion']} is champion, served by {status['engine']}")

    def wait_for_case(self):
        import time
        while True:
            case = self.rondo.call("GET", "/api/rondo/v1/endpoints/flights").get("latest_case")
            if case and case["state"] in ("closed", "rolling_out"):
                return
            time.sleep(0.2)

    # --- broken candidates ----------------------------------------------------------------------

    def register_broken(self):
        """(a) trained on shuffled labels; (b) trained with the departure as HHMM, so that it is
        served another meaning than it learned (training/serving skew)."""
        mlflow.set_tracking_uri(self.rondo.url)
        mlflow.set_experiment("flights-broken")
        train = self.quarter[~is_reference_day(self.quarter)]
        labels = train["late"].sample(frac=1, random_state=11).to_numpy()
        made = {"shuffled": (train[FEATURES], labels)}
        skewed = train[FEATURES].copy()
        skewed["sched_dep_minutes"] = train["sched_dep_hhmm"]
        made["skewed"] = (skewed, train["late"].to_numpy())
        return {name: self.register(name, *data) for name, data in made.items()}

    def register(self, name, features, labels):
        client = mlflow.MlflowClient()
        for version in client.search_model_versions("name='flights'"):
            if version.tags.get("example.broken") == name:
                return int(version.version)
        booster = fit(features, labels)
        run_id, model_uri = log_model(booster, features, {"example.broken": name}, {}, {})
        version = client.create_model_version("flights", model_uri, run_id,
                                              tags={"example.broken": name})
        return int(version.version)

    def deploy(self, version, spec=None):
        """Starts a rollout by hand, once."""
        done = self.rondo.call("GET", "/api/rondo/v1/endpoints/flights/rollouts")["rollouts"]
        if any(r["candidate"] == version for r in done):
            return
        message = {"version": version}
        if spec:
            message["spec"] = yaml.safe_load(Path(spec).read_text())
        self.rondo.call("POST", "/api/rondo/v1/endpoints/flights/rollouts", message)

    # --- play -----------------------------------------------------------------------------------

    def rows(self):
        later = self.frame[self.frame["event_time"] >= FIRST_DAY - timedelta(hours=12)]
        values = later[FEATURES].to_numpy()
        times, known = later["event_time"].dt.to_pydatetime(), later["known"].dt.to_pydatetime()
        return [{"event_time": t, "known": k, "unit": u, "label": float(y), "body": to_body(v)}
                for t, k, u, y, v in zip(times, known, later["unit"], later["late"], values)]

    def loop_has_ended(self):
        status = self.rondo.call("GET", "/api/rondo/v1/endpoints/flights")
        case = status.get("latest_case") or {}
        return not status.get("rollout") and case.get("state") in (None, "closed")

    def play(self, everything):
        broken = self.register_broken()

        def on_day(moment):
            if moment == SHUFFLED_FROM:
                self.deploy(broken["shuffled"])
            if moment == SKEWED_FROM:
                self.deploy(broken["skewed"], HERE / "shadow.yaml")

        replay = Replay("flights", self.rows(), on_day=on_day)
        say("playing the flights from April on, in event time")
        last = datetime(2013, 12, 31, tzinfo=UTC) if everything else LAST_DAY
        replay.run(FIRST_DAY, last, until=self.loop_has_ended)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--all", action="store_true", help="play the whole year")
    options = arguments.parse_args()
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    example = Example()
    example.push_history()
    example.define()
    example.train_first_champion()
    example.play(options.all)
    status = example.rondo.call("GET", "/api/rondo/v1/endpoints/flights")
    say(json.dumps({k: status[k] for k in ("champion", "candidate", "late", "repeated",
                                           "labels_late", "labels_unmatched")}))
    say(f"settled until {status['settled']}; champion is version {status['route']['champion']}")


if __name__ == "__main__":
    main()
