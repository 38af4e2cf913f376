"""TLS: ALPN, old versions, certificates that change, clients that dawdle."""

import signal
import socket
import ssl
import subprocess
import time

import httpx
import pytest

from conftest import Raw, certificate


def context(authority, alpn=()):
    made = ssl.create_default_context(cafile=str(authority[1] / "ca.pem"))
    if alpn:
        made.set_alpn_protocols(list(alpn))
    return made


def connect(server, made):
    plain = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    return made.wrap_socket(plain, server_hostname="localhost")


GET = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
def server(start, authority):
    return start(*certificate(authority), "--limit", "header=1s", "--limit", "idle=2s")


def test_curl_and_httpx(server, authority):
    url, ca = f"https://localhost:{server.port}/livez", str(authority[1] / "ca.pem")
    for flag, version in [("--http1.1", b"HTTP/1.1 200"), ("--http2", b"HTTP/2 200")]:
        got = subprocess.run(["curl", "-si", "--cacert", ca, flag, url], capture_output=True)
        assert got.stdout.startswith(version) and got.stdout.endswith(b"ok\n")
    with httpx.Client(http2=True, verify=context(authority)) as client:
        assert client.get(url).http_version == "HTTP/2"


def test_alpn(server, authority):
    for offered, chosen in [((), None), (("http/1.1",), "http/1.1"), (("h2",), "h2"),
                            (("http/1.1", "h2"), "h2")]:
        with connect(server, context(authority, offered)) as sock:
            assert sock.selected_alpn_protocol() == chosen
    with pytest.raises(ssl.SSLError):
        connect(server, context(authority, ["spdy/3"]))


def test_only_modern_versions(server, authority):
    old = context(authority)
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        connect(server, old)


def test_the_end_is_said(server, authority):
    """Without close_notify a client must take a body without length for cut off."""
    with connect(server, context(authority)) as sock:
        sock.sendall(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        text = b""
        while got := sock.recv(1000):  # would raise SSLEOFError
            text += got
        assert text.endswith(b"ok\n")


def test_large_answers_and_bodies(server, authority):
    with connect(server, context(authority)) as sock:
        raw = Raw(sock)
        raw.send(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50)
        assert all(raw.response().status == 200 for _ in range(50))
        raw.send(b"POST /grpc.health.v1.Health/Check HTTP/1.1\r\nHost: localhost\r\n"
                 b"Content-Length: 3000000\r\n\r\n" + b"x" * 3_000_000)
        assert raw.response().status == 400


def test_T31_slow_handshakes(server, authority):
    with socket.create_connection(("127.0.0.1", server.port)) as sock:
        sock.settimeout(5)
        began = time.monotonic()
        sock.sendall(b"\x16\x03\x01")
        while sock.recv(100):
            pass
        assert 0.5 < time.monotonic() - began < 4


def test_plain_text_on_the_tls_port(server, authority):
    with socket.create_connection(("127.0.0.1", server.port)) as sock:
        sock.settimeout(5)
        sock.sendall(GET)
        try:
            assert not sock.recv(1000).startswith(b"HTTP")
        except ConnectionResetError:
            pass


def test_certificates_change_without_a_restart(server, authority):
    def serial():
        with connect(server, context(authority)) as sock:
            return sock.getpeercert()["serialNumber"]
    with connect(server, context(authority)) as old:
        first = serial()
        certificate(authority)  # writes new files
        server.process.send_signal(signal.SIGHUP)
        until = time.monotonic() + 5
        while serial() == first and time.monotonic() < until:
            time.sleep(0.05)
        assert serial() != first
        old.sendall(GET)
        assert old.recv(100).startswith(b"HTTP/1.1 200")
    # A broken file is reported, and the old certificate goes on.
    second = serial()
    (authority[1] / "key.pem").write_text("nonsense")
    server.process.send_signal(signal.SIGHUP)
    time.sleep(0.3)
    assert serial() == second
    assert any(line["what"] == "certificates" for line in server.log())
    certificate(authority)


def test_a_key_of_another_certificate_does_not_start(start, authority, tmp_path):
    flags = certificate(authority)
    other = tmp_path / "chain.pem"
    other.write_bytes(open(flags[1], "rb").read())
    certificate(authority)
    with pytest.raises(AssertionError, match="key"):
        start("--tls-cert", str(other), *flags[2:])
