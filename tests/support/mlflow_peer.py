"""MLflow's own server, as a peer whose answers ours are compared with.

RONDO_MLFLOW_PEER names another Python that has mlflow and flask-wtf, of whatever version."""

import base64
import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

PYTHON = os.environ.get("RONDO_MLFLOW_PEER", sys.executable)
START_SECONDS = 300  # it imports half the world, and a busy machine is slow to
ADMIN, PASSWORD = "boss", "correct horse battery"

# No default rights, as with us, so that what counts is what was granted. What was verified once is
# remembered, because a password costs it 50 ms.
AUTH = f"""[mlflow]
default_permission = NO_PERMISSIONS
database_uri = sqlite:///{{folder}}/auth.db
admin_username = {ADMIN}
admin_password = {PASSWORD}
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
auth_cache_ttl_seconds = 600
"""


def basic(name, password):
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


class MlflowPeer:
    """A running `mlflow server` on SQLite, with accounts when asked for."""

    def __init__(self, folder: pathlib.Path, accounts=False, **environment):
        folder.mkdir(parents=True, exist_ok=True)
        self.log = folder / "mlflow.log"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        command = [PYTHON, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port),
                   "--workers", "1", "--backend-store-uri", f"sqlite:///{folder}/mlflow.db",
                   "--artifacts-destination", str(folder / "artifacts")]
        env = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true",
               "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", **environment}
        if accounts:
            (folder / "auth.ini").write_text(AUTH.format(folder=folder))
            command += ["--app-name", "basic-auth"]
            env |= {"MLFLOW_AUTH_CONFIG_PATH": str(folder / "auth.ini"),
                    "MLFLOW_FLASK_SERVER_SECRET_KEY": "of the tests"}
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=env, cwd=folder)
        self._wait()

    def _wait(self):
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            try:
                urllib.request.urlopen(self.url + "/health", timeout=5).read()
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        self.stop()
        raise AssertionError("mlflow server does not start: " + self.log.read_text()[-3000:])

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
