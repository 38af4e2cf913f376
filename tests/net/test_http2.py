"""HTTP/2 without TLS: by a client that plays fair, and by one that does not (T33)."""

import struct
import subprocess
import time

import httpx
import pytest

from conftest import patience
from h2client import (ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, H2, HEADERS, PING,
                      RST, SETTINGS, WINDOW, frame)
from test_limits import GET, MIB, latencies, p99

UPLOAD = "/grpc.health.v1.Health/Check"  # takes 4 MiB, then refuses what is no gRPC


def test_curl_and_httpx(server):
    url = f"http://localhost:{server.port}/livez"
    got = subprocess.run(["curl", "-si", "--http2-prior-knowledge", url], capture_output=True)
    assert got.stdout.startswith(b"HTTP/2 200") and got.stdout.endswith(b"ok\n")
    with httpx.Client(http1=False, http2=True) as client:
        for _ in range(3):
            response = client.get(url)
            assert (response.http_version, response.text) == ("HTTP/2", "ok\n")
        assert client.head(url).text == ""
        assert client.post(url, content="x").headers["allow"] == "GET, HEAD"


def test_many_streams_at_once(server):
    with H2(server) as client:
        streams = [client.request() for _ in range(100)]
        assert [client.answer(s) for s in streams] == [200] * 100
        assert all(client.body[s] == b"ok\n" for s in streams)


def test_more_streams_than_allowed_are_refused(server):
    with H2(server) as client:
        streams = [client.request(UPLOAD, "POST", end=False) for _ in range(140)]
        client.until(lambda: len(client.reset) == 12)
        assert set(client.reset.values()) == {7}  # REFUSED_STREAM
        for s in streams[:128]:
            client.data(s, b"", end=True)
        assert [client.answer(s) for s in streams[:128]] == [400] * 128


def test_hosts(server):
    with H2(server) as client:
        assert client.answer(client.request(authority="")) is None  # reset by nghttp2
        assert client.answer(client.request(authority="", extra=[("host", "localhost")])) == 200
        assert client.answer(client.request(extra=[("host", "localhost")])) == 200
        assert client.answer(client.request(extra=[("host", "evil")])) == 400
        assert client.answer(client.request(authority="evil")) == 403
        assert client.answer(client.request("/none")) == 404
        assert client.answer(client.request("livez")) in (None, 400)
        assert client.answer(client.request("/livez")) == 200


def test_bodies_open_their_windows_again(server):
    with httpx.Client(http1=False, http2=True, timeout=20) as client:
        url = f"http://localhost:{server.port}"
        for _ in range(5):
            assert client.post(url + UPLOAD, content=b"x" * 3 * MIB).status_code == 400
            assert client.post(url + "/none", content=b"x" * MIB).status_code == 404


def test_a_body_that_is_too_large_or_unwanted(server):
    with httpx.Client(http1=False, http2=True, timeout=20) as client:
        url = f"http://localhost:{server.port}{UPLOAD}"
        assert client.post(url, content=b"x" * 5 * MIB).status_code == 413
    with H2(server) as client:
        other = client.request(UPLOAD, "POST", end=False)
        early = client.request("/none", "POST", end=False)
        client.data(early, b"x" * 1000)
        assert client.answer(early) == 404
        # The client does not end its side, so the server does.
        assert client.until(lambda: early in client.reset) and client.reset[early] == 0
        client.data(other, b"abc", end=True)
        assert client.answer(other) == 400


def test_a_reset_or_vanished_client_leaves_no_trace(server):
    before = server.sockets()
    for _ in range(50):
        with H2(server) as client:
            stream = client.request(UPLOAD, "POST", end=False)
            client.data(stream, b"x" * 1000)
            client.send(frame(RST, 0, stream, struct.pack(">I", 8)))
            client.request("/openapi.json")
    until = time.monotonic() + 5
    while server.sockets() > before and time.monotonic() < until:
        time.sleep(0.05)
    assert server.sockets() <= before


def flood(server, make, frames, settings=b""):
    """Sends without reading until the server has had enough; whether it did."""
    client = H2(server, settings, timeout=20)
    with client:
        try:
            for i in range(frames):
                client.send(make(client, i))
        except (ConnectionResetError, BrokenPipeError):
            return True
        except TimeoutError:
            return False  # it stopped reading, which is as good while memory is bounded
        client.sock.settimeout(3)
        try:
            return client.closed()
        except TimeoutError:
            return False


def rapid_reset(client, _):
    stream, client.next_stream = client.next_stream, client.next_stream + 2
    return frame(HEADERS, END_HEADERS | END_STREAM, stream, client.head()) + frame(
        RST, 0, stream, struct.pack(">I", 8))


def continuation(client, i):
    if i == 0:
        return frame(HEADERS, 0, 1, client.head())
    return frame(CONTINUATION, 0, 1, client.encoder.encode([(f"x{i}", "y" * 100)]) * 10)


