"""Fixtures of the network tests: the real binary, raw sockets, and throw-away certificates.

RONDO_BINARY names the server to test (build/release/rondo by default)."""

import json
import os
import pathlib
import resource
import signal
import socket
import subprocess
import time

import pytest
import trustme

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("RONDO_BINARY", str(ROOT / "build/release/rondo"))

SANITIZED = any(name in pathlib.Path(BINARY).read_bytes()
                for name in (b"__asan_init", b"__tsan_init"))


def patience(seconds):
    """A limit of latency: a sanitized server is some fifty times slower beside other work."""
    return seconds * (50 if SANITIZED else 1)


class Server:
    """A running server with its own data folder. Ends, and must end well, with the test."""

    def __init__(self, folder, *flags, descriptors=None):
        self.log_path = folder / "log"
        self.data = folder / "data"
        self.asked_to_stop = False
        limit = (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
                 ) if descriptors else None
        self.process = subprocess.Popen(
            [BINARY, "server", "--data", str(self.data), "--port", "0", *flags],
            stderr=open(self.log_path, "wb"), preexec_fn=limit)
        self.port = self._wait_for_port()

    def _wait_for_port(self):
        until = time.monotonic() + 30
        while time.monotonic() < until and self.process.poll() is None:
            for line in self.log():
                if line.get("what") == "listening":
                    return int(line["url"].rsplit(":", 1)[1])
            time.sleep(0.02)
        raise AssertionError("the server does not start: " + self.log_path.read_text())

    def log(self):
        lines = self.log_path.read_text(errors="replace").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def connect(self, timeout=10.0):
        return Raw(socket.create_connection(("127.0.0.1", self.port), timeout=timeout))

    def ask(self, text, timeout=10.0):
        """One request as text on a connection of its own; its response."""
        with self.connect(timeout) as raw:
            raw.send(text)
            return raw.response()

    def memory(self):
        """Resident bytes; 0 in sanitized builds, where they mean nothing."""
        if SANITIZED:
            return 0
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) * 1024

    def sockets(self):
        """How many sockets are open. Files do not count: SQLite opens some of its own late."""
        count = 0
        for descriptor in pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir():
            try:
                count += os.readlink(descriptor).startswith("socket:")
            except FileNotFoundError:  # closed meanwhile
                pass
        return count

    def ask_to_stop(self, sign=signal.SIGTERM):
        self.asked_to_stop = True
        if self.process.poll() is None:
            self.process.send_signal(sign)

    def stop(self, timeout=20):
        """Asks to stop; the exit status. A crash or a sanitizer's finding fails the test."""
        if not self.asked_to_stop:
            self.ask_to_stop()
        status = self.process.wait(timeout)
        text = self.log_path.read_text(errors="replace")
        assert status == 0 and "Sanitizer" not in text, f"exit {status}\n{text[-5000:]}"
        return status


class Response:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def is_stream(self):
        return self.headers.get("content-type") == "text/event-stream"

    def __repr__(self):
        return f"{self.status} {self.headers} {self.body[:200]!r}"


class Raw:
    """A socket that speaks bytes and reads HTTP/1 responses."""

    def __init__(self, sock):
        self.sock = sock
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.have = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data.encode("latin-1") if isinstance(data, str) else data)

    def _more(self):
        got = self.sock.recv(65536)
        self.have += got
        return bool(got)

    def response(self, head_only=False):
        """The next response; None when the server closed instead. Of a live stream, its head."""
        while b"\r\n\r\n" not in self.have:
            try:
                if not self._more():
                    assert self.have == b"", self.have
                    return None
            except ConnectionResetError:
                return None
        head, self.have = self.have.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines:
            name, value = line.split(": ", 1)
            assert name.lower() not in headers, f"{name} twice"
            headers[name.lower()] = value
        version, status, _ = first.split(" ", 2)
        assert version == "HTTP/1.1"
        response = Response(int(status), headers, b"")
        if not (head_only or response.is_stream() or response.status in (100, 204, 304)):
            response.body = self._body(headers)
        return response

    def _body(self, headers):
        if "content-length" in headers:
            size = int(headers["content-length"])
            while len(self.have) < size:
                assert self._more(), "cut off"
            body, self.have = self.have[:size], self.have[size:]
            return body
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while True:
                while b"\r\n" not in self.have:
                    assert self._more(), "cut off"
                size, self.have = self.have.split(b"\r\n", 1)
                size = int(size, 16)
                while len(self.have) < size + 2:
                    assert self._more(), "cut off"
                body, self.have = body + self.have[:size], self.have[size + 2:]
                if size == 0:
                    return body
        while self._more():
            pass
        body, self.have = self.have, b""
        return body

    def closed(self):
        """True when the server closes (or closed) without another byte."""
        try:
            return self.have == b"" and self.sock.recv(1) == b""
        except ConnectionResetError:
            return self.have == b""


@pytest.fixture
def start(tmp_path):
    """Starts servers with the flags that a test wants."""
    servers = []

    def run(*flags, **options):
        folder = tmp_path / str(len(servers))
        folder.mkdir()
        servers.append(Server(folder, *flags, **options))
        return servers[-1]

    yield run
    for server in servers:
        server.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One server for the tests of a file that need nothing special."""
    running = Server(tmp_path_factory.mktemp("server"))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """A certificate for localhost: paths of the authority, the chain and the key."""
    folder = tmp_path_factory.mktemp("tls")
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    return ca, folder


def certificate(authority, name="localhost"):
    ca, folder = authority
    cert = ca.issue_cert(name, "127.0.0.1")
    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(b"".join(blob.bytes() for blob in cert.cert_chain_pems))
    key.write_bytes(cert.private_key_pem.bytes())
    return ["--tls-cert", str(chain), "--tls-key", str(key)]
