"""Large artifacts by the unmodified client, up and down: through the server to its disk, through the
server to a bucket, and around it. 64 MB, or 2 GB with RONDO_LONG."""

import hashlib
import os
import pathlib
import time

import mlflow
import pytest

from test_bucket import MIB, content, keys
from test_direct import staged

IS_LONG = "RONDO_LONG" in os.environ
SIZE = 2 << 30 if IS_LONG else 64 * MIB
GROWTH = 64e6


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A file, and its digest; no part of it is like another."""
    path, piece, digest = tmp_path_factory.mktemp("large") / "large.bin", content(16 * MIB), hashlib.sha256()
    with open(path, "wb") as file:
        for i in range(SIZE // len(piece)):
            for part in (piece[i:], piece[:i]):
                file.write(part)
                digest.update(part)
    yield path, digest.hexdigest()
    path.unlink()


def digest_of(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def peak(server):
    text = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(next(line for line in text.splitlines() if line.startswith("VmHWM")).split()[1]) * 1024


def used(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("way", ["disk", "bucket", "around"])
def test_up_and_down(service, bucket, make, tmp_path, large, way, monkeypatch):
    path, digest = large
    server = make(service.endpoint)
    if way == "disk":
        at = server.command.index("--blobs")
        del server.command[at:at + 2]
    for verb in ("UPLOAD", "DOWNLOAD"):
        monkeypatch.setenv(f"MLFLOW_ENABLE_PROXY_MULTIPART_{verb}", str(way == "around").lower())
    if not IS_LONG:
        monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", str(16 * MIB))
        monkeypatch.setenv("MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE", str(16 * MIB))
    server.start()
    client = mlflow.MlflowClient(server.http.address.geturl())
    run = client.create_run("0").info.run_id
    client.log_artifact(run, __file__, "warm")
    before = server.memory()
    begun = time.monotonic()
    client.log_artifact(run, str(path), "first")
    up, begun = time.monotonic() - begun, time.monotonic()
    back = pathlib.Path(client.download_artifacts(run, "first/large.bin", str(tmp_path)))
    down = time.monotonic() - begun
    growth = peak(server) - before
    assert back.stat().st_size == SIZE and digest_of(back) == digest
    back.unlink()
    print(f"proof: {SIZE / 1e9:.2f} GB by mlflow's client, {way}: up {SIZE / up / 1e6:.0f} MB/s, "
          f"down {SIZE / down / 1e6:.0f} MB/s, memory +{growth / 1e6:.0f} MB")
    assert growth < GROWTH
    # The same content under another name is the same object.
    client.log_artifact(run, str(path), "second")
    assert [(one.path, one.file_size) for one in client.list_artifacts(run, "second")] == \
        [("second/large.bin", SIZE)]
    assert peak(server) - before < GROWTH
    if way == "disk":
        assert used(server.data / "blobs") < SIZE + MIB
    else:
        assert keys(service, bucket).count(digest) == 1 and staged(service, bucket) == []
        assert list((server.data / "blobs/tmp").iterdir()) == []
        assert used(pathlib.Path(service.folder, bucket)) < SIZE + MIB or not service.is_real


# --- files of the local disk, which leave without passing through the server ----------------------


@pytest.fixture
def disk(service, make):
    server = make(service.endpoint)
    at = server.command.index("--blobs")
    del server.command[at:at + 2]
    return server.start()


def stored(server, data):
    path = "/api/2.0/mlflow-artifacts/artifacts/0/r/artifacts/f.bin"
    assert server.http.send("PUT", path, raw=data).status == 200
    return path


def descriptors(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def test_pieces_are_what_was_stored(disk):
    """Whole, checked and sent again; ranges at every border; over one connection."""
    data = content(9 * MIB + 12345)
    path = stored(disk, data)
    for _ in range(3):
        assert disk.http.get(path).body == data
    for first, last in ((0, 0), (1, len(data) - 1), (8 * MIB - 1, 8 * MIB), (MIB, 9 * MIB + 12344)):
        answer = disk.http.send("GET", path, range=f"bytes={first}-{last}")
        assert answer.status == 206 and answer.body == data[first:last + 1], (first, last)
    assert disk.http.send("HEAD", path).body == b""


def test_damage_after_a_check_is_seen(disk):
    """T51: that a file was checked a moment ago says nothing about one that changed since."""
    import http.client
    data = content(2 * MIB)
    path = stored(disk, data)
    for _ in range(2):
        assert disk.http.get(path).body == data
    digest = hashlib.sha256(data).hexdigest()
    file = disk.data / "blobs/objects" / digest[:2] / digest
    damaged = bytearray(data)
    damaged[MIB] ^= 1
    with open(file, "r+b") as opened:
        opened.write(damaged)
    with pytest.raises((OSError, http.client.HTTPException)):
        disk.http.get(path)
    file.write_bytes(data[:MIB])
    with pytest.raises((OSError, http.client.HTTPException)):
        disk.http.get(path)


def test_readers_that_are_slow_or_leave(disk):
    """T31: they hold a descriptor as long as they are there, and nobody else is kept waiting."""
    import socket
    data = content(16 * MIB)
    path = stored(disk, data)
    assert disk.http.get(path).body == data
    before = descriptors(disk)
    head = f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {disk.http.token}\r\n\r\n"
    address = disk.http.address.hostname, disk.http.address.port
    slow = []
    for _ in range(20):
        slow.append(socket.create_connection(address))
        slow[-1].sendall(head.encode())
        assert slow[-1].recv(10)
    begun = time.monotonic()
    assert disk.http.get(path).body == data
    assert time.monotonic() - begun < 10
    for sock in slow[:19]:
        sock.close()
    got = 0
    while got < 16 * MIB:  # the last one was only slow
        got += len(slow[19].recv(MIB))
    slow[19].close()
    from serving import wait_for
    wait_for(lambda: descriptors(disk) <= before)
    assert disk.memory() < 300e6
