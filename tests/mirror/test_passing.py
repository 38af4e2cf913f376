"""What passes a mirror: bytes, headers, streams, credentials; and upstreams that fail."""

import hashlib
import os
import pathlib
import sqlite3
import ssl
import subprocess
import threading
import time

import pytest
from conftest import BINARY, ask, free_port, rondo
from mlflow import MlflowClient
from peer import MlflowServer

OWN = {"date", "x-request-id", "connection", "content-length", "transfer-encoding", "keep-alive"}


def headers_of(answer):
    return sorted((k.lower(), v) for k, v in answer.headers.items() if k.lower() not in OWN)


def test_answers_are_the_upstreams_byte_for_byte(peer, start):
    mirror = start(peer.url)
    run = MlflowClient(mirror.url).create_run("0", run_name="bytes").info.run_id
    content = os.urandom(3_000_000)
    upload = f"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/big.bin"
    assert ask(mirror.url, "PUT", upload, content).status == 200
    for method, path, body in [
            ("GET", "/", None), ("GET", "/version", None), ("GET", "/health", None), ("HEAD", "/health", None),
            ("GET", f"/api/2.0/mlflow/runs/get?run_id={run}", None),
            ("GET", "/api/2.0/mlflow/runs/get?run_id=" + "0" * 32, None),
            ("GET", "/api/2.0/mlflow/nothing", None), ("POST", "/api/2.0/mlflow/runs/get", {"x": 1}),
            ("POST", "/api/2.0/mlflow/runs/create", {"experiment_id": "99999"}),
            ("POST", "/api/2.0/mlflow/runs/search", {"experiment_ids": ["0"], "filter": "no such"}),
            ("GET", upload, None), ("GET", "/static-files/no-such", None)]:
        direct, through = ask(peer.url, method, path, body), ask(mirror.url, method, path, body)
        assert through.status == direct.status, (path, direct.body)
        assert through.body == direct.body, path
        assert headers_of(through) == headers_of(direct), path
    assert ask(mirror.url, "GET", upload).body == content
    report = mirror.settled()
    assert report["differing"] == 0, "\n".join(map(str, mirror.differences("differing")))
    digest = hashlib.sha256(content).hexdigest()
    assert list(pathlib.Path(mirror.data).rglob(digest)), "the upload's bytes are here, too"
    assert any(t["outcome"] == "not_offered" and t["endpoint"] == "GET /api/2.0/mlflow/nothing"
               for t in report["tallies"]), report["tallies"]


def test_artifacts_may_be_left_out(peer, start):
    mirror = start(peer.url, "--no-artifacts")
    path = "/api/2.0/mlflow-artifacts/artifacts/left/out.txt"
    assert ask(mirror.url, "PUT", path, b"not here").status == 200
    assert ask(mirror.url, "GET", path).body == b"not here"
    counts = mirror.counts()
    assert counts["not_mirrored", "artifacts are left out (--no-artifacts)"] == 1
    assert counts["unknown_here", "asks for a file that is not here"] == 1, counts


def test_credentials_pass_unread_and_are_not_kept(start, upstream):
    seen = []

    def say(handler, body):
        seen.append((handler.command, handler.path, dict(handler.headers), body))
        handler.answer(200, b'{"run":{"info":{"run_id":"' + b"a" * 32 + b'"}}}',
                       headers=[("set-cookie", "one=1"), ("set-cookie", "two=2"), ("x-of-theirs", "kept")])

    mirror = start(upstream(say).url + "/prefix")
    answer = ask(mirror.url, "POST", "/api/2.0/mlflow/runs/create?token=t0psecret&x=%2F%20",
                 {"experiment_id": "0", "password": "hush-hush"},
                 {"Authorization": "Basic c2VjcmV0", "Cookie": "session=1", "X-Mine": "a", "TE": "trailers",
                  "Connection": "close, X-Hop", "X-Hop": "gone"})
    assert answer.status == 200 and answer.headers.get_all("set-cookie") == ["one=1", "two=2"]
    assert answer.headers["x-of-theirs"] == "kept"
    [(method, path, headers, body)] = seen
    assert (method, path) == ("POST", "/prefix/api/2.0/mlflow/runs/create?token=t0psecret&x=%2F%20")
    headers = {k.lower(): v for k, v in headers.items()}
    assert headers["authorization"] == "Basic c2VjcmV0" and headers["cookie"] == "session=1"
    assert headers["x-mine"] == "a" and not {"te", "x-hop"} & headers.keys()
    assert headers["x-forwarded-for"].startswith("127.0.0.1") and b"hush-hush" in body
    mirror.settled()
    [kept] = mirror.differences()
    mirror.stop()
    stored = b"".join(p.read_bytes() for p in mirror.data.rglob("rondo.db*"))
    for secret in ("c2VjcmV0", "t0psecret", "hush-hush"):
        assert secret not in str(kept) and secret.encode() not in stored, secret


