"""MLflow's Java client (org.mlflow:mlflow-client, the version in java/pom.xml), unmodified: a small program
that uses all of it, compiled and run by tests/clients/java.

`tools/setup.sh clients` compiles it into build/java-client. For artifacts the client starts the Python
client's command line, so an environment with mlflow goes first on the PATH."""

import os
import pathlib
import subprocess
import sys

import pytest

BUILT = pathlib.Path(__file__).resolve().parents[2] / "build/java-client"
SECONDS = 300


@pytest.mark.skipif(not os.environ.get("RONDO_CLIENTS"), reason="RONDO_CLIENTS is not set")
def test_java(server, tmp_path):
    assert (BUILT / "classes").exists(), f"{BUILT} is missing: tools/setup.sh clients makes it"
    path = f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(["java", "-cp", f"{BUILT}/classes:{BUILT}/lib/*", "Session", server.url],
                          capture_output=True, text=True, timeout=SECONDS, cwd=tmp_path,
                          env={**os.environ, "PATH": path, "MLFLOW_TRACKING_URI": server.url})
    assert done.returncode == 0, done.stderr[-4000:]
    told = done.stdout.strip().splitlines()[-1]
    assert told.startswith("the java client is content"), told
    print(f"\nproof: {told}")
