"""Runs rondo drift and rondo profile on files."""

import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
RONDO = pathlib.Path(os.environ.get("RONDO_BUILD", ROOT / "build/release")) / "rondo"


def rondo(*arguments, timeout=300):
    return subprocess.run([RONDO, *map(str, arguments)], capture_output=True, timeout=timeout, check=False)


def report(reference, current, *flags):
    done = rondo("drift", reference, current, "--json", *flags)
    assert done.returncode in (0, 10), done.stderr.decode()
    out = json.loads(done.stdout)
    assert out["drift"] == (done.returncode == 10) or "--evidently" in flags
    return out


def features(out, window=0):
    return {f["name"]: f for f in out["windows"][window]["features"]}


def profile(path):
    done = rondo("profile", path, "--json")
    assert done.returncode == 0, done.stderr.decode()
    out = json.loads(done.stdout)
    out["columns"] = {c["name"]: c for c in out["columns"]}
    return out


def refusal(*arguments):
    """The message of a command that has to fail, and does not crash."""
    done = rondo(*arguments)
    assert done.returncode in (1, 2, 3), (done.returncode, done.stderr)
    # How far it is may stand before, on a slow machine.
    message = done.stderr.decode().splitlines(keepends=True)[-1]
    assert message.startswith("rondo: ") and message.endswith("\n"), done.stderr
    return message


def number(text):
    """JSON has NaN and infinities as strings."""
    return float(str(text).replace("Infinity", "inf"))