def test_large_bodies_are_streams(start, upstream, tmp_path):
    """100 MB each way, with and without a length, in little memory."""
    piece, pieces = os.urandom(1 << 20), 100
    whole = hashlib.sha256()
    for _ in range(pieces):
        whole.update(piece)
    got = {}

    def say(handler, body):
        if handler.command == "PUT":
            got["put"] = hashlib.sha256(body).hexdigest()
            return handler.answer(200)
        handler.send_response(200)
        handler.send_header("content-type", "application/octet-stream")
        chunked = handler.path.endswith("chunked")
        if chunked:
            handler.send_header("transfer-encoding", "chunked")
        else:
            handler.send_header("content-length", str(pieces << 20))
        handler.end_headers()
        for _ in range(pieces):
            handler.wfile.write(b"100000\r\n" + piece + b"\r\n" if chunked else piece)
        if chunked:
            handler.wfile.write(b"0\r\n\r\n")

    mirror = start(upstream(say).url)

    def memory():
        text = pathlib.Path(f"/proc/{mirror.process.pid}/status").read_text()
        return int(text.split("VmHWM:")[1].split()[0]) / 1024

    before = memory()
    base = "/api/2.0/mlflow-artifacts/artifacts/x/"
    for name in ("length", "chunked"):
        answer = ask(mirror.url, "GET", base + name)
        assert hashlib.sha256(answer.body).hexdigest() == whole.hexdigest(), name
    ask(mirror.url, "PUT", base + "put", b"".join([piece] * pieces))
    assert got.pop("put") == whole.hexdigest()
    ask(mirror.url, "PUT", base + "put2", iter([piece] * pieces))  # in chunks
    assert got.pop("put") == whole.hexdigest()
    grown = memory() - before
    print(f"proof: 400 MB passed, the mirror's memory grew by {grown:.0f} MB at most")
    assert grown < 60
    mirror.settled()


def test_an_answer_that_breaks_off_breaks_off(start, upstream):
    def say(handler, _):
        handler.send_response(200)
        handler.send_header("content-length", "1000000")
        handler.end_headers()
        handler.wfile.write(b"x" * 500_000)
        handler.wfile.flush()
        handler.connection.close()
        handler.close_connection = True

    mirror = start(upstream(say).url)
    with pytest.raises(Exception) as failed:
        ask(mirror.url, "GET", "/api/2.0/mlflow-artifacts/artifacts/half")
    assert "Incomplete" in type(failed.value).__name__ or "reset" in str(failed.value)
    assert ask(mirror.url, "GET", "/livez").status == 200


def test_a_dead_upstream_is_named(start, tmp_path):
    peer = MlflowServer(tmp_path / "mortal")
    try:
        mirror = start(peer.url)
        assert ask(mirror.url, "GET", "/api/2.0/mlflow/experiments/get?experiment_id=0").status == 200
    finally:
        peer.stop()
    begun = time.monotonic()
    answer = ask(mirror.url, "GET", "/api/2.0/mlflow/experiments/get?experiment_id=0")
    assert answer.status == 502 and time.monotonic() - begun < 5
    assert answer.json()["error_code"] == "TEMPORARILY_UNAVAILABLE" and peer.url in answer.json()["message"]
    assert ask(mirror.url, "GET", "/readyz").status == 200
    report = mirror.settled()
    assert report["unreachable"] == 1 and report["differing"] == 0, mirror.differences()
    assert mirror.counts()["not_mirrored", "the upstream did not answer"] == 1


