"""T52: no descriptors, no threads, no memory left: a start that cannot be says what is missing and ends;
a running server refuses what it has no means for, and goes on when there is room again."""

import contextlib
import errno
import os
import socket

import pytest
from conftest import WHOLE, http_of
from faults import FaultServer
from ledger import AWAY, Artifact, LogBatch, NewRun
from serving import wait_for

START_STEP = 1 if WHOLE else 5  # of the limits on descriptors that are tried


def ended_with_words(server, *words):
    """A start that failed: one line on what is missing, and no signal."""
    text = server.words()
    said = [line for line in text.splitlines() if line.startswith("rondo: ")]
    assert 0 < server.process.returncode < 100, (server.process.returncode, text)
    assert len(said) == 1 and any(word in said[0] for word in words), text
    return said[0]


@pytest.fixture
def server(tmp_path):
    made = FaultServer(tmp_path, start=False)
    yield made
    made.end()


def limited(folder, kind, value):
    """A server under a limit from its first moment; not started."""
    server = FaultServer(folder, start=False)
    server.inside = ["prlimit", f"--{kind}={value}:{value}", *server.inside]
    return server


def test_t52_too_few_descriptors_to_start(tmp_path):
    """From none at all up to enough: it names what is missing, and then it starts."""
    for limit in range(6, 80, START_STEP):
        folder = tmp_path / str(limit)
        folder.mkdir()
        server = limited(folder, "nofile", limit)
        try:
            if not server.try_start():
                ended_with_words(server, "Too many open files", "descriptors", "unable to open")
                continue
            http = http_of(server)
            assert NewRun("r").send(http)
            server.stop()
            break
        finally:
            server.end()
    else:
        raise AssertionError("it never starts")
    print(f"proof: starts from {limit} descriptors on; with fewer it says so")


def test_t52_connections_take_all_descriptors(tmp_path):
    server = limited(tmp_path, "nofile", 128)
    server.start()
    http = http_of(server)
    run = NewRun("r")
    assert run.send(http)
    held = []
    with contextlib.suppress(OSError):
        for _ in range(300):
            held.append(socket.create_connection(("127.0.0.1", server.port), timeout=1))
    assert len(held) > 128
    assert http.get("/readyz").status == 200  # who is connected is served
    writes = [LogBatch(run, "k", [1.0, 2.0]), Artifact(run, "a", b"x" * 200_000)]
    for write in writes:
        assert write.send(http) or write.answer.status == 503, write.answer
    for sock in held:
        sock.close()
    for write in writes:
        wait_for(lambda write=write: write.send(http), 5)
        assert write.count(http) == 1
    wait_for(lambda: http_of(server).get("/readyz").status == 200, 5)
    server.stop()


def test_t52_files_cannot_be_opened(server):
    """EMFILE from every open for a while: refused with words, and over when it is over."""
    server.start()
    http = http_of(server)
    run = NewRun("r")
    assert run.send(http)
    small = Artifact(run, "a", b"x" * 100)
    assert small.send(http)
    server.plan.arm(["open"], 1, error=errno.EMFILE, times=1 << 40)
    write = Artifact(run, "b", b"y" * 100)
    assert not write.send(http)
    assert write.answer.status == 503 and "Too many open files" in write.answer.message, write.answer
    answer = http.get(small.path)
    assert answer.status == 503 and "Too many open files" in answer.message, answer
    assert LogBatch(run, "k", [1.0]).send(http)  # needs none
    server.plan.disarm()
    assert write.send(http) and write.count(http) == 1 and small.count(http) == 1
    server.stop()


def test_t52_no_thread_to_start(server):
    server.plan.arm(["thread"], 1 << 60)
    server.start()
    threads = server.plan.seen("thread")
    server.stop()
    server.words()
    assert threads > 10
    for nth in range(1, threads + 1, 1 if WHOLE else 4):
        server.plan.arm(["thread"], nth, error=errno.EAGAIN)
        assert not server.try_start(), f"thread {nth} of {threads} is not missed"
        ended_with_words(server, "the system gives no thread")
    server.plan.disarm()
    server.start()
    server.stop()
    print(f"proof: {threads} threads, each missing at the start named")


def test_t52_no_memory(tmp_path):
    """Too little to start names itself; with just enough, what is too big for it is refused and the
    rest is served."""
    enough = None
    for megabytes in [*range(40, 200, 20), *range(200, 2000, 100)]:
        folder = tmp_path / str(megabytes)
        folder.mkdir()
        server = limited(folder, "as", megabytes << 20)
        try:
            if server.try_start():
                enough = megabytes
                http = http_of(server)
                run = NewRun("r")
                assert run.send(http)
                for size in (100, 1 << 20, 64 << 20):
                    write = Artifact(run, f"a{size}", os.urandom(size))
                    try:
                        assert write.send(http) or write.answer.status in (500, 503, 507), write.answer
                    except AWAY:
                        assert server.process.poll() is None, server.words()
                assert Artifact(run, "last", b"x").send(http_of(server))
                server.stop()
                break
            said = server.words()
            # Below some size not even the loader of the program has its way.
            assert server.process.returncode in (1, 127), (megabytes, server.process.returncode, said)
            assert "memory" in said or "thread" in said or "shared object" in said, (megabytes, said)
        finally:
            server.end()
    assert enough
    print(f"proof: with less than {enough} MiB of addresses it says what is missing")


def test_t52_a_task_that_cannot_be_looked_at(server):
    """Without a descriptor to look at a task's process with it is not taken for dead."""
    server.start()
    http = http_of(server)
    digest = http.call("POST", "/api/rondo/v1/blobs", raw=b"import time; time.sleep(4)",
                       content_type="application/octet-stream")["digest"]
    http.call("PUT", "/api/rondo/v1/pipelines/slow", content_type="application/yaml", raw=(
        "name: slow\nenvironment: default\nfiles: {slow.py: " + digest + "}\n"
        "tasks: [{name: only, script: slow.py, time_limit: 1m, retries: 3}]\n").encode())
    number = http.call("POST", "/api/rondo/v1/pipelines/slow/runs", {})["id"]

    def task():
        return http.call("GET", f"/api/rondo/v1/runs/{number}")["tasks"][0]

    wait_for(lambda: task()["state"] == "running")
    server.plan.below("/proc")
    server.plan.arm(["open"], 1, error=errno.EMFILE, times=1 << 40)
    server.plan["fired"] = 0
    http.call("POST", "/api/rondo/v1/pipelines/slow/runs", {})  # the executor looks at all of them
    wait_for(lambda: server.plan.fired >= 2)
    server.plan.disarm()
    assert task()["state"] == "running" and task()["attempt"] == 1, task()
    wait_for(lambda: task()["state"] == "succeeded")
    assert task()["attempt"] == 1
    server.stop()
