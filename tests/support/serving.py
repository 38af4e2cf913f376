"""What tests of serving share: requests that keep their status, waiting, endpoints with a model."""

import http.client
import json
import time
import urllib.parse

PATIENCE_SECONDS = 30


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def message(self):
        """The words of an error, in whichever protocol's form."""
        error = self.json.get("error", self.json)
        return error["message"] if isinstance(error, dict) else error

    def __repr__(self):
        return f"{self.status} {self.body[:500]!r}"


class Http:
    """One kept-alive connection. What is sent bears the token unless it says otherwise."""

    def __init__(self, url, token=""):
        self.address = urllib.parse.urlsplit(url)
        self.token, self.connection = token, None

    def send(self, method, path, message=None, raw=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            headers.setdefault("authorization", f"Bearer {self.token}")
        body = raw if message is None else json.dumps(message).encode()
        if body is not None:
            headers.setdefault("content-type", "application/json")
        if self.connection is None:
            self.connection = http.client.HTTPConnection(
                self.address.hostname, self.address.port, timeout=90)
        try:
            self.connection.request(method, path, body, headers)
            return Answer(self.connection.getresponse())
        except (OSError, http.client.HTTPException):
            self.connection.close()
            self.connection = None
            raise

    def get(self, path):
        return self.send("GET", path)

    def call(self, method, path, message=None, **rest):
        """What has to work: the answer's JSON."""
        answer = self.send(method, path, message, **rest)
        assert answer.status == 200, f"{method} {path}: {answer}"
        return answer.json

    def predict(self, endpoint, message, **headers):
        return self.send("POST", f"/endpoints/{endpoint}/invocations", message, **headers)

    def status(self, endpoint):
        return self.call("GET", f"/api/rondo/v1/endpoints/{endpoint}")

    def timeline(self, endpoint, kind):
        """The events of one kind."""
        entries = self.call("GET", f"/api/rondo/v1/endpoints/{endpoint}/timeline")["entries"]
        return [entry for entry in entries if entry["kind"] == kind]


def wait_for(what, seconds=PATIENCE_SECONDS, every=0.02):
    """Calls until the result is true; returns it."""
    until = time.monotonic() + seconds
    while not (result := what()):
        assert time.monotonic() < until, f"not within {seconds} s: {result!r}"
        time.sleep(every)
    return result


def serve(http, endpoint, model, **spec):
    """Makes the endpoint and waits until it answers by `model`@champion; returns its engine."""
    http.call("PUT", f"/api/rondo/v1/endpoints/{endpoint}",
              {"name": endpoint, "model": f"models:/{model}@champion", **spec})
    return wait_for(lambda: http.status(endpoint)["engine"])


def serve_tiny(http, mlflow, endpoint, low=0.25, high=0.75, **spec):
    """An endpoint with the tiny model of tests/support/tiny_model.py."""
    run_id, uri = mlflow.log(low, high, {}, {})
    mlflow.post("registered-models/create", {"name": endpoint})
    version = mlflow.register(endpoint, run_id, uri)
    mlflow.post("registered-models/alias", {
        "name": endpoint, "alias": "champion", "version": str(version)})
    return serve(http, endpoint, endpoint, **spec)