def with_own_certificate(tmp_path, upstream):
    """An upstream whose certificate, tmp_path / "cert", nobody else has signed."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=own",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", tmp_path / "key", "-out", tmp_path / "cert"],
                   check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    return upstream(lambda handler, _: handler.answer(200, b'{"secure":1}'), context)


def test_a_start_says_what_is_wrong(tmp_path, upstream):
    def start(*arguments):
        return subprocess.run([BINARY, "mirror", "--data", tmp_path / "data", "--port", "0", *arguments],
                              capture_output=True, text=True, timeout=60)

    nobody = f"http://127.0.0.1:{free_port()}"
    for url, words in [(nobody, nobody), ("ftp://somewhere", "is no URL"), ("http://no-such-host.invalid", "not known"),
                       ("http://a/?b=c", "no place for a query")]:
        done = start("--upstream", url)
        assert done.returncode not in (0, 2) and words in done.stderr and "--upstream" in done.stderr, done.stderr
    assert "--upstream" in start().stderr

    secure = with_own_certificate(tmp_path, upstream)
    done = start("--upstream", secure.url)
    assert done.returncode != 0 and "certificate" in done.stderr and "--upstream-ca" in done.stderr, done.stderr
    done = start("--upstream", secure.url, "--upstream-ca", tmp_path / "no-file")
    assert done.returncode != 0 and "--upstream-ca" in done.stderr


def test_a_certificate_of_ones_own_is_trusted_when_named(tmp_path, upstream, start):
    secure = with_own_certificate(tmp_path, upstream)
    mirror = start(secure.url, "--upstream-ca", tmp_path / "cert")
    assert ask(mirror.url, "GET", "/anything").json() == {"secure": 1}


def test_a_full_queue_costs_the_client_nothing(peer, start):
    """Rondo's database is locked by somebody else; what does not fit is counted and left out."""
    mirror = start(peer.url, "--queue", "3")
    client = MlflowClient(mirror.url)
    run = client.create_run("0", run_name="queue").info.run_id
    mirror.settled()
    before = mirror.report()["mirrored"]
    lock = sqlite3.connect(mirror.data / "rondo.db", timeout=20, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    begun, slowest, sent = time.monotonic(), 0, 30
    for i in range(sent):
        at = time.monotonic()
        client.set_tag(run, f"k{i}", "v")
        slowest = max(slowest, time.monotonic() - at)
    took = time.monotonic() - begun
    lock.execute("ROLLBACK")
    lock.close()
    assert slowest < 4, "the client does not wait for Rondo"
    assert {f"k{i}" for i in range(sent)} <= MlflowClient(peer.url).get_run(run).data.tags.keys()
    full = mirror.counts().get(("not_mirrored", "the queue was full"), 0)
    report = mirror.settled()
    assert full >= sent - 10 and full + report["mirrored"] - before == sent, report
    client.get_run(run)
    assert mirror.counts()["unknown_here", "requests about it were not mirrored"] == 1, mirror.differences()
    print(f"proof: {sent} writes in {took:.1f} s while Rondo's database was locked, {full} left out and counted")


def test_a_mirror_of_itself_is_refused(start, upstream):
    hold = threading.Event()
    target = {}

    def say(handler, _):
        if "loop" in handler.path and not hold.is_set():
            hold.set()
            marks = {k: v for k, v in handler.headers.items() if k.lower() == "x-rondo-mirror"}
            answer = ask(target["url"], "GET", "/loop", headers=marks)
            return handler.answer(answer.status, answer.body)
        handler.answer(200)

    mirror = start(upstream(say).url)
    target["url"] = mirror.url
    answer = ask(mirror.url, "GET", "/loop")
    assert answer.status == 502 and "leads back" in answer.json()["message"]


def test_another_sites_page_is_refused(peer, start):
    mirror = start(peer.url)
    path = "/ajax-api/2.0/mlflow/experiments/search"
    assert ask(mirror.url, "POST", path, {"max_results": 1}, {"Origin": "http://evil.example"}).status == 403
    assert ask(mirror.url, "GET", "/version", headers={"Host": "evil.example"}).status == 403
    own = mirror.url
    assert ask(mirror.url, "POST", path, {"max_results": 1}, {"Origin": own}).status == 200


def test_bad_questions_about_it(peer, start):
    mirror = start(peer.url)
    for query in ("limit=0", "limit=501", "outcome=nonsense"):
        answer = ask(mirror.url, "GET", f"/api/rondo/v1/mirror/differences?{query}")
        assert answer.status == 400 and answer.json()["error"]["field"] in query
    done = rondo("mirror", "report", "--url", peer.url, code=3)
    assert "is no mirror" in done.stderr
