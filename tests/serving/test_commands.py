"""The command line: what --json prints is JSON and nothing else, and exit codes say what kind of
failure it was."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest
import tiny_model
from conftest import http_of
from loop_server import BINARY, LoopServer, free_port
from serving import serve_tiny, wait_for

DONE, FAILED, USAGE, NOT_FOUND, NOT_ALLOWED, CONFLICT, UNREACHABLE, SAYS_NO = 0, 1, 2, 3, 4, 5, 6, 10
HERE = pathlib.Path(__file__).parent

ENDPOINT = """name: homes
model: models:/homes@champion
clock: event
"""
POLICY = """endpoint: homes
data: {rows: [history.csv], label: y}
monitor: {metric: brier, reference_metric: b}
retrain: {pipeline: homes, dataset: homes}
gate: {holdout: 2d}
"""
PIPELINE = """name: homes
tasks: [{name: train, script: random_split.py}]
register: {model: homes, task: train}
include: [tiny_model.py]
"""
SLEEPS = """name: sleeps
tasks: [{name: sleep, script: sleep.py}]
"""
SHADOW = """paired: true
outcome_independent_of_answer: true
stages: [{mode: shadow, share: 1}]
"""


class Cli:
    def __init__(self, server, folder):
        self.server, self.folder = server, folder

    def run(self, *arguments, **more):
        """In a folder of its own, so that no token is found by chance."""
        return subprocess.run([BINARY, *map(str, arguments)], cwd=self.folder, text=True,
                              capture_output=True, timeout=60,
                              env={"RONDO_URL": self.server.url, "PATH": os.environ["PATH"], **more})

    def json(self, *arguments):
        done = self.run(*arguments, "--json", RONDO_TOKEN_FILE=str(self.server.data / "token"))
        assert done.returncode == DONE, (arguments, done.stdout, done.stderr)
        return json.loads(done.stdout)

    def code(self, *arguments):
        """The exit code of a command that has to fail with words on stderr and none on stdout."""
        done = self.run(*arguments, RONDO_TOKEN_FILE=str(self.server.data / "token"))
        assert done.stderr.strip() and not done.stdout, (arguments, done)
        return done.returncode


@pytest.fixture(scope="module")
def cli(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")
    server = LoopServer(tmp_path_factory.mktemp("commands"))
    for name, text in {"endpoint.yaml": ENDPOINT, "policy.yaml": POLICY, "pipeline.yaml": PIPELINE,
                       "sleeps.yaml": SLEEPS, "shadow.yaml": SHADOW,
                       "sleep.py": "import time\ntime.sleep(60)\n"}.items():
        (folder / name).write_text(text)
    for script in (HERE / "random_split.py", pathlib.Path(tiny_model.__file__)):
        shutil.copy(script, folder)
    rows = [f"2024-03-{day:02}T{hour:02}:00:00Z,u{hour},{hour % 2},{hour % 2},1"
            for day in range(1, 21) for hour in range(6)]
    (folder / "rows").mkdir()
    (folder / "rows/history.csv").write_text(
        "\n".join(['event_time,unit,y,x,"' + tiny_model.HOSTILE + '"', *rows]))
    yield Cli(server, folder)
    server.stop()


def test_every_command_prints_json(cli):
    """One story, told by the commands alone but for the watermark, which is the caller's."""
    http = http_of(cli.server)
    assert cli.json("data", "push", "homes", "rows", "-m", "first")["number"] == 1
    assert cli.json("data", "list")["datasets"] == ["homes"]
    assert cli.json("data", "list", "homes")["versions"][0]["message"] == "first"
    assert cli.json("data", "get", "homes", "copy")["files"] == 1
    assert (cli.folder / "copy/history.csv").read_bytes() == (
        cli.folder / "rows/history.csv").read_bytes()

    assert cli.json("pipeline", "apply", "pipeline.yaml")["version"] == 1
    assert [p["name"] for p in cli.json("pipeline", "list")["pipelines"]] == ["homes"]
    run = cli.json("pipeline", "run", "homes", "--wait", "--dataset", "homes", "--param", "a=b=c")
    assert (run["state"], run["request"]["params"]) == ("succeeded", {"a": "b=c"})
    assert [r["id"] for r in cli.json("run", "list", "homes")["runs"]] == [run["id"]]
    assert cli.json("run", "show", run["id"])["outcome"]["version"] == 1
    assert cli.json("run", "log", run["id"])["log"].startswith("trained ")
    cli.json("pipeline", "apply", "sleeps.yaml")
    sleeping = cli.json("pipeline", "run", "sleeps")["id"]
    assert cli.json("run", "cancel", sleeping)["state"] == "cancelled"

    assert [m["name"] for m in cli.json("model", "list")["registered_models"]] == ["homes"]
    assert cli.json("model", "show", "homes")["model_versions"][0]["version"] == "1"

    assert cli.json("endpoint", "apply", "endpoint.yaml")["spec"]["clock"] == "event"
    assert cli.json("endpoint", "policy", "policy.yaml")["version"] == 1
    assert cli.json("endpoint", "list")["endpoints"][0]["spec"]["name"] == "homes"
    assert cli.json("endpoint", "retrain", "homes") == {"case": 1}
    http.call("POST", "/api/rondo/v1/endpoints/homes/watermark",
              {"event_time": "2024-03-21T00:00:00Z", "wait": True})
    assert cli.json("endpoint", "show", "homes")["latest_case"]["outcome"] == "gate_failed"
    decision, = [e["decision"] for e in cli.json("timeline", "homes")["entries"] if "decision" in e]
    assert cli.json("why", decision)["identical"] is True

    tiny_model.Mlflow(cli.server.url).post("registered-models/alias", {
        "name": "homes", "alias": "champion", "version": "1"})
    wait_for(lambda: cli.json("endpoint", "show", "homes")["engine"])
    rollout = cli.json("endpoint", "rollout", "homes", 2, "--spec", "shadow.yaml")
    assert rollout["candidate"] == 2
    assert cli.json("endpoint", "abort", "homes", "--reason", "enough")["id"] == rollout["id"]
    assert cli.json("doctor", "--data", cli.server.data)["problems"] == 0


