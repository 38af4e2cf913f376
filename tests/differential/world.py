"""What requests are made of: names and values from small pools, so that they meet, and symbols of what
both servers have made."""

import string

from pair import Symbol, Text

EXPERIMENT_NAMES = ["forecast", "forecast-2", "churn", "Ranking", "ranking", "a b", "naïve", "x/y", "100%"]
RUN_NAMES = ["first", "second", "Third", "grid_7", "with space", "ünï", "50%_off"]
KEYS = ["loss", "acc", "val/loss", "val.loss", "a-b", "with space", "k_1", "n:1"]
TAG_KEYS = ["team", "stage", "mlflow.note.content", "mlflow.source.name", "Team", "a.b", "with space"]
VALUES = ["blue", "Blue", "green", "10", "1.5", "", "it's", 'say "x"', "a%b", "a_b", "ünï", "x" * 40]
NUMBERS = [0, 1, -1, 0.5, 1e-300, 1e300, 3, 2.5, 123456789, -0.0, "NaN", "Infinity", "-Infinity", "1.25"]
STAMPS = [0, 1, 1000, 1_700_000_000_000, 1_700_000_000_001, "1700000000002"]
STEPS = [0, 0, 1, 2, 3, 10, -1, 1000, "4"]
MODEL_NAMES = ["flights", "Flights", "iris", "with space", "m.1", "naïve", "100%"]
ALIASES = ["champion", "challenger", "Champion", "a-b_c", "größte"]
STAGES = ["None", "Staging", "Production", "Archived", "staging"]
DATASETS = [("train", "d1"), ("train", "d2"), ("test", "d1")]


class World:
    def __init__(self, chance):
        self.chance, self.serial = chance, 0
        self.experiments, self.runs, self.models = [Symbol("default")], [], []
        self.gone = []  # logged models that are deleted
        self.homes, self.deleted = {}, set()  # experiments of runs; deleted ones
        self.started = 1_700_000_000_000
        self.once = set()  # what upstream takes only once

    def symbol(self, kind):
        self.serial += 1
        return Symbol(f"{kind}{self.serial}")

    def pick(self, values):
        return self.chance.choice(values)

    def some(self, make, most, least=0):
        return [make() for _ in range(self.chance.randint(least, most))]

    # Single values, by the names that operations.py uses.

    def experiment(self):
        return self.pick(self.experiments[-8:])

    def run(self):
        return self.pick(self.runs[-8:]) if self.runs else Symbol("no-run")

    def model_id(self):
        return self.pick(self.models[-6:]) if self.models else Symbol("no-model")

    def model(self):
        return self.pick(MODEL_NAMES)

    def new_experiment_name(self):
        return self.pick(EXPERIMENT_NAMES) if self.chance.random() < 0.5 else f"e {self.chance.randrange(10**6)}"

    def experiment_name(self):
        return self.pick(EXPERIMENT_NAMES)

    def run_name(self):
        return self.pick(RUN_NAMES)

    def key(self):
        return self.pick(KEYS)

    def tag_key(self):
        return self.pick(TAG_KEYS)

    def value(self):
        return self.pick(VALUES)

    def number(self):
        return self.pick(NUMBERS)

    def stamp(self):
        return self.pick(STAMPS)

    def start(self):
        """No two runs start at once: their random ids would decide which comes first."""
        self.started = self.started + self.chance.choice([1, 1000])
        return self.chance.choice([self.started, str(self.started)])

    def step(self):
        return self.pick(STEPS)

    def version(self):
        return self.pick(["1", "1", "2", "3", "4", "9"])

    def alias(self):
        return self.pick(ALIASES)

    def stage(self):
        return self.pick(STAGES)

    def flag(self):
        return self.pick([True, False])

    def status(self):
        return self.pick(["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"])

    def view(self):
        return self.pick(["ACTIVE_ONLY", "DELETED_ONLY", "ALL"])

    def model_status(self):
        return self.pick(["LOGGED_MODEL_READY", "LOGGED_MODEL_UPLOAD_FAILED", "LOGGED_MODEL_PENDING"])

    def model_type(self):
        return self.pick(["", "agent", "classifier"])

    def new_model_name(self):
        return self.pick(["booster", "linear", "tree-1", "with space"])

    def page(self):
        return self.pick([1, 2, 3, 5, 50])

    def first_time(self, *what):
        new = what not in self.once
        self.once.add(what)
        return new

    # Parts of messages.

    def tag(self):
        return {"key": self.tag_key(), "value": self.value()}

    def tags(self):
        return self.unlike(self.tag, 3)

    def param(self):
        return {"key": self.key(), "value": self.value()}

    def params(self):
        return self.unlike(self.param, 4)

    def unlike(self, make, most):
        """None twice: which of two wins is not defined upstream."""
        return list({item["key"]: item for item in self.some(make, most)}.values())

    def metric(self):
        made = {"key": self.key(), "value": self.number(), "timestamp": self.stamp(), "step": self.step()}
        if self.chance.random() < 0.2 and self.models:
            made["model_id"] = self.model_id()
            if self.chance.random() < 0.5:
                made["dataset_name"], made["dataset_digest"] = self.pick(DATASETS)
        return made

    def metrics(self):
        made = self.some(self.metric, 6)
        # A model's metric goes on like a run's: the next point of the last one, at the same height, since upstream's
        # filters look at every point and ours at the last.
        if made and "model_id" in made[-1] and self.chance.random() < 0.5:
            self.serial += 1
            made.append({**made[-1], "step": 1001, "timestamp": 1_700_000_001_000 + self.serial})
        return made

    def dataset(self):
        name, digest = self.pick(DATASETS)
        made = {"name": name, "digest": digest, "source_type": "local", "source": "{}"}
        if self.chance.random() < 0.3:
            made["schema"], made["profile"] = '{"a": 1}', '{"rows": 3}'
        return made

    def dataset_input(self):
        tags = [{"key": "mlflow.data.context", "value": self.pick(["train", "eval"])}]
        return {"dataset": self.dataset(), "tags": tags[:self.chance.randint(0, 1)]}

    def dataset_inputs(self):
        return self.some(self.dataset_input, 2)

    def model_inputs(self):
        return self.some(lambda: {"model_id": self.model_id()}, 2) if self.models else []

    def model_outputs(self):
        made = self.some(lambda: {"model_id": self.model_id(), "step": self.step()}, 2)
        return made if self.models else []

    def experiments_wanted(self):
        return self.some(self.experiment, 3)

    def runs_wanted(self):
        return self.some(self.run, 3, 1)

    def model_json(self):
        return ('{"artifact_path": "model", "flavors": {}, "utc_time_created": "2024-01-01", "run_id": "x"}'
                if self.chance.random() < 0.8 else self.pick(["{}", "[]", "no json", '{"run_id": 1}']))

    def source(self):
        if self.models and self.chance.random() < 0.4:
            return Text("models:/", self.model_id())
        return Text("mlflow-artifacts:/0/", self.run(), "/artifacts/model")

    def location(self):
        return self.pick(["", "s3://bucket/path", "mlflow-artifacts:/elsewhere", "s3://b/a#b"])

    def word(self):
        return "".join(self.chance.choices(string.ascii_lowercase, k=6))
