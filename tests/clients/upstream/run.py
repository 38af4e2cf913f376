"""MLflow's own tests against Rondo: runs them, compares each with left_out.tsv, and says what holds.

usage: run.py FOLDER [--evidence FILE] [PYTEST'S ARGUMENTS...]

FOLDER holds `tests/tracking/...` as in MLflow's repository: a clone of it, or those files alone. They are
not part of this repository. SOURCE.txt beside them, if there is one, says where they came from, and stands in
the evidence. The client under test is that of build/venv-mlflow3."""

import argparse
import collections
import datetime
import fnmatch
import os
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
PYTHON = ROOT / "build/venv-mlflow3/bin/python"
FILES = ("test_client_webhooks.py", "test_mlflow_artifacts.py", "test_model_registry.py", "test_rest_tracking.py")
SECONDS = 3600
LEAST = 0.99  # of what applies


def left_out():
    lines = (HERE / "left_out.tsv").read_text().splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def run(folder, arguments):
    """The outcome of each test: passed, failed or skipped, by file::name."""
    files = [f"tests/tracking/{name}" for name in FILES if (folder / "tests/tracking" / name).exists()]
    assert files, f"{folder} has none of MLflow's tests: tests/tracking/{FILES[0]} and others"
    path = os.pathsep.join(map(str, (HERE, ROOT / "tests/support", folder)))
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        subprocess.run([PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "shim", "--noconftest",
                        "--rootdir", folder, "--import-mode=importlib", "-W", "ignore", "--tb=short",
                        f"--junitxml={report.name}", *files, *arguments],
                       cwd=folder, timeout=SECONDS, env={**os.environ, "PYTHONPATH": path}, check=False)
        cases = xml.etree.ElementTree.parse(report.name).iter("testcase")
        outcomes = {}
        for case in cases:
            bad = case.find("failure") is not None or case.find("error") is not None
            outcome = "failed" if bad else "skipped" if case.find("skipped") is not None else "passed"
            outcomes[f"{case.get('classname').split('.')[-1]}.py::{case.get('name')}"] = outcome
    return outcomes


def judge(outcomes):
    """Each test with its kind, and what is wrong with the list."""
    patterns, used, kinds, wrong = left_out(), set(), {}, []
    for test, outcome in outcomes.items():
        reason = next((one for one in patterns if fnmatch.fnmatchcase(test.replace("[", "("),
                                                                       one[0].replace("[", "("))), None)
        if reason:
            used.add(reason[0])
        if outcome == "passed":
            kinds[test] = ("passed", "")
            if reason and reason[1] == "differs":
                wrong.append(f"{test} passes by now: take it out of left_out.tsv")
        elif reason:
            kinds[test] = (reason[1], reason[2])
        else:
            kinds[test] = ("failed", "")
            wrong.append(f"{test} {outcome}, and left_out.tsv does not say why")
    return kinds, [one for one in patterns if one[0] not in used], wrong


def evidence(kinds, absent, share, version, source):
    """As text for docs/evidence; `source` says where the folder came from."""
    lines = ["# MLflow's own tests", "",
             "`tools/verify.sh clients` with `RONDO_UPSTREAM_TESTS` naming a folder that holds MLflow's `tests/tracking`, or",
             f"`build/venv-mlflow3/bin/python tests/clients/upstream/run.py FOLDER`, on {datetime.date.today()}: the tests of",
             f"MLflow's repository with the client {version}, each with a server of its own. They are run as they are; a",
             "plugin (`tests/clients/upstream/shim.py`) puts Rondo where they start their server. Of those that apply",
             f"{share:.1%} pass.", "", *source, "", "| file | pass | differ | apply to MLflow's inside | ask for what comes later | fail on "
             "mlflow server too |", "|---|---|---|---|---|---|"]
    table = collections.defaultdict(collections.Counter)
    for test, (kind, _) in kinds.items():
        table[test.split("::")[0]][kind] += 1
    for name, counts in table.items():
        lines.append(f"| {name} | " + " | ".join(str(counts[k]) for k in
                                                 ("passed", "differs", "inside", "later", "other")) + " |")
    lines += ["", "## What does not pass", "", "| test | kind | reason |", "|---|---|---|"]
    lines += [f"| `{test}` | {kind} | {reason} |" for test, (kind, reason) in kinds.items() if kind != "passed"]
    lines += ["", "Not in the folder that was run, and of no use here:", ""]
    lines += [f"- `{pattern}`: {kind}, {reason}" for pattern, kind, reason in absent]
    lines += ["", "## What passes", ""]
    lines += [f"- `{test}`" for test, (kind, _) in kinds.items() if kind == "passed"]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--evidence", type=pathlib.Path)
    given, more = parser.parse_known_args()
    kinds, absent, wrong = judge(run(given.folder.resolve(), more))
    counts = collections.Counter(kind for kind, _ in kinds.values())
    applicable = counts["passed"] + counts["differs"] + counts["failed"]
    share = counts["passed"] / max(applicable, 1)
    version = subprocess.run([PYTHON, "-c", "import mlflow; print(mlflow.__version__)"], check=True,
                             capture_output=True, text=True).stdout.strip()
    if given.evidence:
        said = given.folder / "SOURCE.txt"
        source = said.read_text().splitlines() if said.exists() else []
        given.evidence.write_text(evidence(kinds, absent, share, version, source))
    print("\n".join(wrong))
    print(f"proof: MLflow's own tests with the client {version}: {counts['passed']} of {applicable} that apply pass "
          f"({share:.1%}); left out: {counts['inside']} inside, {counts['later']} later, {counts['other']} other")
    return 0 if not wrong and share >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
