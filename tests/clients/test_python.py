"""The same day of work under each version of MLflow's Python client (tests/clients/script).

What it reads back is checked against what it logged, and compared with what the same script reads from
`mlflow server` of the same version. Without RONDO_CLIENTS the parts run that the tests' own environment
has the packages for; with it every part, under MLflow 2 and 3, each in the environment that
tools/requirements/mlflow2.lock and mlflow3.lock describe."""

import difflib
import json
import os
import pathlib
import subprocess
import sys

import peer
import pytest

HERE = pathlib.Path(__file__).resolve().parent
BUILD = HERE.parents[1] / "build"
SECONDS = 1500
QUICK = ("experiments", "runs", "batches", "search", "pages", "files", "datasets", "models", "registry", "life")

# Where the two servers differ on purpose: the beginning of a path in the stories, and the reason.
DIFFERS = {
    "/files/listed/6/2": "an empty file has a size, which is 0",
    "/registry/after/2": "an alias goes with its version",
    "/registry/codes/2": "so the alias of a deleted version is not there, where MLflow 2 finds no version",
    "/search/found/params.absent IS NULL": "MLflow 2 did not know this comparison yet",
}


def stories(python, url, *parts):
    done = subprocess.run([python, HERE / "script", url, *parts], capture_output=True, text=True,
                          timeout=SECONDS, env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"})
    assert done.returncode == 0, done.stderr[-6000:]
    line = next(line for line in done.stdout.splitlines() if line.startswith("stories: "))
    return json.loads(line.removeprefix("stories: "))


def flat(value, path=""):
    """Each leaf of a story by its path."""
    if isinstance(value, dict) and value:
        return {k: v for key, inner in value.items() for k, v in flat(inner, f"{path}/{key}").items()}
    if isinstance(value, list) and value:
        return {k: v for i, inner in enumerate(value) for k, v in flat(inner, f"{path}/{i}").items()}
    return {path: value}


def compare(ours, theirs):
    left, right = ({path: value for path, value in flat(side).items() if not path.startswith(tuple(DIFFERS))}
                   for side in (ours, theirs))
    lines = [sorted(f"{path} = {value!r}" for path, value in side.items()) for side in (right, left)]
    difference = list(difflib.unified_diff(*lines, "mlflow server", "rondo", n=0, lineterm=""))
    assert not difference, "\n".join(difference)
    return len(left)


def test_quick(server):
    """The parts that the tests' environment can do, checked against what was logged."""
    told = stories(sys.executable, server.url, *QUICK)
    assert set(told["parts"]) == set(QUICK)


@pytest.mark.skipif(not os.environ.get("RONDO_CLIENTS"), reason="RONDO_CLIENTS is not set")
@pytest.mark.parametrize("environment", ["mlflow2", "mlflow3"])
def test_whole(server, environment, tmp_path, monkeypatch):
    python = BUILD / f"venv-{environment}" / "bin" / "python"
    assert python.exists(), f"{python} is missing: tools/setup.sh clients makes it"
    ours = stories(python, server.url)
    assert ours["version"].startswith(environment[-1] + ".")
    monkeypatch.setattr(peer, "PYTHON", str(python))
    other = peer.MlflowServer(tmp_path / "mlflow")
    try:
        theirs = stories(python, other.url)
    finally:
        other.stop()
    facts = compare(ours["parts"], theirs["parts"])
    print(f"\nproof: mlflow {ours['version']}: {len(ours['parts'])} parts, {facts} facts read back as from "
          f"mlflow server")
