"""Floods and sloth: what one client does must not hurt the others or the server's memory."""

import concurrent.futures
import socket
import threading
import time

import pytest

from conftest import patience

GET = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
UPLOAD = b"POST /grpc.health.v1.Health/Check HTTP/1.1\r\nHost: localhost\r\n"
MIB = 1 << 20


def latencies(server, seconds=2.0, least=100):
    """Sorted times in which one well-behaved client gets its answers; so many that one in a hundred is one."""
    times = []
    with server.connect() as raw:
        until = time.monotonic() + seconds
        while time.monotonic() < until or len(times) < least:
            began = time.perf_counter()
            raw.send(GET)
            assert raw.response().status == 200
            times.append(time.perf_counter() - began)
            time.sleep(0.001)
    return sorted(times)


def p99(times):
    return times[int(len(times) * 0.99)]


def test_T30_tiny_chunks(server):
    with server.connect(60) as raw:
        before = server.memory()
        raw.send(UPLOAD + b"Transfer-Encoding: chunked\r\n\r\n")
        piece = b"".join(b"%d\r\n%s\r\n" % (n, b"x" * n) for n in range(1, 7))  # 21 bytes of body
        block = piece * 1000
        for _ in range(3 * MIB // 21_000):
            raw.send(block)
        assert server.memory() - before < 32 * MIB
        raw.send(b"0\r\n\r\n" + GET)
        assert [raw.response().status for _ in range(2)] == [400, 200]


def test_T30_ten_million_chunks_end_at_the_limit(server):
    with server.connect(120) as raw:
        before = server.memory()
        raw.send(UPLOAD + b"Transfer-Encoding: chunked\r\n\r\n")
        try:
            for _ in range(1000):
                raw.send(b"1\r\nx\r\n" * 10_000)
        except (ConnectionResetError, BrokenPipeError):
            pass
        assert server.memory() - before < 32 * MIB


@pytest.mark.parametrize("endless", [b"5;" + b"a" * 5000, b"0\r\n" + b"a: b\r\n" * 5000])
def test_T30_framing_without_end(server, endless):
    with server.connect() as raw:
        before = server.memory()
        raw.send(UPLOAD + b"Transfer-Encoding: chunked\r\n\r\n")
        raw.send(endless)
        try:
            for _ in range(100):
                raw.send(b"a" * 10_000)
        except (ConnectionResetError, BrokenPipeError):
            pass
        response = raw.response()
        assert response is None or response.status == 400
        assert server.memory() - before < 32 * MIB


def test_T31_slow_heads_and_bodies_are_told(start):
    server = start("--limit", "header=1s", "--limit", "progress=1s", "--limit", "idle=1s")
    with server.connect() as head, server.connect() as body, server.connect() as idle, \
            server.connect() as drips:
        head.send("GET /livez HTTP/1.1\r\nHost: loc")
        body.send(UPLOAD + b"Content-Length: 10\r\n\r\nabc")
        idle.send(GET)
        assert idle.response().status == 200
        began = time.monotonic()
        for byte in b"GET /livez HTTP/1.1":  # one byte now and then does not renew the patience
            drips.send(bytes([byte]))
            time.sleep(0.1)
        assert head.response().status == 408
        assert body.response().status == 408
        assert drips.response().status == 408
        assert idle.closed()
        assert time.monotonic() - began < 4


def test_T31_a_body_that_moves_is_not_slow(start):
    server = start("--limit", "progress=1s")
    with server.connect() as raw:
        raw.send(UPLOAD + b"Content-Length: 10\r\n\r\n")
        for byte in b"0123456789":
            raw.send(bytes([byte]))
            time.sleep(0.25)
        assert raw.response().status == 400


def test_T31_slow_readers(start):
    server = start("--limit", "progress=1s")
    before, sockets = server.memory(), server.sockets()
    readers = []
    for _ in range(50):
        raw = server.connect()
        raw.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.sock.setblocking(False)
        try:
            raw.sock.send(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20_000)
        except BlockingIOError:
            pass
        readers.append(raw)
    assert p99(latencies(server)) < patience(0.1)
    assert server.memory() - before < 64 * MIB
    until = time.monotonic() + 10
    while server.sockets() > sockets and time.monotonic() < until:
        time.sleep(0.1)
    assert server.sockets() <= sockets  # all of them were cut
    for raw in readers:
        raw.sock.close()


def test_T31_idle_connections_cost_the_others_nothing(start):
    server = start("--io-threads", "2")
    quiet = p99(latencies(server))
    before = server.memory()
    idle = [server.connect() for _ in range(5000)]
    for raw in idle:
        raw.send(GET)
    for raw in idle:
        assert raw.response().status == 200
    per_connection = (server.memory() - before) / len(idle)
    print(f"idle memory per connection: {per_connection:.0f} bytes")
    assert per_connection < 6 * 1024
    busy = p99(latencies(server))
    print(f"p99 alone {quiet * 1e6:.0f} us, beside {len(idle)} idle connections {busy * 1e6:.0f} us")
    assert busy < 2 * quiet + patience(0.001)
    for raw in idle:
        raw.sock.close()


def test_T31_bodies_together_have_a_limit(start):
    server = start("--limit", "buffered-bytes=1000000")
    waiting = [server.connect() for _ in range(10)]
    for raw in waiting:
        raw.send(UPLOAD + b"Content-Length: 300000\r\n\r\n" + b"x" * 200_000)
    refused = 0
    for raw in waiting:
        raw.sock.settimeout(1)
        try:
            response = raw.response()
            assert response.status == 503 and response.headers["retry-after"] == "1"
            refused += 1
        except TimeoutError:
            pass
    assert 5 <= refused < 10
    for raw in waiting:
        raw.sock.close()
    until = time.monotonic() + 5
    while time.monotonic() < until:  # what the others held comes back
        response = server.ask(UPLOAD + b"Content-Length: 900000\r\n\r\n" + b"x" * 900_000)
        if response.status == 400:
            return
    raise AssertionError("the memory of bodies does not come back")


def test_T31_more_connections_than_allowed(start):
    server = start("--limit", "connections=20")
    held = [server.connect() for _ in range(20)]
    for raw in held:
        raw.send(GET)
        assert raw.response().status == 200
    time.sleep(1.2)
    assert server.ask(GET).status == 200  # idle ones made room
    for raw in held:
        raw.sock.close()


def test_T32_huge_heads(server):
    for line in [b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n",
                 b"GET / HTTP/1.1\r\nCookie: " + b"a" * 100_000 + b"\r\n",
                 b"GET / HTTP/1.1\r\n" + b"a" * 100_000 + b": b\r\n",
                 b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 300]:
        response = server.ask(line + b"Host: localhost\r\n\r\n")
        assert response.status == 431
    long = b"GET /livez?" + b"a" * 30_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert server.ask(long).status in (200, 400)


def test_T52_no_descriptors_left(start):
    server = start(descriptors=64)
    held = []
    for _ in range(200):
        raw = server.connect()
        raw.send("GET /li")  # not idle: nobody may close these
        held.append(raw)
    time.sleep(1)
    assert server.process.poll() is None
    assert server.sockets() < 64
    for raw in held:
        raw.sock.close()
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            if server.ask(GET, timeout=1).status == 200:
                return
        except TimeoutError:
            pass
    raise AssertionError("the server does not recover")


def test_a_flood_of_connections(server):
    def client(_):
        for _ in range(50):
            assert server.ask(GET).status == 200
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(client, range(16)))
    assert threading.active_count() < 50
