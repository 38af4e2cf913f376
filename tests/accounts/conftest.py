"""Servers with accounts, and who calls them."""

import base64
import http.client
import json
import pathlib
import sys
import urllib.parse

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from rondo_server import Server  # noqa: E402
from services import postgres  # noqa: E402, F401

V1 = "/api/rondo/v1/"
ML = "/api/2.0/mlflow/"
PASSWORD = "correct horse battery"


class Answer:
    def __init__(self, response):
        self.status, self.headers = response.status, response.headers
        streams = response.headers.get("content-type", "").startswith("text/event-stream")
        self.body = b"" if streams else response.read()

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


class Caller:
    """Requests with one kind of credentials, each on a connection of its own."""

    def __init__(self, url, **headers):
        self.url, self.headers = url, headers

    def ask(self, verb, path, message=None, raw=None, **more):
        address = urllib.parse.urlsplit(self.url)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        headers = {name.replace("_", "-"): value for name, value in {**self.headers, **more}.items()}
        body = raw
        if message is not None:
            body = json.dumps(message).encode()
            headers.setdefault("content-type", "application/json")
        try:
            connection.request(verb, path, body, headers)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def call(self, verb, path, message=None, **more):
        answer = self.ask(verb, path, message, **more)
        assert answer.status == 200, (verb, path, answer)
        return answer.json


def with_token(url, token):
    return Caller(url, authorization=f"Bearer {token}")


def with_password(url, name, password=PASSWORD):
    pair = base64.b64encode(f"{name}:{password}".encode()).decode()
    return Caller(url, authorization=f"Basic {pair}")


class House:
    """A server with an administrator, and ways to make others."""

    def __init__(self, server):
        self.server, self.url = server, server.url
        self.local = with_token(self.url, server.token())
        self.local.call("POST", V1 + "users", {"name": "boss", "password": PASSWORD, "admin": True})
        self.admin = self.token_of("boss", scope="admin")
        self.nobody = Caller(self.url)

    def user(self, name, role="none", **more):
        self.local.call("POST", V1 + "users", {"name": name, "role": role, "password": PASSWORD, **more})
        return self.token_of(name)

    def secret_of(self, user, scope="admin", **more):
        made = self.local.call("POST", V1 + "tokens", {"user": user, "scope": scope, **more})
        return made["secret"], made["token"]["id"]

    def token_of(self, user, scope="admin", **more):
        return with_token(self.url, self.secret_of(user, scope, **more)[0])

    def grant(self, user, kind, name, level):
        return self.local.call("PUT", V1 + "grants",
                               {"user": user, "object": kind, "name": str(name), "level": level})


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("house"))
    yield House(server)
    server.stop()