def empty_continuation(client, i):
    return frame(HEADERS, 0, 1, client.head()) if i == 0 else frame(CONTINUATION, 0, 1) * 100


def ping(_client, _):
    return frame(PING, 0, 0, b"12345678") * 100


def settings_frames(_client, i):
    return frame(SETTINGS, 0, 0, struct.pack(">HI", 1, i % 4096)) * 100


@pytest.mark.parametrize("make,frames,must_end", [
    (rapid_reset, 20_000, True), (continuation, 20_000, True), (empty_continuation, 2_000, True),
    (ping, 20_000, True), (settings_frames, 20_000, True)],
    ids=lambda x: getattr(x, "__name__", None))
def test_T33_floods_end_the_connection(server, make, frames, must_end):
    before = server.memory()
    ended = flood(server, make, frames)
    assert ended or not must_end
    assert server.memory() - before < 64 * MIB
    assert server.ask(GET).status == 200


def test_T33_others_do_not_notice(start):
    server = start("--io-threads", "1")
    quiet = p99(latencies(server))
    import threading
    stop = threading.Event()

    def attack():
        while not stop.is_set():
            flood(server, rapid_reset, 2000)

    attacker = threading.Thread(target=attack)
    attacker.start()
    busy = p99(latencies(server))
    stop.set()
    attacker.join()
    print(f"p99 alone {quiet * 1e6:.0f} us, during rapid resets {busy * 1e6:.0f} us")
    assert busy < 2 * quiet + patience(0.02)  # attacker and client share this machine's cores and a lock


def test_T33_hpack_bomb(server):
    before = server.memory()
    with H2(server) as client:
        # One large entry into the dynamic table; then every byte stands for 4 KiB.
        assert client.answer(client.request(extra=[("x-big", "y" * 3900)])) == 200
        for _ in range(20):
            number, client.next_stream = client.next_stream, client.next_stream + 2
            client.send(frame(HEADERS, END_HEADERS | END_STREAM, number,
                              client.head() + bytes([0x80 | 62]) * 10_000))
            assert client.answer(number) in (431, None)
        assert server.memory() - before < 32 * MIB
    assert server.ask(GET).status == 200


def test_T32_huge_head(server):
    with H2(server) as client:
        head = client.head(extra=[(f"x{i}", "y" * 1000) for i in range(80)])
        client.send(frame(HEADERS, END_STREAM, 1, head[:16000]))
        for at in range(16000, len(head), 16000):
            last = at + 16000 >= len(head)
            client.send(frame(CONTINUATION, END_HEADERS if last else 0, 1, head[at:at + 16000]))
        client.next_stream = 3
        assert client.answer(1) == 431
        assert client.answer(client.request(extra=[(f"x{i}", "") for i in range(300)])) == 431
        assert client.answer(client.request()) == 200


def test_T31_slow_bodies_and_readers(start):
    server = start("--limit", "progress=1s")
    with H2(server) as body:
        body.request(UPLOAD, "POST", end=False)
        began = time.monotonic()
        for _ in range(40):  # signs of life that move nothing
            try:
                body.send(frame(PING, 0, 0, b"12345678"))
            except (ConnectionResetError, BrokenPipeError):
                break
            time.sleep(0.1)
        assert time.monotonic() - began < 3.5
    with H2(server, struct.pack(">HI", 4, 0)) as reader:  # no window at all
        reader.request("/openapi.json")
        began = time.monotonic()
        assert reader.closed() and 0.5 < time.monotonic() - began < 4
        assert reader.body == {}
    with H2(server) as head:
        head.send(frame(HEADERS, 0, 1, head.head()))  # never continued
        assert head.closed()


def test_idle_connections_are_told_to_go(start):
    server = start("--limit", "idle=1s")
    with H2(server) as client:
        assert client.answer(client.request()) == 200
        began = time.monotonic()
        assert client.closed() and client.goaway == 0
        assert 0.5 < time.monotonic() - began < 4


def test_protocol_errors_are_answered_with_goaway(server):
    for bad in [frame(DATA, 0, 1, b"x"), frame(SETTINGS, 0, 1), frame(PING, 0, 0, b"short"),
                frame(WINDOW, 0, 0, b"\0\0\0\0"), frame(HEADERS, END_HEADERS, 2, b"\x82"),
                frame(GOAWAY, 0, 0, b""), frame(CONTINUATION, 0, 1), frame(SETTINGS, ACK, 0, b"x"),
                frame(HEADERS, END_HEADERS, 1, b"\xff" * 20)]:
        with H2(server) as client:
            client.send(bad)
            assert client.closed() and client.goaway not in (None, 0), bad
    with server.connect() as raw:
        raw.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0" * 100)
        raw.sock.settimeout(5)
        while raw.sock.recv(1000):
            pass
