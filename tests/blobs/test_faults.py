"""T55: an object store that is slow, down, cutting connections, or answering 200 with an error
inside. Writers are told the truth, readers get whole bytes or an error, and all resumes by itself."""

import random
import threading
import time

import pytest

import s3
from serving import wait_for
from test_bucket import MIB, content, fetch, keys, put, version


@pytest.fixture
def server(proxy, make):
    return make(proxy.endpoint).start()


def test_T55_a_storm_of_503(server, proxy, service, bucket):
    """Every second request is told to slow down; nothing is lost and nobody is told."""
    rng, lock = random.Random(5), threading.Lock()

    def storm(method, path, body):
        with lock:
            return ("answer", 503, s3.error("SlowDown")) if rng.random() < 0.5 else None

    proxy.fault = storm
    data = {f"f{n}": content(n * MIB + n, n) for n in (0, 1, 9)}
    digests = {path: put(server, one) for path, one in data.items()}
    version(server, "d", digests)
    for path, one in data.items():
        assert fetch(server, "d", path).body == one
    assert set(keys(service, bucket)) >= set(digests.values())


def test_T55_down_and_up_again(server, proxy):
    first = put(server, b"before")
    version(server, "d", {"f": first})
    proxy.fault = lambda *_: "drop"
    message = put(server, b"while it is down", status=503)
    assert "object store does not answer" in message and "test-secret" not in message
    answer = fetch(server, "d", "f")
    assert answer.status == 503
    assert server.http.get("/readyz").status == 200
    proxy.fault = lambda *_: None
    put(server, b"while it is down")
    assert fetch(server, "d", "f").body == b"before"


def test_T55_bodies_that_are_cut(server, proxy):
    """The answer ends in the middle, each time a bit later: what comes out is whole."""
    data = content(6 * MIB)
    version(server, "d", {"f": put(server, data)})
    count = iter(range(1000))
    proxy.fault = lambda method, path, body: (
        "cut" if method == "GET" and next(count) % 2 == 0 else None)
    assert fetch(server, "d", "f").body == data


def test_T55_bodies_that_are_always_cut(server, proxy):
    """Halves of halves: in the end nothing more comes, and the download breaks off instead of ending
    as if it were whole."""
    data = content(3 * MIB)
    version(server, "d", {"f": put(server, data)})
    object_reads = []

    def cut(method, path, body):
        if method == "GET" and "/objects/" in path:
            object_reads.append(path)
            return "cut" if len(object_reads) < 4 else "drop"
        return None

    proxy.fault = cut
    try:
        answer = fetch(server, "d", "f")
        assert answer.status == 503, answer
    except Exception as error:  # http.client's, of several kinds
        assert "IncompleteRead" in repr(error) or "Connection" in repr(error), error
        server.http.connection = None


def test_T55_success_with_an_error_inside(server, proxy, service, bucket):
    """CompleteMultipartUpload answers 200 before it is done."""
    inside = s3.error("InternalError", "We encountered an internal error. Please try again.")
    count = iter(range(1000))
    complete = lambda method, path: method == "POST" and "uploadId=" in path  # noqa: E731
    proxy.fault = lambda method, path, body: (
        ("answer", 200, inside) if complete(method, path) and next(count) < 2 else None)
    data = content(12 * MIB)
    digest = put(server, data)  # the third attempt is believed
    assert digest in keys(service, bucket)
    version(server, "d", {"f": digest})
    assert fetch(server, "d", "f").body == data
    # For ever: an error, no object, and no parts left behind.
    proxy.fault = lambda method, path, body: (
        ("answer", 200, inside) if complete(method, path) else None)
    message = put(server, content(12 * MIB, 8), status=503)
    assert "InternalError" in message and "cannot put parts together" in message
    assert service.client().list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []
    assert len([key for key in keys(service, bucket)]) == 2  # the file and its tree
    # Other things that are no success.
    for body in (b"", b"<html>", inside[:-3]):
        proxy.fault = lambda method, path, _, body=body: (
            ("answer", 200, body) if complete(method, path) else None)
        put(server, content(9 * MIB, 9), status=503)


def test_T55_completed_but_the_answer_was_lost(server, proxy, service, bucket):
    count = iter(range(1000))
    proxy.fault = lambda method, path, body: (
        ("late", 500, s3.error("InternalError"))
        if method == "POST" and "uploadId=" in path and next(count) == 0 else None)
    digest = put(server, content(9 * MIB, 3))
    assert keys(service, bucket) == [digest]


def test_T55_put_but_the_answer_was_lost(server, proxy, service, bucket):
    """The second attempt meets the first one's object: that is success."""
    count = iter(range(1000))
    proxy.fault = lambda method, path, body: (
        ("late", 500, b"") if method == "PUT" and next(count) == 0 else None)
    digest = put(server, b"once")
    assert keys(service, bucket) == [digest]


def test_T55_parts_that_fail_are_cleared(server, proxy, service, bucket):
    proxy.fault = lambda method, path, body: (
        ("answer", 403, s3.error("AccessDenied")) if "partNumber=2" in path else None)
    message = put(server, content(20 * MIB), status=503)
    assert "may not do that" in message
    assert service.client().list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []
    assert keys(service, bucket) == []


def test_T55_slow(server, proxy):
    """Half a second an answer holds nobody else up: pages and checks go on at their speed."""
    version(server, "d", {"f": put(server, b"x")})
    proxy.fault = lambda *_: 0.5
    done = []

    def read():
        from serving import Http
        mine = Http(server.http.address.geturl(), server.http.token)
        done.append(mine.get("/api/rondo/v1/datasets/d/versions/latest/files/f").body)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    slowest = 0.0
    for _ in range(50):
        begun = time.monotonic()
        assert server.http.get("/api/rondo/v1/datasets").status == 200
        slowest = max(slowest, time.monotonic() - begun)
    for thread in threads:
        thread.join()
    assert done == [b"x"] * 8
    assert slowest < 0.4


def test_T55_answers_that_are_not_of_this_service(server, proxy):
    """Nonsense instead of objects is an error of the store, never a crash or a blob."""
    version(server, "d", {"f": put(server, content(MIB))})
    for status, body in [(200, b"short"), (206, b"short"), (404, b"<Error>"), (302, b""),
                         (403, s3.error("AccessDenied"))]:
        proxy.fault = lambda method, path, _, status=status, body=body: (
            ("answer", status, body) if method == "GET" and "/objects/" in path else None)
        answer = fetch(server, "d", "f")
        # A body of another digest is damage, whoever did it.
        damaged = answer.status == 500 and "damaged" in answer.message
        assert damaged or answer.status in (404, 503), (status, answer)
    proxy.fault = lambda *_: None
    assert fetch(server, "d", "f").status == 200
    wait_for(lambda: server.http.get("/readyz").status == 200)
