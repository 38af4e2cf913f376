"""`mlflow server`, the peer, in a folder of its own. RONDO_PEER_PYTHON names another interpreter that has
it, of whatever version."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

PYTHON = os.environ.get("RONDO_PEER_PYTHON", sys.executable)
START_SECONDS = 300  # it imports half the world, on machines that do other things beside


class MlflowServer:
    """On SQLite unless `arguments` name another store; `environment` is added to this process's own."""

    def __init__(self, folder, arguments=(), environment=None):
        folder.mkdir(exist_ok=True)
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url, self.log = f"http://127.0.0.1:{port}", folder / "log"
        if "--backend-store-uri" not in arguments:
            arguments = (*arguments, "--backend-store-uri", f"sqlite:///{folder}/mlflow.db")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [PYTHON, "-m", "mlflow", "server", "--port", str(port), "--workers", "1",
                 "--artifacts-destination", str(folder / "artifacts"), *map(str, arguments)],
                stdout=log, stderr=log, cwd=folder, start_new_session=True,
                env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true",
                     "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", **(environment or {})})
        until = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self.process.poll() is None and time.monotonic() < until, self.log.read_text()
            time.sleep(0.1)

    def _answers(self):
        try:
            return urllib.request.urlopen(f"{self.url}/health", timeout=5).status == 200
        except (OSError, urllib.error.URLError):
            return False

    def stop(self):
        if self.process.poll() is not None:
            return
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(20)
