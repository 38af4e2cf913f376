"""MLflow's own tests, which are not in this repository: RONDO_UPSTREAM_TESTS names a folder with its
tests/tracking (a clone of MLflow's repository, say). See upstream/run.py."""

import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
SECONDS = 3600


@pytest.mark.skipif(not os.environ.get("RONDO_UPSTREAM_TESTS"), reason="RONDO_UPSTREAM_TESTS is not set")
def test_upstream():
    done = subprocess.run([sys.executable, HERE / "upstream/run.py", os.environ["RONDO_UPSTREAM_TESTS"]],
                          capture_output=True, text=True, timeout=SECONDS)
    lines = done.stdout.splitlines()
    assert done.returncode == 0, "\n".join(lines[-60:]) + done.stderr[-2000:]
    print("\n" + next(line for line in lines if line.startswith("proof:")))
