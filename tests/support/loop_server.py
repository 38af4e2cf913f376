"""A server for the examples: fixed port, fixed keys, an environment for tasks; killed and started
again at will."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("RONDO_BUILD", ROOT / "build/release")) / "rondo"
PYTHON = pathlib.Path(os.environ.get("RONDO_EXAMPLE_PYTHON", ROOT / "build/venv-example/bin/python"))
DATA = pathlib.Path(os.environ.get("RONDO_EXAMPLE_DATA", ROOT / "build/example-data"))
START_SECONDS = 30

sys.path.insert(0, str(ROOT / "examples/common"))
from rondo_client import Rondo  # noqa: E402


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class LoopServer:
    def __init__(self, folder, database="", keys="5" * 64, inside=(), options=()):
        """inside: a command that runs the server, such as unshare; options: further ones of it."""
        self.folder, self.port, self.database = pathlib.Path(folder), free_port(), database
        self.inside, self.options = inside, options
        self.data, self.log = self.folder / "data", self.folder / "server.log"
        # The same split of units in every run: the assignment key is a file like any other.
        (self.data / "keys").mkdir(parents=True)
        for name in ("assignment", "prediction"):
            (self.data / "keys" / name).write_text(keys + "\n")
            (self.data / "keys" / name).chmod(0o600)
        self.kills, self.restart_seconds = 0, []
        self.start()

    def start(self):
        command = [*self.inside, BINARY, "server", "--data", self.data, "--port", str(self.port),
                   "--environment", f"default={PYTHON}", *self.options]
        if self.database:
            command += ["--database", self.database]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stderr=log)
        begun = time.monotonic()
        while True:
            try:
                Rondo(self.url, token="-", patience=0).request("GET", "/readyz")
                break
            except OSError:
                assert self.process.poll() is None, self.log.read_text()[-3000:]
                assert time.monotonic() - begun < START_SECONDS, "the server does not start"
                time.sleep(0.01)
        self.restart_seconds.append(time.monotonic() - begun)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.kills += 1

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(START_SECONDS)
        assert status == 0, f"exit {status}: {self.log.read_text()[-3000:]}"

    def client(self):
        return Rondo(self.url, token=(self.data / "token").read_text().strip())

    def play(self, example, *arguments, timeout=1500):
        """Runs the example against this server; returns what it printed."""
        env = {**os.environ, "RONDO_URL": self.url, "RONDO_TOKEN_FILE": str(self.data / "token"),
               "RONDO_EXAMPLE_DATA": str(DATA)}
        done = subprocess.run([PYTHON, "-W", "ignore", ROOT / "examples" / example / "play.py",
                               *arguments], env=env, capture_output=True, text=True,
                              timeout=timeout)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        return done.stdout

    def run_cli(self, *arguments):
        done = subprocess.run([BINARY, *arguments, "--url", self.url, "--token-file",
                               self.data / "token"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout


class Killer(threading.Thread):
    """Kills the server with SIGKILL after each pause (seconds), and starts it again at once."""

    def __init__(self, server, pauses):
        super().__init__(daemon=True)
        self.server, self.pauses, self.failure = server, pauses, None
        self.over = threading.Event()

    def run(self):
        try:
            for pause in self.pauses:
                if self.over.wait(pause):
                    return
                self.server.kill()
                self.server.start()
        except BaseException as error:  # raised by end(), in the test's own thread
            self.failure = error

    def end(self):
        """No further kill; the server is up when this returns."""
        self.over.set()
        self.join()
        if self.failure:
            raise self.failure


def story(server, endpoint):
    """What has to be the same however often the server was killed: each event of the loop with its
    moment, and the evidence of every decision."""
    client = server.client()
    entries = client.call("GET", f"/api/rondo/v1/endpoints/{endpoint}/timeline?limit=10000")["entries"]
    told = []
    for entry in entries:
        if entry["kind"] in ("predictions.lost", "labels.contradictory", "endpoint.created",
                             "endpoint.changed", "policy.applied", "retrain.asked"):
            continue  # on the server's clock, or about the kills themselves
        line = {"kind": entry["kind"], "happened": entry["happened"]}
        if "decision" in entry:
            why = client.call("GET", f"/api/rondo/v1/decisions/{entry['decision']}/why")
            line["evidence"] = json.dumps(why["recorded"])
            line["identical"] = why["identical"]
        told.append(line)
    return told
