"""What a client was promised, kept on the client's side: each write knows whether it was acknowledged,
and how to find out on a restarted server whether it is there once, not at all, or (a failure) by half.
"""

import hashlib
import http.client
import time
import urllib.parse

MLFLOW = "/api/2.0/mlflow"
AWAY = (OSError, http.client.HTTPException)
LAST_MOMENTS = 2  # seconds of metric points that may go with the power


class Half(AssertionError):
    """A write of which a part is there."""


def fetch(http, path, absent=(404,)):
    """The JSON there, or None when there is no such thing."""
    answer = http.get(path)
    if answer.status in absent:
        return None
    assert answer.status == 200, f"GET {path}: {answer}"
    return answer.json


class Write:
    """One write. `acknowledged` is None until an answer came; what was refused or never answered may
    be there whole or not at all."""

    repeatable = False  # may be sent again without counting twice
    cut_at_power_loss = False  # Durability::normal: the last ones may go with the power

    def __init__(self, what):
        self.what, self.acknowledged, self.answer, self.at = what, False, None, 0.0

    def send(self, http):
        """True when it was acknowledged, False when it was refused; AWAY when nobody answered."""
        self.answer = self.ask(http)
        if self.answer.status == 200:
            self.acknowledged, self.at = True, time.monotonic()
            self.take(self.answer)
        return self.answer.status == 200

    def take(self, answer):
        """Keeps what the answer promises."""

    def check(self, http, power_losses=()):
        """power_losses: when the database's machine was gone, in time.monotonic(). What was seen in between
        may still go with the next: a commit without a sync is visible before it is safe."""
        found = self.count(http)
        expected = (1,) if self.acknowledged else (0, 1)
        if self.cut_at_power_loss and any(lost - LAST_MOMENTS < self.at < lost for lost in power_losses):
            expected, self.acknowledged = (0, 1), False
        assert found in expected, (f"{self.what} is there {found} times; it was "
                                   f"{'acknowledged' if self.acknowledged else 'not acknowledged'}")
        if found == 1:
            self.acknowledged = True  # once seen it has to stay

    def __repr__(self):
        return f"<{self.what}>"


class NewExperiment(Write):
    def __init__(self, name):
        super().__init__(f"experiment {name}")
        self.name, self.id = name, None

    def ask(self, http):
        return http.send("POST", f"{MLFLOW}/experiments/create",
                         {"name": self.name, "tags": [{"key": "of", "value": self.name}]})

    def take(self, answer):
        self.id = answer.json["experiment_id"]

    def count(self, http):
        found = fetch(http, f"{MLFLOW}/experiments/get-by-name?experiment_name={self.name}")
        if found is None:
            return 0
        experiment = found["experiment"]
        if experiment.get("tags") != [{"key": "of", "value": self.name}]:
            raise Half(f"{self.what}: {experiment}")
        assert self.id in (None, experiment["experiment_id"])
        self.id = experiment["experiment_id"]
        return 1


class NewRun(Write):
    def __init__(self, name, experiment="0"):
        super().__init__(f"run {name}")
        self.name, self.experiment, self.id, self.root = name, experiment, None, None
        self.tags = {"run.a": name, "run.b": "2"}

    def ask(self, http):
        return http.send("POST", f"{MLFLOW}/runs/create", {
            "experiment_id": self.experiment, "run_name": self.name, "start_time": 1234,
            "tags": [{"key": k, "value": v} for k, v in self.tags.items()]})

    def take(self, answer):
        info = answer.json["run"]["info"]
        self.id, self.root = info["run_id"], info["artifact_uri"].split(":", 1)[1].lstrip("/")

    def count(self, http):
        found = http.call("POST", f"{MLFLOW}/runs/search", {
            "experiment_ids": [self.experiment],
            "filter": f"attributes.run_name = '{self.name}'"}).get("runs", [])
        for run in found:
            tags = {t["key"]: t["value"] for t in run["data"]["tags"]}
            if run["info"]["start_time"] != 1234 or not tags.items() >= self.tags.items():
                raise Half(f"{self.what}: {run}")
            assert self.id in (None, run["info"]["run_id"]) or not self.acknowledged
            self.take(type("Answer", (), {"json": {"run": run}}))
        return len(found)


