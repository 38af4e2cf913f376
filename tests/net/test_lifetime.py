"""Clients that leave at the worst moment, thousands of times. Run against the sanitized builds:
RONDO_BINARY=build/asan/rondo, and build/tsan/rondo under setarch -R."""

import concurrent.futures
import random
import socket
import struct
import time

import pytest

from conftest import certificate
from h2client import (DATA, END_HEADERS, END_STREAM, H2, HEADERS, PING, PREFACE, RST, SETTINGS,
                      WINDOW, frame)
from test_grpc import message
from test_tls import context

CHECK = "/grpc.health.v1.Health/Check"
WATCH = "/grpc.health.v1.Health/Watch"
CALL = [("content-type", "application/grpc"), ("te", "trailers")]
ROUNDS = 4000


def leave(sock, rng):
    """Closes in one of the ways in which clients do."""
    try:
        way = rng.randrange(3)
        if way == 0:  # a reset instead of a farewell
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif way == 1:
            sock.shutdown(socket.SHUT_WR)
            time.sleep(rng.random() * 0.003)
        sock.close()
    except OSError:
        pass


def http1(server, rng, wrap):
    text = rng.choice([
        b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * rng.randrange(1, 40),
        b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n" % CHECK.encode() +
        b"x" * 100_000,
        b"POST %s HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" %
        CHECK.encode() + b"3\r\nabc\r\n" * 1000 + b"0\r\n\r\n",
        b"POST %s HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n" %
        CHECK.encode(),
        b"POST /none HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000\r\n\r\n" +
        b"x" * 300_000,
        bytes(rng.randrange(256) for _ in range(50)),
    ])
    sock = wrap(server)
    try:
        sock.sendall(text[:rng.randrange(1, len(text) + 1)])
        if rng.random() < 0.5:
            sock.settimeout(rng.random() * 0.01 + 0.001)
            sock.recv(rng.randrange(1, 10_000))
    except OSError:
        pass
    leave(sock, rng)


def http2(server, rng, wrap):
    sock = wrap(server)
    try:
        client = H2(server, struct.pack(">HI", 4, rng.choice([0, 10, 65535])), sock=sock)
        sock.settimeout(rng.random() * 0.01 + 0.001)
        for _ in range(rng.randrange(1, 12)):
            kind = rng.randrange(7)
            if kind == 0:
                client.request(rng.choice(["/openapi.json", "/livez", "/none"]))
            elif kind == 1:
                stream = client.request(rng.choice([CHECK, WATCH]), "POST", CALL, end=False)
                client.data(stream, message(), end=True)
            elif kind == 2:
                stream = client.request(CHECK, "POST", end=False)
                client.data(stream, b"x" * rng.randrange(16384), end=rng.random() < 0.5)
            elif kind == 3:
                client.send(frame(RST, 0, max(1, client.next_stream - 2), struct.pack(">I", 8)))
            elif kind == 4:
                client.send(frame(PING, 0, 0, b"12345678"))
            elif kind == 5:
                client.step()
            else:
                client.send(frame(rng.choice([DATA, HEADERS, SETTINGS, WINDOW, 9, 20]),
                                  rng.choice([0, END_STREAM, END_HEADERS]), rng.randrange(5),
                                  bytes(rng.randrange(256) for _ in range(rng.randrange(20)))))
    except OSError:
        pass
    leave(sock, rng)


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("speak", [http1, http2])
def test_clients_that_leave(start, authority, speak, secure):
    server = start(*(certificate(authority) if secure else []), "--io-threads", "2")
    made = context(authority, ["h2"] if speak is http2 else [])

    def wrap(server):
        plain = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        return made.wrap_socket(plain, server_hostname="localhost") if secure else plain

    rounds = ROUNDS // 4 if secure else ROUNDS
    before = server.sockets()

    def client(seed):
        rng = random.Random(seed)
        for _ in range(rounds // 8):
            speak(server, rng, wrap)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(client, range(8)))
    with wrap(server) as sock:
        sock.sendall(PREFACE + frame(SETTINGS) if speak is http2 else
                     b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert sock.recv(100)
    until = time.monotonic() + 15
    while server.sockets() > before and time.monotonic() < until:
        time.sleep(0.1)
    assert server.sockets() <= before
    server.stop()


def test_stopped_in_the_middle_of_it(start):
    """The end of the server meets clients in every state."""
    for seed in range(10):
        server = start("--io-threads", "2")
        rng = random.Random(seed)
        clients = [H2(server) for _ in range(10)]
        for client in clients:
            for path in [WATCH, CHECK, WATCH]:
                stream = client.request(path, "POST", CALL, end=False)
                if rng.random() < 0.7:
                    client.data(stream, message(), end=True)
        raws = [server.connect() for _ in range(10)]
        for raw in raws:
            raw.send(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 300)
        time.sleep(rng.random() * 0.1)
        for client in clients[:5]:
            client.sock.close()
        server.ask_to_stop()
        time.sleep(rng.random() * 0.1)
        for held in raws + clients[5:]:
            held.sock.close()
        server.stop()
