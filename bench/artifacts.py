"""A file of a gigabyte as an artifact, up and down, all on one disk of one machine:

- up: PUT by a client that sends the file with sendfile, against `dd conv=fsync` of the same file to
  the same disk (with reading, as the server has to read it from its socket), and mlflow server
- down: GET into memory that is thrown away, against the same client and a server that only calls
  sendfile on the same file, and mlflow server; the first time the server checks the file's sha256 as
  it goes, for ten minutes after that it does not
- both with mlflow's own client, log_artifact and download_artifacts, against mlflow server
- what bounds it: sha256 of a gigabyte in memory, by OpenSSL as the server uses it

CPU is the server's, user and system, for a gigabyte. Memory is how much its resident set has grown at
the most. The machine is shared: rounds measure all of them in turn, figures are medians."""

import hashlib
import os
import re
import socket
import statistics
import subprocess
import sys
import threading
import time

from common import MLFLOW, Bench, environment, free_port, number, say

SIZE = int(os.environ.get("RONDO_BENCH_BYTES", 1 << 30))
ROUNDS = int(os.environ.get("RONDO_BENCH_ROUNDS", 3))
PIECE = 1 << 20
UP_GOAL, DOWN_GOAL = 0.8, 0.8
ROUTE = "/api/2.0/mlflow-artifacts/artifacts/"

LOOPBACK = """
import os, socket, sys
path, port = sys.argv[1], int(sys.argv[2])
listening = socket.create_server(("127.0.0.1", port))
while True:
    peer, _ = listening.accept()
    asked = peer.recv(65536)
    if b"/livez" in asked:
        peer.sendall(b"HTTP/1.1 200 OK\\r\\ncontent-length: 0\\r\\nconnection: close\\r\\n\\r\\n")
    elif asked:
        size = os.path.getsize(path)
        peer.sendall(b"HTTP/1.1 200 OK\\r\\ncontent-length: %d\\r\\n\\r\\n" % size)
        with open(path, "rb") as file:
            at = 0
            while at < size:
                at += os.sendfile(peer.fileno(), file.fileno(), at, size - at)
    peer.close()
"""

CLIENT = """
import mlflow, os, sys, time
url, verb, run, path = sys.argv[1:]
client = mlflow.MlflowClient(url)
begun = time.monotonic()
if verb == "up":
    client.log_artifact(run, path)
else:
    client.download_artifacts(run, "large.bin", path)
print(time.monotonic() - begun)
"""


def head_of(sock):
    """The status and the length that an answer announces, and what came of its body already."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = sock.recv(65536)
        assert more, data
        data += more
    head, rest = data.split(b"\r\n\r\n", 1)
    length = re.search(rb"content-length: *(\d+)", head, re.I)
    return int(head.split()[1]), int(length[1]) if length else None, rest


def put(port, path, name):
    """Seconds until the answer."""
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", port)) as sock, open(path, "rb") as file:
        sock.sendall(b"PUT %s HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: %d\r\n"
                     b"content-type: application/octet-stream\r\n\r\n"
                     % ((ROUTE + name).encode(), SIZE))
        at = 0
        while at < SIZE:
            at += os.sendfile(sock.fileno(), file.fileno(), at, SIZE - at)
        status, _, rest = head_of(sock)
        assert status == 200, rest
    return time.monotonic() - begun


def get(port, name):
    """Seconds until the last byte."""
    buffer = memoryview(bytearray(PIECE))
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall(b"GET %s HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n"
                     % (ROUTE + name).encode())
        status, length, rest = head_of(sock)
        got = len(rest)
        while more := sock.recv_into(buffer):
            got += more
        assert status == 200 and got == SIZE and length in (None, SIZE), (status, got)
    return time.monotonic() - begun


def dd(source, folder):
    target = folder / "dd"
    begun = time.monotonic()
    subprocess.run(["dd", f"if={source}", f"of={target}", "bs=1M", "conv=fsync", "status=none"],
                   check=True)
    took = time.monotonic() - begun
    target.unlink()
    return took


def sha256(source):
    """Seconds of one core for the file's size, in memory."""
    with open(source, "rb") as file:
        piece = file.read(PIECE)
    sum_, begun = hashlib.sha256(), time.process_time()
    for _ in range(SIZE // PIECE):
        sum_.update(piece)
    return time.process_time() - begun


class Memory:
    """How much more a server takes at the most while something goes on."""

    def __init__(self, server):
        self.server, self.most, self.ended = server, 0, threading.Event()

    def look(self):
        while not self.ended.wait(0.02):
            self.most = max(self.most, self.server.rss())

    def __enter__(self):
        self.before = self.server.rss()
        self.thread = threading.Thread(target=self.look)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()
        self.growth = max(0, self.most - self.before)


class Figures:
    def __init__(self):
        self.all = {}

    def add(self, what, who, seconds, cpu=None, memory=None):
        self.all.setdefault((what, who), []).append((seconds, cpu, memory))
        say(f"{what}: {who} {SIZE / seconds / 1e6:,.0f} MB/s")

    def of(self, what, who, i=0):
        values = [one[i] for one in self.all[what, who] if one[i] is not None]
        return statistics.median(values) if values else None

    def measured(self, what, server, call, when=""):
        cpu = server.cpu()
        with Memory(server) as memory:
            seconds = call()
        # The client has its answer; what the server still does belongs to it.
        self.add(what, server.name + when, seconds, (server.cpu() - cpu) * 1e9 / SIZE, memory.growth)

    def print(self, measures):
        heads = ["", "", "MB/s", "of the first", "CPU s/GB", "memory"]
        rows = []
        for what, who in self.all:
            rate = SIZE / self.of(what, who) / 1e6
            share = self.of(what, measures[what]) / self.of(what, who)
            cpu, memory = self.of(what, who, 1), self.of(what, who, 2)
            rows.append([what, who, number(rate), f"{share:.2f}", "" if cpu is None else f"{cpu:.2f}",
                         "" if memory is None else f"+{memory / 1e6:.0f} MB"])
        order = list(measures)
        rows.sort(key=lambda row: (order.index(row[0]), row[1] != measures[row[0]]))
        width = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]
        last = None
        for row in [heads, *rows]:
            shown = ["" if row[0] == last else row[0], *row[1:]]
            last = row[0]
            print("  ".join(text.ljust(size) if i < 2 else text.rjust(size)
                            for i, (text, size) in enumerate(zip(shown, width))).rstrip())