class LogBatch(Write):
    """Points, and with `whole` also params and tags, of one key that nothing else uses."""

    repeatable = True

    def __init__(self, run, key, points, whole=True):
        super().__init__(f"log-batch {key} of {run.id}")
        self.run, self.key, self.points, self.whole = run, key, points, whole
        self.cut_at_power_loss = not whole

    def ask(self, http):
        message = {"run_id": self.run.id, "metrics": [
            {"key": self.key, "value": value, "timestamp": 1000 + step, "step": step}
            for step, value in enumerate(self.points)]}
        if self.whole:
            message["params"] = [{"key": self.key, "value": self.key}]
            message["tags"] = [{"key": self.key, "value": self.key}]
        return http.send("POST", f"{MLFLOW}/runs/log-batch", message)

    def count(self, http):
        points = fetch(http, f"{MLFLOW}/metrics/get-history?run_id={self.run.id}"
                             f"&metric_key={self.key}&max_results=10000").get("metrics", [])
        there = sorted((int(p["step"]), float(p["value"]), int(p["timestamp"])) for p in points)
        expected = [(step, value, 1000 + step) for step, value in enumerate(self.points)]
        counts = {"points": len(there)}
        if there not in ([], expected):
            raise Half(f"{self.what}: {there} instead of {expected}")
        parts = {bool(there)}
        if self.whole:
            data = fetch(http, f"{MLFLOW}/runs/get?run_id={self.run.id}")["run"]["data"]
            for kind in ("params", "tags"):
                found = [e["value"] for e in data.get(kind, []) if e["key"] == self.key]
                counts[kind] = len(found)
                assert found in ([], [self.key]), f"{self.what}: {kind} {found}"
                parts.add(bool(found))
        if len(parts) > 1:
            raise Half(f"{self.what}: {counts}")
        return int(parts.pop())


class Artifact(Write):
    repeatable = True

    def __init__(self, run, name, content):
        super().__init__(f"artifact {name} of {run.id}")
        self.path = f"/api/2.0/mlflow-artifacts/artifacts/{urllib.parse.quote(run.root)}/{name}"
        self.digest, self.content = hashlib.sha256(content).hexdigest(), content

    def ask(self, http):
        return http.send("PUT", self.path, raw=self.content, content_type="application/octet-stream")

    def count(self, http):
        answer = http.get(self.path)
        if answer.status == 404:
            return 0
        assert answer.status == 200, f"{self.what}: {answer}"
        if hashlib.sha256(answer.body).hexdigest() != self.digest:
            raise Half(f"{self.what} has other bytes")
        return 1


class Push(Write):
    """A version of a dataset: its bytes, then the version over them."""

    def __init__(self, dataset, message, files):
        super().__init__(f"version '{message}' of dataset {dataset}")
        self.dataset, self.message, self.files = dataset, message, files

    def ask(self, http):
        entries = []
        for path, content in self.files.items():
            answer = http.send("POST", "/api/rondo/v1/blobs", raw=content,
                               content_type="application/octet-stream")
            if answer.status != 200:
                return answer
            entries.append({"path": path, "digest": answer.json["digest"]})
        return http.send("POST", f"/api/rondo/v1/datasets/{self.dataset}/versions",
                         {"entries": entries, "message": self.message})

    def count(self, http):
        base = f"/api/rondo/v1/datasets/{self.dataset}/versions"
        found = fetch(http, f"{base}?limit=1000")
        mine = [v for v in (found or {}).get("versions", []) if v["message"] == self.message]
        for version in mine:
            for path, content in self.files.items():
                answer = http.get(f"{base}/{version['number']}/files/{path}")
                if answer.status != 200 or answer.body != content:
                    raise Half(f"{self.what}: {path}: {answer}")
        return len(mine)


class NewModel(Write):
    def __init__(self, name):
        super().__init__(f"model {name}")
        self.name = name

    def ask(self, http):
        return http.send("POST", f"{MLFLOW}/registered-models/create",
                         {"name": self.name, "description": self.name})

    def count(self, http):
        found = fetch(http, f"{MLFLOW}/registered-models/get?name={self.name}")
        if found is None:
            return 0
        if found["registered_model"].get("description") != self.name:
            raise Half(f"{self.what}: {found}")
        return 1


