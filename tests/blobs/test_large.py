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