def main():
    with Bench() as bench:
        source = bench.folder / "large.bin"
        with open(source, "wb") as file:
            for _ in range(SIZE // PIECE):
                file.write(os.urandom(PIECE))
        os.sync()
        figures, limits = Figures(), []
        rondo = bench.rondo()
        folder = bench.new_folder()
        peer = bench.start("mlflow server, 1 worker", lambda port: [
            *MLFLOW, "server", "--port", port, "--workers", 1], "/health", folder=folder,
            env=environment(MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false"))
        plain = free_port()
        (bench.folder / "loopback.py").write_text(LOOPBACK)
        loopback = bench.start("sendfile on loopback", [
            sys.executable, bench.folder / "loopback.py", source, plain], "/livez", port=plain)

        runs = {}
        for server in (rondo, peer):
            made = server.client().call("POST", "/api/2.0/mlflow/runs/create", {"experiment_id": "0"})
            runs[server] = made["run"]["info"]
        (bench.folder / "client.py").write_text(CLIENT)

        def client(server, verb, path):
            done = subprocess.run([sys.executable, "-W", "ignore", bench.folder / "client.py",
                                   f"http://127.0.0.1:{server.port}", verb, runs[server]["run_id"],
                                   path], capture_output=True, text=True,
                                  env=environment(MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR="false"))
            assert done.returncode == 0, done.stderr[-3000:]
            return float(done.stdout.split()[-1])

        for round_ in range(ROUNDS):
            limits.append(sha256(source))
            figures.add("up", "dd conv=fsync", dd(source, bench.folder))
            # Other bytes each time: the same ones are stored already. Two at the begin will do.
            with open(source, "r+b") as file:
                file.write(os.urandom(PIECE))
            for server in (rondo, peer):
                figures.measured("up", server, lambda: put(server.port, source, "0/large.bin"))
            figures.add("down", "sendfile on loopback", get(loopback.port, "0/large.bin"))
            figures.measured("down", rondo, lambda: get(rondo.port, "0/large.bin"), ", first time")
            for server in (rondo, peer):
                figures.measured("down", server, lambda: get(server.port, "0/large.bin"))
            with open(source, "r+b") as file:
                file.write(os.urandom(PIECE))
            for server in (rondo, peer):
                figures.measured("up, mlflow's client", server,
                                 lambda: client(server, "up", source))
            for server in (rondo, peer):
                into = bench.new_folder()
                figures.measured("down, mlflow's client", server,
                                 lambda: client(server, "down", into))
                (into / "large.bin").unlink()

        print(f"\nAn artifact of {SIZE / 1e9:.2f} GB, up and down\n")
        measures = {"up": "dd conv=fsync", "down": "sendfile on loopback",
                    "up, mlflow's client": peer.name, "down, mlflow's client": peer.name}
        figures.print(measures)
        limit = statistics.median(limits)
        print(f"\nsha256 alone, one core: {SIZE / limit / 1e6:,.0f} MB/s, {limit * 1e9 / SIZE:.2f} s/GB")
        failed = [f"{what} is {share:.2f} of {measures[what]}, the goal is {goal}"
                  for what, goal in (("up", UP_GOAL), ("down", DOWN_GOAL))
                  if (share := figures.of(what, measures[what]) / figures.of(what, "rondo")) < goal]
        for line in failed:
            print(line)


main()
