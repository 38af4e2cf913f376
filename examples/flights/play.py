"""The flights example: sends data, definitions, predictions and labels to a Rondo server, and reads
what became of them. Every decision is the server's.
"""

import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "common")]

import mlflow  # noqa: E402
import yaml  # noqa: E402
from example import Example, is_reference_day, option_parser, say  # noqa: E402
from flights import FEATURES, load  # noqa: E402
from training import fit, log_model  # noqa: E402

UTC = timezone.utc
FIRST_DAY = datetime(2013, 4, 1, tzinfo=UTC)
LAST_DAY = datetime(2013, 8, 31, tzinfo=UTC)
# Two broken candidates are deployed by hand while the champion is healthy.
SHUFFLED_FROM = datetime(2013, 4, 15, 12, tzinfo=UTC)
SKEWED_FROM = datetime(2013, 5, 20, 12, tzinfo=UTC)


class Flights(Example):
    def __init__(self):
        super().__init__("flights", HERE, "late", FEATURES)
        say("reading 336,776 flights and the weather")
        self.frame = load()
        self.quarter = self.frame[self.frame["event_time"] < FIRST_DAY]

    def register_broken(self):
        """(a) trained on shuffled labels; (b) trained with the departure as HHMM, so that it is
        served another meaning than it learned (training/serving skew)."""
        mlflow.set_tracking_uri(self.rondo.url)
        mlflow.set_experiment("flights-broken")
        train = self.quarter[~is_reference_day(self.quarter)]
        shuffled = train["late"].sample(frac=1, random_state=11).to_numpy()
        skewed = train[FEATURES].copy()
        skewed["sched_dep_minutes"] = train["sched_dep_hhmm"]
        return {"shuffled": self.register("shuffled", train[FEATURES], shuffled),
                "skewed": self.register("skewed", skewed, train["late"].to_numpy())}

    def register(self, name, features, labels):
        client = mlflow.MlflowClient()
        for version in client.search_model_versions("name='flights'"):
            if version.tags.get("example.broken") == name:
                return int(version.version)
        run_id, model_uri = log_model(fit(features, labels), features,
                                      {"example.broken": name}, {}, {})
        version = client.create_model_version("flights", model_uri, run_id,
                                              tags={"example.broken": name})
        say(f"version {version.version} is broken on purpose: {name}")
        return int(version.version)

    def deploy(self, version, spec=None):
        """Starts a rollout by hand, once."""
        done = self.rondo.call("GET", self.path + "/rollouts")["rollouts"]
        if any(r["candidate"] == version for r in done):
            return
        message = {"version": version}
        if spec:
            message["spec"] = yaml.safe_load(Path(spec).read_text())
        self.rondo.call("POST", self.path + "/rollouts", message)


def main():
    parser = option_parser(__doc__)
    parser.add_argument("--all", action="store_true", help="play the whole year")
    options = parser.parse_args()
    example = Flights()
    example.push_history(example.quarter, "January to March 2013")
    example.define()
    example.train_first_champion()
    broken = example.register_broken()

    def on_day(moment):
        if moment == SHUFFLED_FROM:  # to 5 % of the aircraft
            example.deploy(broken["shuffled"])
        if moment == SKEWED_FROM:  # beside the champion, on all requests: it is too subtle for 5 %
            example.deploy(broken["skewed"], HERE / "shadow.yaml")

    last = datetime(2013, 12, 31, tzinfo=UTC) if options.all else LAST_DAY
    later = example.frame[example.frame["event_time"] >= FIRST_DAY - timedelta(hours=12)]
    example.play(later, FIRST_DAY, last, options.until, on_day)


if __name__ == "__main__":
    main()
