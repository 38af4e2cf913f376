"""A server that may send to receivers on this machine, and a receiver that behaves as its paths say.
"""

import collections
import http.client
import http.server
import itertools
import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))

from rondo_server import BINARY, Server  # noqa: E402
from services import postgres  # noqa: E402, F401

NUMBERS = itertools.count()
ENGINES = ["sqlite", "postgresql"]


def until(condition, seconds=20.0, what=""):
    """Waits for a condition's true value, and returns it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {what or condition}")


class House(Server):
    """A running server: its interface, its command line; ended and started again at will."""

    def __init__(self, folder, database="", flags=(), variables=None):
        self.folder, self.data, self.starts = folder, folder / "data", 0
        self.command = [BINARY, "server", "--data", self.data, "--port", "0", *flags]
        if database:
            self.command += ["--database", database]
        self.env = {**os.environ, **(variables or {})}
        self.start()

    def start(self):
        self.log = self.folder / f"log{self.starts}"
        self.starts += 1
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(self.command, stderr=log, env=self.env)
        self.url = self._wait_for_url()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def request(self, method, path, message=None):
        """Status and the JSON of the answer."""
        host = self.url.split("//")[1]
        connection = http.client.HTTPConnection(host, timeout=30)
        body = None if message is None else json.dumps(message)
        connection.request(method, path, body, {"content-type": "application/json",
                                                "authorization": "Bearer " + self.token()})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, json.loads(text) if text.startswith("{") else text

    def ask(self, method, path, message=None):
        status, answer = self.request(method, "/api/rondo/v1/" + path, message)
        assert status == 200, (status, answer)
        return answer

    def webhook(self, name, url, **more):
        return self.ask("POST", "webhooks", {"name": name, "url": url, "events": ["registry.*"],
                                             **more})

    def show(self, name):
        return self.ask("GET", "webhooks/" + name)

    def deliveries(self, name, **query):
        path = f"webhooks/{name}/deliveries?" + urllib.parse.urlencode({"limit": 1000, **query})
        return self.ask("GET", path)["deliveries"]

    def model(self, name):
        """Makes an event of kind registry.model_created about model/NAME."""
        status, answer = self.request("POST", "/api/2.0/mlflow/registered-models/create",
                                      {"name": name})
        assert status == 200, answer

    def rondo(self, *arguments, code=0):
        """The command line; its output."""
        done = subprocess.run([BINARY, *map(str, arguments), "--url", self.url, "--token-file",
                               self.data / "token"], text=True, capture_output=True, timeout=60)
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done.stdout if code in (0, 10) else done.stderr


class Receiver:
    """Keeps every request; answers as the first part of the path says:
    ok, slow, 500, 410, busy (503 with Retry-After once, then 200), never, endless, drip, redirect,
    broken, hangs up, held (until let go)."""

    def __init__(self, certificate=None):
        self.got = collections.defaultdict(list)  # path -> requests
        self.let_go = threading.Event()
        self.elsewhere = "/"  # where /redirect leads
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version, wbufsize = "HTTP/1.1", 65536  # one write for each answer

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.got[self.path].append(Request(self, body))
                try:
                    receiver.answer(self, self.path.split("/")[1])
                except OSError:  # the sender has hung up
                    self.close_connection = True

            do_GET = do_POST

            def log_message(self, *_):
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads, request_queue_size = True, 100

            def handle_error(self, *_):
                pass

        self.server = Quiet(("127.0.0.1", 0), Handler)
        self.scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            certificate.configure_cert(context)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            self.scheme = "https"
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def answer(self, handler, mode):
        reply = handler.wfile
        if mode == "slow":
            time.sleep(1.5)
        elif mode == "held":
            self.let_go.wait(30)
        if mode in ("ok", "slow", "held"):
            self.plain(handler, 200, b"thanks")
        elif mode == "busy":
            first = len(self.got[handler.path]) == 1
            self.plain(handler, 503 if first else 200, b"", [("Retry-After", "1")])
        elif mode.isdigit():
            self.plain(handler, int(mode), b"no: " + b"x" * 5000)
        elif mode == "redirect":
            self.plain(handler, 302, b"", [("Location", self.elsewhere)])
        elif mode == "never":
            self.let_go.wait(60)
        elif mode == "endless":
            reply.write(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                reply.write(b"y" * 65536)
        elif mode == "endless500":
            reply.write(b"HTTP/1.1 500 No\r\n\r\n")
            while True:
                reply.write(b"y" * 65536)
        elif mode == "broken":
            reply.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!")
        elif mode == "headers":
            reply.write(b"HTTP/1.1 200 OK\r\n")
            while True:
                reply.write(b"x-more: " + b"z" * 5000 + b"\r\n")
        elif mode == "bytes":
            self.plain(handler, 400, b"\xff\x00\xfe<script>\r\n" + "ü".encode() * 600)
        handler.close_connection = mode not in ("ok", "slow", "held", "busy")

    @staticmethod
    def plain(handler, status, body, headers=()):
        handler.send_response(status)
        for name, value in headers:
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def url(self, path, host="127.0.0.1"):
        return f"{self.scheme}://{host}:{self.port}{path}"

    def messages(self, path):
        return list(self.got[path])

    def close(self):
        self.let_go.set()
        self.server.shutdown()
        self.server.server_close()


class Request:
    def __init__(self, handler, body):
        self.at, self.body = time.monotonic(), body
        self.headers = {name.lower(): value for name, value in handler.headers.items()}

    @property
    def id(self):
        return self.headers["webhook-id"]

    def json(self):
        return json.loads(self.body)


class Canary:
    """A listener that nobody may connect to."""

    def __init__(self):
        self.socket = socket.socket()
        self.socket.bind(("0.0.0.0", 0))
        self.socket.listen(50)
        self.socket.setblocking(False)
        self.port = self.socket.getsockname()[1]

    def is_untouched(self):
        try:
            self.socket.accept()
            return False
        except BlockingIOError:
            return True


@pytest.fixture
def receiver():
    running = Receiver()
    yield running
    running.close()


@pytest.fixture
def canary():
    listener = Canary()
    yield listener
    listener.socket.close()


@pytest.fixture
def start(tmp_path, request):
    """Starts servers on an engine, each allowed to reach the receivers named."""
    houses = []

    def run(engine, *receivers, **options):
        database = ""
        if engine == "postgresql":
            database = request.getfixturevalue("postgres").new_database(f"notify_{next(NUMBERS)}")
        folder = tmp_path / f"house{len(houses)}"
        folder.mkdir()
        flags = list(options.pop("flags", ()))
        for receiver in receivers:
            flags += ["--egress-allow", f"127.0.0.1:{receiver.port}"]
        houses.append(House(folder, database, flags, **options))
        return houses[-1]

    yield run
    for house in houses:
        house.stop()
