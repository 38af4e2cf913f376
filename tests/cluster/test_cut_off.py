"""T56: one of two servers is frozen for longer than its lease, or cut off from PostgreSQL. No job runs
twice, nothing is promoted twice, and it comes back."""

import signal
import threading
import time

import pytest
from loop_server import LoopServer, story
from serving import Http, wait_for
from small_loop import NAME
from tcp_proxy import TcpProxy
from test_two_servers import alone, ends_the_same  # noqa: F401 (a fixture)
from two_loop import TwoLoop

from conftest import PATIENCE

FROZEN_SECONDS = 4  # more than twice the patience


def cluster(server):
    return Http(server.url, server.client().token).call("GET", "/api/rondo/v1/cluster")


def owner_of(pair, job="loop"):
    """The pair's servers, the owner of the job first."""
    shown = cluster(pair.servers[0])
    lease = next(lease for lease in shown["leases"] if lease["job"] == job)
    address = next(s["address"] for s in shown["servers"]
                   if s["id"] == lease["owner"].split("/")[0])
    return sorted(pair.servers, key=lambda s: s.url != address)


class Freezer(threading.Thread):
    """Stops the owner of the loop in the middle of its work, again and again."""

    def __init__(self, pair, times):
        super().__init__(daemon=True)
        self.pair, self.times, self.failure, self.frozen = pair, times, None, 0

    def run(self):
        try:
            for _ in range(self.times):
                time.sleep(0.7)
                owner = owner_of(self.pair)[0]
                owner.process.send_signal(signal.SIGSTOP)
                time.sleep(FROZEN_SECONDS)
                owner.process.send_signal(signal.SIGCONT)
                self.frozen += 1
                wait_for(lambda: [s["state"] for s in cluster(owner)["servers"]].count("running") == 2)
        except BaseException as error:  # raised by the test
            self.failure = error


class Impatient(TwoLoop):
    """A frozen server answers nothing: its clients give up soon and go to the other one."""

    def __init__(self, servers, seed=0):
        super().__init__(servers, seed)
        for client in self.clients:
            client.timeout = 2


def test_t56_the_frozen_owner_does_nothing_any_more(alone, make_pair):  # noqa: F811
    told, expected = alone
    pair = make_pair()
    loop = Impatient(pair.servers, seed=3)
    loop.prepare()
    freezer = Freezer(pair, times=2)
    freezer.start()
    loop.go_on()
    freezer.join()
    if freezer.failure:
        raise freezer.failure
    ends_the_same(pair, told, expected)
    fences = {lease["job"]: lease["fence"] for lease in cluster(pair.servers[0])["leases"]}
    assert fences["loop"] >= 2, fences


def test_t56_the_owner_is_cut_off_from_the_database(alone, postgres, tmp_path):  # noqa: F811
    told, expected = alone
    url = postgres.new_database("cut_off")
    proxy = TcpProxy(postgres.port)
    far = url.replace(f":{postgres.port}/", f":{proxy.port}/")
    servers = []
    for name, database in (("a", far), ("b", url)):
        (tmp_path / name).mkdir()
        servers.append(LoopServer(tmp_path / name, database, options=[
            "--blobs", tmp_path / "blobs", "--server-patience", PATIENCE]))
        wait_for(lambda: cluster(servers[0])["leases"])  # the first of them owns the jobs

    class ThisPair:
        pass
    pair = ThisPair()
    pair.servers = servers
    loop = Impatient(servers, seed=4)
    loop.prepare()
    assert owner_of(pair)[0] is servers[0]

    def cut():
        time.sleep(0.7)
        proxy.cut()
        time.sleep(FROZEN_SECONDS)
        proxy.mend()

    cutter = threading.Thread(target=cut)
    cutter.start()
    loop.go_on()
    cutter.join()
    wait_for(lambda: [s["state"] for s in cluster(servers[1])["servers"]].count("running") == 2)
    ends_the_same(pair, told, expected)
    assert owner_of(pair)[0] is servers[1]  # nobody took it back
    for server in servers:
        server.stop()
    proxy.stop()
