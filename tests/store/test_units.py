"""The unit tests that need a database, on PostgreSQL; and on both engines the one that is slow."""

import os
import subprocess

from rondo_server import BINARY

FILES = "*/store/*,*/tracking/*,*/registry/*,*/data/*,*/auth/custom_roles*"


def start(*arguments, **variables):
    return subprocess.Popen([BINARY.parent / "rondo_tests", *arguments],
                            env={**os.environ, **variables}, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def test_unit_tests_on_postgresql(database):
    on_postgresql = start(f"--source-file={FILES}", RONDO_TEST_POSTGRES=database,
                          RONDO_TEST_SLOW="1")
    on_sqlite = start("--test-case=a read that takes longer*", RONDO_TEST_SLOW="1")
    for process, least in (on_postgresql, 30), (on_sqlite, 1):
        out = process.communicate(timeout=300)[0]
        assert process.returncode == 0, out[-5000:]
        assert int(out.split("test cases:")[1].split("|")[1].split()[0]) >= least, out