class NewVersion(Write):
    def __init__(self, model, run, name):
        super().__init__(f"version '{name}' of model {model}")
        self.model, self.run, self.name, self.version = model, run, name, None

    def ask(self, http):
        return http.send("POST", f"{MLFLOW}/model-versions/create", {
            "name": self.model, "source": f"mlflow-artifacts:/{self.run.root}", "run_id": self.run.id,
            "description": self.name, "tags": [{"key": "of", "value": self.name}]})

    def take(self, answer):
        self.version = answer.json["model_version"]["version"]

    def count(self, http):
        query = urllib.parse.urlencode({"filter": f"name='{self.model}'", "max_results": 10000})
        found = fetch(http, f"{MLFLOW}/model-versions/search?{query}").get("model_versions", [])
        mine = [v for v in found if v.get("description") == self.name]
        numbers = sorted(int(v["version"]) for v in found)
        assert numbers == list(range(1, len(numbers) + 1)), f"{self.what}: {numbers}"
        for version in mine:
            if version.get("tags") != [{"key": "of", "value": self.name}]:
                raise Half(f"{self.what}: {version}")
            assert self.version in (None, version["version"])
            self.version = version["version"]
        return len(mine)


class Alias:
    """An alias that is moved over and over: what was acknowledged last, and what may have come since."""

    repeatable, cut_at_power_loss = True, False

    def __init__(self, model, name):
        self.model, self.name, self.last, self.maybe = model, name, None, []

    def move(self, http, version):
        self.maybe.append(version)
        answer = http.send("POST", f"{MLFLOW}/registered-models/alias", {
            "name": self.model, "alias": self.name, "version": version})
        if answer.status == 200:
            self.last, self.maybe = version, []
        return answer.status == 200

    def check(self, http):
        found = fetch(http, f"{MLFLOW}/registered-models/alias?name={self.model}&alias={self.name}",
                      absent=(404, 400))
        version = found and found["model_version"]["version"]
        assert version in (self.last, *self.maybe), (
            f"alias {self.name} of {self.model} names {version}, not {self.last} or {self.maybe}")
        if version is not None:
            self.last, self.maybe = version, []


class Label(Write):
    """The outcome of one prediction. Whether it is there shows when it is sent again."""

    repeatable = True

    def __init__(self, endpoint, prediction, value):
        super().__init__(f"label of {prediction}")
        self.path = f"/api/rondo/v1/endpoints/{endpoint}/feedback"
        self.message = {"labels": [{"prediction_id": prediction, "value": value}]}
        self.accepted = 0

    def ask(self, http):
        return http.send("POST", self.path, self.message)

    def take(self, answer):
        found = answer.json
        self.accepted += found["accepted"]
        assert found["accepted"] + found["repeated"] == 1, f"{self.what}: {found}"
        assert self.accepted <= 1, f"{self.what} was accepted twice"

    def count(self, http):
        promised = self.acknowledged
        found = http.call("POST", self.path, self.message)
        assert not promised or found["repeated"] == 1, f"{self.what} is lost: {found}"
        assert found["accepted"] + found["repeated"] == 1, f"{self.what}: {found}"
        self.accepted = 1
        return 1


class Predictions:
    """Answers of one endpoint, counted by the version that gave them."""

    ARMS = ("champion", "candidate")

    def __init__(self, endpoint, versions):
        """versions: the number of each arm's version, as the answers' header names it."""
        self.endpoint, self.versions = endpoint, versions
        self.asked, self.answered = 0, dict.fromkeys(versions, 0)

    def predict(self, http, unit):
        """An answer's prediction id, or None when it was refused."""
        self.asked += 1
        answer = http.predict(self.endpoint, {"instances": [[1, 1]]}, x_rondo_unit_id=unit)
        if answer.status != 200:
            return None
        self.answered[answer.headers["x-rondo-model-version"]] += 1
        return answer.json["prediction_ids"][0]

    def check(self, http):
        """After a restart: every answer is in the log or known to be lost, arm by arm."""
        status, total = http.status(self.endpoint), 0
        for arm, version in zip(self.ARMS, self.versions):
            found = status[arm]
            total += found["answered"]
            assert found["answered"] >= self.answered[version], (arm, found, self.answered)
            assert found["logged"] + found["lost"] == found["answered"], (arm, found)
        assert total <= self.asked, (status, self.asked)
        return sum(status[arm]["lost"] for arm in self.ARMS)
