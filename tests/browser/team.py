"""A server with accounts, made over HTTP with the token of its data folder."""

import http.client
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples/common"))

from rondo_client import Rondo  # noqa: E402
from tiny_model import HOSTILE  # noqa: E402

V1 = "/api/rondo/v1"
PASSWORD = "a long and easy password"
ROLES = ("none", "viewer", "editor", "maintainer", "admin")


class Team:
    def __init__(self, server):
        self.server, self.url = server, server.url
        self.rondo = Rondo(server.url, token=server.token())
        self.cookies = {}
        self.make("root", "none", admin=True)
        for role in ROLES:
            self.make("norole" if role == "none" else role, role)
        self.experiment = self.rondo.call(
            "POST", "/api/2.0/mlflow/experiments/create", {"name": HOSTILE})["experiment_id"]

    def call(self, method, path, message=None):
        return self.rondo.call(method, V1 + path, message)

    def make(self, name, role="viewer", **more):
        self.call("POST", "/users", {"name": name, "password": PASSWORD, "role": role, **more})
        return name

    def answer(self, method, path, message=None, **headers):
        """Status, headers and JSON of a request without the data folder's token."""
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"))
        connection.request(method, path, None if message is None else json.dumps(message),
                           {"content-type": "application/json", **headers})
        answer = connection.getresponse()
        return answer.status, answer.headers, json.loads(answer.read())

    def sign_in(self, name, password=PASSWORD):
        """The cookie of a new session, as a browser keeps it."""
        status, headers, body = self.answer("POST", V1 + "/sign-in",
                                            {"name": name, "password": password})
        assert status == 200, body
        pair = headers["set-cookie"].split(";")[0].split("=", 1)
        return {"name": pair[0], "value": pair[1], "url": self.url, "httpOnly": True,
                "sameSite": "Lax"}

    def cookie(self, name):
        """That of one session that tests share."""
        if name not in self.cookies:
            self.cookies[name] = self.sign_in(name)
        return [self.cookies[name]]

    def audit(self, **wanted):
        """The newest rows that have these members."""
        rows = self.call("GET", "/audit?limit=1000")["rows"]
        return [r for r in rows if all(r.get(k) == v for k, v in wanted.items())]