def test_what_is_not_there(cli):
    for arguments in (
            "timeline none", "why 9999", "data list none", "data get none copy",
            "pipeline run none", "run show 9999", "run log 9999", "run log 9999 train",
            "run cancel 9999", "model show none", "endpoint show none", "endpoint retrain none",
            "endpoint rollout none 1 --spec shadow.yaml", "endpoint abort none --reason x",
            "data push x nowhere", "endpoint apply nowhere.yaml", "pipeline apply nowhere.yaml"):
        assert cli.code(*arguments.split()) == NOT_FOUND, arguments


def test_wrong_usage(cli):
    for arguments in (
            "", "nonsense", "endpoint", "endpoint nonsense", "endpoint show", "run show",
            "run show first", "why", "data push homes", "pipeline run homes --param a",
            "endpoint abort homes", "timeline a b", "timeline --nonsense a", "server --port high",
            "server --log-level loud", "server --nonsense"):
        assert cli.code(*arguments.split()) == USAGE, arguments


def test_not_allowed_and_conflict(cli):
    done = cli.run("endpoint", "apply", "endpoint.yaml")
    assert done.returncode == NOT_ALLOWED and "token" in done.stderr
    (cli.folder / "wrong").write_text("rondo_wrong")
    assert cli.run("endpoint", "apply", "endpoint.yaml", "--token-file",
                   "wrong").returncode == NOT_ALLOWED
    (cli.folder / "bare.yaml").write_text(ENDPOINT.replace("homes", "bare"))
    cli.json("endpoint", "apply", "bare.yaml")
    assert cli.code("endpoint", "retrain", "bare") == CONFLICT


def test_refused(cli):
    (cli.folder / "wrong.yaml").write_text(POLICY + "rollout: {paired: true}\n")
    done = cli.run("endpoint", "policy", "wrong.yaml", "--token-file", cli.server.data / "token")
    assert done.returncode == FAILED and "pairing is refused" in done.stderr


def test_no_server(cli):
    nowhere = ["--url", f"http://127.0.0.1:{free_port()}"]
    for arguments in (
            "timeline a", "why 1", "data list", "data list a", "data get a copy", "data push a rows",
            "pipeline list", "pipeline apply pipeline.yaml", "pipeline run a", "run list",
            "run show 1", "run log 1", "run cancel 1", "model list", "model show a",
            "endpoint list", "endpoint show a", "endpoint apply endpoint.yaml",
            "endpoint policy policy.yaml", "endpoint retrain a", "endpoint rollout a 1",
            "endpoint abort a --reason x"):
        assert cli.code(*arguments.split(), *nowhere) == UNREACHABLE, arguments
    done = cli.run("doctor", "--json", "--data", cli.server.data, *nowhere)
    assert done.returncode == SAYS_NO
    findings = {f["name"]: f for f in json.loads(done.stdout)["findings"]}
    assert findings["server"]["severity"] == "problem" and findings["server"]["remedy"]


def test_doctor(start, tmp_path):
    server = start()
    cli = Cli(server, tmp_path)
    serve_tiny(http_of(server), tiny_model.Mlflow(server.url), "small")
    good = cli.run("doctor", "--data", server.data)
    assert good.returncode == DONE, good.stdout
    assert "endpoint small: version 1 by native trees" in good.stdout
    (server.data / "token").chmod(0o644)
    bad = cli.run("doctor", "--json", "--data", server.data)
    assert bad.returncode == SAYS_NO
    findings = json.loads(bad.stdout)
    assert findings["problems"] == 1
    problem, = [f for f in findings["findings"] if f["severity"] == "problem"]
    assert problem["name"] == "permissions" and problem["remedy"].startswith("chmod 600 ")
