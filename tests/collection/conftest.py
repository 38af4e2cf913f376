"""Servers whose collection of garbage is in a hurry, on both engines, with files or a bucket."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
import uuid

import pytest
import requests

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

from rondo_server import BINARY  # noqa: E402
from services import postgres, service  # noqa: E402, F401

START_SECONDS = 60
API = "/api/rondo/v1/"
ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts/"


class Server:
    """start() again after kill() finds what was there."""

    def __init__(self, folder, *flags, env=None):
        folder.mkdir(exist_ok=True)
        self.data, self.log = folder / "data", folder / "server.log"
        self.command = [BINARY, "server", "--data", self.data, "--port", "0", *map(str, flags)]
        self.env = env or dict(os.environ)
        self.process, self.url = None, None
        self.local = threading.local()

    def start(self):
        self.url = None
        with open(self.log, "ab") as log:
            begin = log.tell()
            self.process = subprocess.Popen(self.command, stderr=log, env=self.env)
        until = time.monotonic() + START_SECONDS
        while self.url is None:
            assert self.process.poll() is None and time.monotonic() < until, self.log.read_text()
            for line in self.log.read_text(errors="replace")[begin:].splitlines():
                if '"what":"listening"' in line.replace(" ", ""):
                    self.url = json.loads(line)["url"]
            time.sleep(0.01)
        return self

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(START_SECONDS)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(START_SECONDS) == 0, self.log.read_text()[-4000:]

    def call(self, method, path, **more):
        """A session a thread. An answer, or None when the connection broke."""
        if not hasattr(self.local, "session"):
            self.local.session = requests.Session()
        url = self.url
        if url is None:
            return None  # it is being started
        headers = {"authorization": "Bearer " + (self.data / "token").read_text().strip()}
        try:
            return self.local.session.request(method, url + path, headers=headers, timeout=60, **more)
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
            return None

    def api(self, method, path, **more):
        answer = self.call(method, API + path, **more)
        assert answer is not None and answer.status_code == 200, (path, answer and answer.text)
        return answer.json()

    def metrics(self):
        text = self.call("GET", "/metrics").text
        return {line.split()[0]: float(line.split()[1]) for line in text.splitlines()
                if line.startswith("rondo_collection")}

    def rondo(self, *arguments, code=0):
        done = subprocess.run([BINARY, *map(str, arguments), "--url", self.url, "--token-file",
                               self.data / "token"], capture_output=True, text=True, timeout=120)
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done.stdout

    def collect(self, *flags):
        return json.loads(self.rondo("gc", "--json", *flags))

    def put(self, path, content):
        answer = self.call("PUT", ARTIFACTS + path, data=content)
        assert answer is not None and answer.status_code == 200, answer and answer.text

    def upload(self, content):
        return self.api("POST", "blobs", data=content,)["digest"]

    def stored(self):
        """Digests of the files; servers on a bucket ask the service."""
        return {path.name for path in (self.data / "blobs/objects").glob("*/*")}


@pytest.fixture
def make(request, tmp_path):
    """make(engine, flags...): a server that ends with the test."""
    made = []

    def make_one(engine, *flags, database=None, **more):
        if engine == "postgres":
            database = database or request.getfixturevalue("postgres").new_database(
                "c" + uuid.uuid4().hex[:12])
            flags = (*flags, "--database", database)
        made.append(Server(tmp_path / f"server{len(made)}", *flags, **more))
        made[-1].database = database
        return made[-1].start()

    yield make_one
    for server in made:
        server.stop()


def wait_for(look, seconds=60):
    until = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < until, "it does not come to pass"
        time.sleep(0.05)
