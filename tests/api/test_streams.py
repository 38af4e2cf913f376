"""Artifacts of any size pass through without being held (T5), and a broken upload leaves nothing
(T6)."""

import hashlib
import http.client
import json
import pathlib
import socket
import urllib.parse

import pytest
from rondo_server import Server

BIG = 300 << 20
PIECE = bytes(range(256)) * 4096
GROWTH = 64 << 20


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("server"))
    yield running
    running.stop()


def address(server):
    parts = urllib.parse.urlsplit(server.url)
    return parts.hostname, parts.port


def resident_bytes(server) -> int:
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def test_t5_big_files_are_not_held(server):
    before = resident_bytes(server)
    path = "/api/2.0/mlflow-artifacts/artifacts/big.bin"
    connection = http.client.HTTPConnection(*address(server), timeout=120)
    pieces = BIG // len(PIECE)
    connection.request("PUT", path, (PIECE for _ in range(pieces)),
                       {"content-length": str(pieces * len(PIECE))})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    answer.read()
    connection.request("GET", path)
    answer = connection.getresponse()
    seen, size = hashlib.sha256(), 0
    while piece := answer.read(1 << 20):
        seen.update(piece)
        size += len(piece)
    wanted = hashlib.sha256()
    for _ in range(pieces):
        wanted.update(PIECE)
    assert size == pieces * len(PIECE) and seen.digest() == wanted.digest()
    assert resident_bytes(server) - before < GROWTH


def test_chunked_upload(server):
    connection = http.client.HTTPConnection(*address(server), timeout=60)
    path = "/api/2.0/mlflow-artifacts/artifacts/chunked.bin"
    connection.request("PUT", path, iter([b"a" * 70_000, b"b", b"c" * 200_000]),
                       encode_chunked=True, headers={"transfer-encoding": "chunked"})
    assert connection.getresponse().read() == b"{}"
    connection.request("GET", path, headers={"range": "bytes=69999-70001"})
    assert connection.getresponse().read() == b"abc"


@pytest.mark.parametrize("framing", ["content-length: 1000000", "transfer-encoding: chunked"])
def test_t6_a_cut_upload_leaves_nothing(server, framing):
    name = "cut-" + framing.split(":")[0]
    with socket.create_connection(address(server)) as raw:
        head = (f"PUT /api/2.0/mlflow-artifacts/artifacts/{name} HTTP/1.1\r\n"
                f"host: localhost\r\n{framing}\r\n\r\n")
        body = "8\r\nabcdefgh\r\n" if "chunked" in framing else "only a part"
        raw.sendall((head + body).encode())
    connection = http.client.HTTPConnection(*address(server), timeout=60)
    connection.request("GET", "/api/2.0/mlflow-artifacts/artifacts")
    files = json.loads(connection.getresponse().read()).get("files", [])
    assert name not in [f["path"] for f in files]
    uploads = server.log.parent / "data" / "blobs" / "tmp"
    for _ in range(200):
        if not list(uploads.iterdir()):
            return
    assert not list(uploads.iterdir()), "what was cut short is still on the disk"
