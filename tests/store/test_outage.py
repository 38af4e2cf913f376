"""PostgreSQL goes away under load, freezes, and the connection is cut exactly at COMMIT (T54).

What holds in all of them: what was answered 200 is there once, what was answered 503 is not there,
503 carries Retry-After, nobody waits beyond the limit, and all goes on by itself."""

import collections
import contextlib
import http.client
import json
import os
import signal
import threading
import time
import urllib.parse

import pytest
from pg_proxy import Proxy
from rondo_server import Server

API = "/api/2.0/mlflow/"
LIMIT_SECONDS = 26  # 5 in the queue, 12 for a transaction, 8 to ask for its fate, and the machine
BACK_SECONDS = 5
FREEZE_SECONDS = float(os.environ.get("RONDO_FREEZE_SECONDS", "14"))


class Client:
    def __init__(self, server):
        address = urllib.parse.urlsplit(server.url)
        self.address = address.hostname, address.port

    def send(self, path, message=None):
        """(status, headers, answer, seconds) on a connection of its own."""
        begun = time.monotonic()
        connection = http.client.HTTPConnection(*self.address, timeout=60)
        with contextlib.closing(connection):
            body = None if message is None else json.dumps(message)
            connection.request("GET" if message is None else "POST", API + path, body,
                               {"content-type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
        return answer.status, answer.headers, json.loads(text), time.monotonic() - begun

    def create_run(self, name):
        return self.send("runs/create", {"experiment_id": "0", "run_name": name})

    def stored(self) -> collections.Counter:
        """How often each name is there."""
        names, token = collections.Counter(), ""
        while True:
            status, _, page, _ = self.send("runs/search", {
                "experiment_ids": ["0"], "max_results": 1000, "page_token": token})
            assert status == 200, page
            names.update(run["info"]["run_name"] for run in page.get("runs", []))
            token = page.get("next_page_token", "")
            if not token:
                return names


class Load:
    """Writers and readers that go on whatever is answered."""

    def __init__(self, client, writers=6, readers=2):
        self.client, self.ends, self.writes, self.reads = client, threading.Event(), [], []
        self.threads = [threading.Thread(target=self._write, args=(i,)) for i in range(writers)]
        self.threads += [threading.Thread(target=self._read) for _ in range(readers)]
        for thread in self.threads:
            thread.start()

    def _write(self, i):
        n = 0
        while not self.ends.is_set():
            n += 1
            name = f"{i}/{n}"
            self.writes.append((name, time.monotonic(), *self.client.create_run(name)))
            if self.writes[-1][2] != 200:
                time.sleep(0.02)

    def _read(self):
        while not self.ends.is_set():
            answer = self.client.send("experiments/get?experiment_id=0")
            self.reads.append(("", time.monotonic(), *answer))
            time.sleep(0.002 if answer[0] == 200 else 0.02)

    def stop(self):
        self.ends.set()
        for thread in self.threads:
            thread.join()

    def wait_for_more(self, count=20, seconds=30.0):
        """Until so many writes and reads more have been answered 200; how long it took."""
        begun = time.monotonic()
        for answers in self.writes, self.reads:
            seen = len(answers)
            while sum(a[2] == 200 for a in answers[seen:]) < count:
                assert time.monotonic() - begun < seconds, answers[-3:]
                time.sleep(0.01)
        return time.monotonic() - begun

    def check(self):
        stored = self.client.stored()
        for name, _, status, headers, answer, seconds in self.writes + self.reads:
            assert status in (200, 503, 504), (status, answer)
            assert seconds < LIMIT_SECONDS, (status, answer, seconds)
            if status == 503:
                assert headers["retry-after"], answer
            if name and status == 200:
                assert stored[name] == 1, (name, stored[name])
            if name and status == 503:
                assert stored[name] == 0, (name, answer)
            if name and status == 504:  # only this one may have been done
                most = 1 if "look before you repeat it" in answer["message"] else 0
                assert stored[name] <= most, (name, answer)
        return collections.Counter(write[2] for write in self.writes)


@pytest.fixture
def start(tmp_path):
    started = []

    def go(database):
        folder = tmp_path / str(len(started))
        folder.mkdir()
        started.append(Server(folder, database))
        return started[-1]

    yield go
    for server in started:
        server.stop()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["in order", "by a crash"])
def test_restarted_under_load(postgres, database, start, how):
    client = Client(start(database))
    load = Load(client)
    try:
        load.wait_for_more()
        for away in 0.0, 1.5:
            postgres.stop_server(how)
            time.sleep(away)  # how long it is away is what is tried here
            postgres.start()
            assert load.wait_for_more() < BACK_SECONDS
    finally:
        load.stop()
    found = load.check()
    assert found[503] > 0, "the load never met the outage"
    print(f"proof: restart {'in order' if how == signal.SIGINT else 'by a crash'}: {dict(found)}")


def test_frozen_under_load(postgres, database, start):
    client = Client(start(database))
    load = Load(client)
    frozen = []
    try:
        load.wait_for_more()
        frozen = postgres.processes()
        for pid in frozen:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(FREEZE_SECONDS)
        for pid in reversed(frozen):
            os.kill(pid, signal.SIGCONT)
        frozen = []
        assert load.wait_for_more() < BACK_SECONDS
    finally:
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
        load.stop()
    found = load.check()
    assert found[503] > 0
    print(f"proof: frozen for {FREEZE_SECONDS:g} s: {dict(found)}")


def test_what_fates_stand_on(postgres):
    """A crash may give the number of a transaction out again, and then begins the statistics anew;
    an orderly restart does neither."""
    ask = "SELECT stats_reset, pg_current_xact_id() FROM pg_stat_bgwriter"
    eras, numbers = [], []
    for how in signal.SIGINT, signal.SIGQUIT:
        eras.append(postgres.sql("postgres", ask).split("|")[0])
        numbers.append(int(postgres.sql("postgres", ask).split("|")[1]))
        postgres.stop_server(how)
        postgres.start()
    era, number = postgres.sql("postgres", ask).split("|")
    assert eras[0] == eras[1] and numbers[0] < numbers[1]
    assert era != eras[1] and int(number) <= numbers[1] + 1


class Cut:
    """Breaks the COMMIT of the next write of a run off, once."""

    def __init__(self, how):
        self.how, self.armed, self.happened, self.wrote = how, False, threading.Event(), set()

    def __call__(self, sql, connection):
        if sql.startswith("BEGIN"):  # what runs in the background writes by the same connections
            self.wrote.discard(connection)
        if sql.startswith("INSERT INTO runs"):
            self.wrote.add(connection)
        if sql != "COMMIT" or not self.armed or connection not in self.wrote:
            return True
        self.armed = False
        if self.how == "before":  # the server sees the end of the connection
            connection.cut_server()
        elif self.how == "between":  # the server never hears of it, and waits
            connection.cut_client()
            self.happened.set()
            time.sleep(30)
            return False
        else:
            connection.pass_and_wait(connection.message + SYNC, b"COMMIT\0")
            if self.how == "after, then away":
                self.proxy.go_away()
        connection.cut_client()
        self.happened.set()
        return False


SYNC = b"S\0\0\0\4"


@pytest.mark.parametrize("how", ["before", "between", "after"])
def test_cut_at_commit(postgres, database, start, how):
    cut = Cut(how)
    proxy = Proxy(postgres.port, cut)
    server = start(proxy.url(database))
    client = Client(server)
    assert client.create_run("first")[0] == 200
    for i in range(3):
        cut.happened.clear()
        cut.armed = True
        status, _, answer, seconds = client.create_run(f"cut {i}")
        assert cut.happened.is_set()
        assert status == 200, answer
        assert seconds < LIMIT_SECONDS
    assert client.stored() == {"first": 1, "cut 0": 1, "cut 1": 1, "cut 2": 1}
    fate = "done" if how == "after" else "not done"
    assert server.log.read_text().count(f'"fate":"{fate}"') == 3
    proxy.close()


def test_an_unknown_fate_is_said(postgres, database, start):
    """The write is done, and nobody can be asked: neither 200 nor a 503 that asks to repeat it."""
    cut = Cut("after, then away")
    cut.proxy = proxy = Proxy(postgres.port, cut)
    client = Client(start(proxy.url(database)))
    assert client.create_run("first")[0] == 200
    cut.armed = True
    status, headers, answer, seconds = client.create_run("cut")
    assert status == 504 and "retry-after" not in headers
    assert "look before you repeat it" in answer["message"]
    assert seconds < LIMIT_SECONDS
    # Meanwhile others are told at once, and all goes on by itself.
    status, headers, answer, seconds = client.create_run("refused")
    assert status == 503 and headers["retry-after"] and seconds < 1, answer
    proxy.refuses = False
    until = time.monotonic() + BACK_SECONDS
    while client.create_run("again")[0] != 200:
        assert time.monotonic() < until
        time.sleep(0.05)
    assert client.stored()["cut"] == 1 and client.stored()["refused"] == 0
    proxy.close()


def test_metrics_tell(postgres, database, start):
    server = start(database)
    client = Client(server)
    assert client.create_run("one")[0] == 200
    postgres.sql("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                             "WHERE application_name = 'rondo'")
    for i in range(40):  # each connection notices it by itself
        assert client.create_run(f"two {i}")[0] == 200
    address = urllib.parse.urlsplit(server.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
    connection.request("GET", "/metrics")
    lines = dict(line.rsplit(" ", 1) for line in connection.getresponse().read().decode().splitlines()
                 if not line.startswith("#"))
    assert float(lines["rondo_database_reconnects_total"]) >= 1
    assert float(lines["rondo_database_sessions"]) >= 1
    assert float(lines["rondo_database_up"]) == 1
    assert 'engine="postgresql"' in str(lines)
    for name in ("queued_writes", "queued_reads", "retries_total", "uncertain_commits_total",
                 "reads_total", "transactions_total", "writes_total"):
        assert f"rondo_database_{name}" in lines
