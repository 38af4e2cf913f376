"""The unit tests called "both engines" on PostgreSQL, each with an empty database."""

import os
import re
import subprocess

from loop_server import BINARY

TESTS = BINARY.parent / "rondo_tests"


def test_unit_tests_of_both_engines_pass_on_postgresql(postgres):
    listed = subprocess.run([TESTS, "-ltc", "-tc=both engines*"], capture_output=True, text=True,
                            check=True).stdout
    names = [line for line in listed.splitlines() if line.startswith("both engines")]
    assert len(names) >= 7
    # Each subcase is a run of its own, and needs a database of its own.
    for number, name in enumerate(names):
        url = postgres.new_database(f"unit_{number}")
        done = subprocess.run([TESTS, "-tc=" + re.sub(r"[,:]", "*", name)], capture_output=True,
                              text=True, env={**os.environ, "RONDO_TEST_POSTGRES": url})
        assert done.returncode == 0, done.stdout + done.stderr[-2000:]
