"""Stopping: what is under way ends well, what is idle ends at once, and haste is possible."""

import signal
import socket
import threading
import time

import pytest

from h2client import H2

GET = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
UPLOAD = b"POST /grpc.health.v1.Health/Check HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n"


def test_idle_connections_end_at_once(start):
    server = start()
    held = [server.connect() for _ in range(20)]
    for raw in held[5:10]:
        raw.send(GET)
        assert raw.response().status == 200
    for raw in held[10:15]:
        raw.send(b"GET /li")
    clients = [H2(server, sock=raw.sock) for raw in held[15:]]
    for client in clients:
        assert client.answer(client.request()) == 200
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 3
    assert all(raw.closed() for raw in held[:15])
    assert all(client.closed() and client.goaway == 0 for client in clients)


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_requests_under_way_are_answered(start, sign):
    server = start()
    raw, client = server.connect(), H2(server)
    raw.send(UPLOAD + b"01234")
    stream = client.request("/grpc.health.v1.Health/Check", "POST", end=False)
    time.sleep(0.2)
    server.ask_to_stop(sign)
    time.sleep(0.7)
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", server.port), timeout=1)
    raw.send(b"56789" + GET)
    response = raw.response()
    assert response.status == 400 and response.headers["connection"] == "close"
    assert raw.closed()
    client.data(stream, b"x", end=True)
    assert client.answer(stream) == 400 and client.goaway == 0
    late = client.request()
    assert client.closed() and late not in client.status
    assert server.process.wait(5) == 0


def test_a_second_signal_ends_at_once(start):
    server = start()
    raw = server.connect()
    raw.send(UPLOAD + b"01234")
    time.sleep(0.2)
    server.ask_to_stop()
    time.sleep(0.5)
    assert server.process.poll() is None
    server.ask_to_stop()
    assert server.process.wait(2) == -signal.SIGTERM
    server.stop = lambda: None


def test_stopping_under_load(start):
    server = start("--io-threads", "2")
    lost, done = [], threading.Event()

    def client():
        while not done.is_set():
            try:
                raw = server.connect()
            except OSError:
                return
            with raw:
                while not done.is_set():
                    try:
                        raw.send(GET)
                        response = raw.response()
                    except OSError:
                        break
                    if response is None:
                        break  # closed between two requests
                    if response.status != 200:
                        lost.append(response)

    threads = [threading.Thread(target=client) for _ in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    server.stop()
    done.set()
    for thread in threads:
        thread.join()
    assert lost == []
