"""`rondo mirror` before MLflow's own server, and before upstreams that say what a test wants said."""

import http.client
import http.server
import json
import pathlib
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "support"))

from peer import MlflowServer  # noqa: E402
from rondo_server import BINARY, Server  # noqa: E402
from services import postgres  # noqa: E402, F401

PATIENCE = 60


class Mirror(Server):
    verb = "mirror"

    def __init__(self, folder, upstream, arguments=()):
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(folder, arguments=("--upstream", upstream, *map(str, arguments)))

    def report(self):
        return ask(self.url, "GET", "/api/rondo/v1/mirror").json()

    def settled(self):
        """The report when all that has passed was answered here as well."""
        until = time.monotonic() + PATIENCE
        while (report := self.report())["queued"]:
            assert time.monotonic() < until, report
            time.sleep(0.02)
        return report

    def differences(self, outcome=""):
        query = f"?outcome={outcome}" if outcome else ""
        return ask(self.url, "GET", f"/api/rondo/v1/mirror/differences{query}").json()["differences"]

    def counts(self):
        """(outcome, reason) -> how many."""
        found = {}
        for tally in self.settled()["tallies"]:
            key = tally["outcome"], tally["reason"]
            found[key] = found.get(key, 0) + tally["count"]
        return found


class Answer:
    def __init__(self, response, body):
        self.status, self.headers, self.body = response.status, response.headers, body

    def json(self):
        return json.loads(self.body)


def ask(url, method, path, body=None, headers=None, timeout=PATIENCE):
    """One request on a connection of its own; a dict goes as JSON."""
    address = urllib.parse.urlsplit(url)
    headers = dict(headers or {})
    if isinstance(body, dict):
        body = json.dumps(body)
        headers.setdefault("Content-Type", "application/json")
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=timeout)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return Answer(response, response.read())
    finally:
        connection.close()


class Upstream:
    """Answers as a test wants it: `say` is called with the handler of each request and its body."""

    def __init__(self, say, tls=None):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                length = int(self.headers.get("content-length", 0))
                if "chunked" in self.headers.get("transfer-encoding", ""):
                    pieces = []
                    while size := int(self.rfile.readline(), 16):
                        pieces.append(self.rfile.read(size))
                        self.rfile.readline()
                    self.rfile.readline()
                    body = b"".join(pieces)
                else:
                    body = self.rfile.read(length)
                if self.path.endswith("/version"):
                    return self.answer(200, b"3.5.0", "text/plain")
                say(self, body)

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = handle_any

            def answer(self, status, body=b"{}", kind="application/json", headers=()):
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                for name, value in headers:
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def rondo(*arguments, code=0):
    done = subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
    return done


@pytest.fixture(scope="session")
def peer(tmp_path_factory):
    """MLflow's own server; what a test makes in it has names of its own."""
    running = MlflowServer(tmp_path_factory.mktemp("peer") / "mlflow")
    yield running
    running.stop()


@pytest.fixture
def empty_peer(tmp_path):
    """One that nothing was written to."""
    running = MlflowServer(tmp_path / "mlflow")
    yield running
    running.stop()


@pytest.fixture
def start(tmp_path):
    """start(upstream, *arguments, folder=...): a mirror that is stopped afterwards."""
    running = []

    def begin(upstream, *arguments, folder=None):
        running.append(Mirror(folder or tmp_path, upstream, arguments))
        return running[-1]

    yield begin
    for one in running:
        if one.process.poll() is None:
            one.stop()


@pytest.fixture
def upstream():
    """upstream(say): one that is stopped afterwards."""
    running = []

    def begin(say, tls=None):
        running.append(Upstream(say, tls))
        return running[-1]

    yield begin
    for one in running:
        one.stop()
