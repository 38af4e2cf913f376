"""The flights example in a bucket tells the same story as in a folder, to the bit, and so it does
while every tenth request to the object store fails. Run by `make verify` (its name keeps it out of
`make test`)."""

import random
import threading

import pytest
import s3
from loop_server import LoopServer, story


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    server = LoopServer(tmp_path_factory.mktemp("quiet"))
    server.play("flights")
    yield story(server, "flights")
    server.stop()


@pytest.mark.parametrize("place", ["bucket", "bucket behind faults"])
def test_same_story(quiet, service, bucket, proxy, tmp_path, monkeypatch, place):
    rng, lock = random.Random(11), threading.Lock()

    def every_tenth(method, path, body):
        with lock:
            return rng.choice(["drop", "cut", ("answer", 503, s3.error("SlowDown")),
                               ("late", 500, s3.error("InternalError"))]) \
                if rng.random() < 0.1 else None

    endpoint = service.endpoint
    if "faults" in place:
        proxy.fault, endpoint = every_tenth, proxy.endpoint
    for name, value in s3.environment(endpoint).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("RONDO_BLOBS", f"s3://{bucket}/loop")
    server = LoopServer(tmp_path)
    server.play("flights")
    told = story(server, "flights")
    server.stop()
    assert told == quiet
    assert not (server.data / "blobs/objects").exists()
    objects = len(service.keys(bucket, "loop/objects/"))
    assert objects > 50
    print(f"proof: {len(told)} events with their evidence are the same in a {place}, "
          f"{objects} objects, {len(proxy.seen)} requests through the proxy")
