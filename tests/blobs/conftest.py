"""An S3 service with a bucket, and servers that keep their blobs in it."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import uuid

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import s3  # noqa: E402
from services import service  # noqa: E402, F401
from serving import Http  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("RONDO_BUILD", ROOT / "build/release"))


@pytest.fixture
def bucket(service):
    name = "b" + uuid.uuid4().hex[:12]
    service.client().create_bucket(Bucket=name)
    return name


@pytest.fixture
def proxy(service):
    running = s3.FaultProxy(service.endpoint)
    yield running
    running.stop()


class Server:
    """A server on a bucket; start() again after stop() finds its data folder."""

    def __init__(self, folder, endpoint, blobs, *flags, **variables):
        self.data, self.log = folder / "data", folder / "server.log"
        self.command = [BUILD / "rondo", "server", "--data", self.data, "--port", "0",
                        "--blobs", blobs, *flags]
        self.env = s3.environment(endpoint, **variables)
        self.process = None

    def start(self):
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(self.command, stderr=log, env=self.env)
        until = time.monotonic() + 60
        while True:
            for line in self.log.read_text(errors="replace").splitlines():
                if line.startswith("{") and json.loads(line).get("what") == "listening":
                    self.http = Http(json.loads(line)["url"],
                                     (self.data / "token").read_text().strip())
                    return self
            assert self.process.poll() is None and time.monotonic() < until, self.log.read_text()
            time.sleep(0.01)

    def fails(self):
        """Starts, and has to end by itself: the exit code and what was said."""
        done = subprocess.run(self.command, env=self.env, capture_output=True, text=True, timeout=120)
        lines = [line for line in done.stderr.splitlines() if not line.startswith("{")]
        assert done.returncode != 0 and len(lines) == 1, done
        return done.returncode, lines[0]

    def memory(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) * 1024

    def stop(self):
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(60)
        text = self.log.read_text(errors="replace")
        assert status == 0 and "Sanitizer" not in text, f"exit {status}\n{text[-5000:]}"
        assert s3.SECRET not in text


@pytest.fixture
def make(tmp_path, bucket):
    """A server on the bucket behind an endpoint, not started."""
    made = []

    def server(endpoint, *flags, blobs=None, **variables):
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(Server(folder, endpoint, blobs or f"s3://{bucket}/house/one", *flags,
                           **variables))
        return made[-1]

    yield server
    for one in made:
        one.stop()
