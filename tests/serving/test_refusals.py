"""What goes wrong behind an endpoint: models that do not load, scripts that fail, candidates that
must not be judged. Each says what it was, and the server goes on."""

import json
import os
import pathlib
import subprocess
import time

import pytest
import tiny_model
from conftest import http_of
from loop_server import BINARY
from rondo_server import Server
from serving import Http, serve_tiny, wait_for

NATIVE = {"flavors": {"xgboost": {"data": "model.ubj", "model_class": "xgboost.core.Booster"}},
          "signature": {"inputs": '[{"name": "x", "type": "double"}]'}}


def register(tiny, name, mlmodel, **files):
    """A version of a model with these files; returns its number."""
    run = tiny.post("runs/create", {"experiment_id": "0", "start_time": 1})["run"]["info"]
    tiny.upload(run["artifact_uri"], {"MLmodel": json.dumps(mlmodel).encode(),
                                      **{n.replace("_", "."): data for n, data in files.items()}})
    return tiny.register(name, run["run_id"], run["artifact_uri"] + "/model")


def champion(tiny, name, version):
    tiny.post("registered-models/alias", {"name": name, "alias": "champion",
                                          "version": str(version)})


def endpoint(http, name, reason):
    """An endpoint that comes to say why it has no model."""
    http.call("PUT", f"/api/rondo/v1/endpoints/{name}",
              {"name": name, "model": f"models:/{name}@champion"})
    wait_for(lambda: reason in http.status(name)["waiting_for"])


BROKEN = {
    "corrupt": (NATIVE, {"model_ubj": b"{L\0\0\0\0garbage" * 50},
                "model 'corrupt' version 1 does not load: "),
    "no-file": (NATIVE, {}, "model 'no-file' version 1 has no file 'model.ubj'; log and register "
                            "it again"),
    "no-flavor": ({"flavors": {}}, {}, "the MLmodel file names no flavors; log the model again"),
    "unknown-flavor": ({"flavors": {"mystery": {}}}, {},
                       "model 'unknown-flavor' version 1: the model does not load: "
                       "MlflowException: Model does not have the \"python_function\" flavor"),
}


def started_in(folder, seconds):
    """The processes that come to run in the folder within this time."""
    until, found = time.monotonic() + seconds, set()
    while time.monotonic() < until:
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(process / "cwd") == str(folder):
                    found.add(process.name)
            except OSError:
                pass
        time.sleep(0.02)
    return found


@pytest.mark.parametrize("name", BROKEN)
def test_a_model_that_does_not_load(http, tiny, server, name):
    mlmodel, files, reason = BROKEN[name]
    tiny.post("registered-models/create", {"name": name})
    champion(tiny, name, register(tiny, name, mlmodel, **files))
    endpoint(http, name, reason)
    for answer in (http.predict(name, {"instances": [[1]]}),
                   http.send("POST", f"/v2/models/{name}/infer", {"inputs": []})):
        assert answer.status == 503 and answer.headers["retry-after"] == "1"
        assert answer.message == (
            f"endpoint '{name}' has no model yet: models:/{name}@champion names no version that "
            f"loads; `rondo endpoint show {name}` says why")
    assert http.get(f"/v2/models/{name}/ready").status == 503
    if name == "unknown-flavor":
        home = next((server.data / "work/models").glob(f"{name}-1-*.home"))
        assert not started_in(home, seconds=2.5), "each try keeps a core busy for seconds"
    # A version that loads mends it.
    run_id, uri = tiny.log(0.25, 0.75, {}, {})
    champion(tiny, name, tiny.register(name, run_id, uri))
    wait_for(lambda: http.status(name)["engine"])
    assert http.status(name)["waiting_for"] == ""
    assert http.predict(name, {"instances": [[1, 1]]}).json["predictions"] == pytest.approx([0.75])


def test_a_python_model_without_python(tmp_path):
    server = Server(tmp_path)
    http, tiny = Http(server.url, server.token()), tiny_model.Mlflow(server.url)
    tiny.post("registered-models/create", {"name": "m"})
    champion(tiny, "m", register(tiny, "m", {"flavors": {"python_function": {}}}))
    endpoint(http, "m", "model 'm' needs Python; start the server with --environment "
                        "default=/path/to/python")
    server.stop()


def test_a_champion_that_does_not_load_at_the_start_is_tried_again(start):
    """The environment of a Python model comes back, or a disk: nobody has to move the alias."""
    server = start()
    http = http_of(server)
    assert serve_tiny(http, tiny_model.Mlflow(server.url), "small")
    blobs = server.data / "blobs/objects"
    server.stop()
    blobs.rename(server.folder / "away")
    server.start()
    http = http_of(server)
    assert http.predict("small", {"instances": [[1, 1]]}).status == 503
    assert "no stored bytes with digest" in wait_for(lambda: http.status("small")["waiting_for"])
    for left in blobs.iterdir():
        left.rmdir()
    blobs.rmdir()
    (server.folder / "away").rename(blobs)
    assert wait_for(lambda: http.status("small")["engine"]) == "native trees"
    assert http.predict("small", {"instances": [[1, 1]]}).json["predictions"] == pytest.approx([0.75])


def blob(http, data):
    return http.call("POST", "/api/rondo/v1/blobs", raw=data,
                     content_type="application/octet-stream")["digest"]


def define(http, name, scripts, **more):
    """A pipeline whose tasks are the scripts, in this order."""
    tasks = [{"name": task, "script": f"{task}.py", **more.get(task, {})} for task in scripts]
    http.call("PUT", f"/api/rondo/v1/pipelines/{name}", {
        "name": name, "tasks": tasks, "environment": more.get("environment", "default"),
        "files": {f"{task}.py": blob(http, text.encode()) for task, text in scripts.items()}})


def run(http, name):
    """Runs the pipeline to its end."""
    number = http.call("POST", f"/api/rondo/v1/pipelines/{name}/runs", {})["id"]

    def ended():
        found = http.call("GET", f"/api/rondo/v1/runs/{number}")
        return found["state"] not in ("queued", "running") and found

    return wait_for(ended)


def shown_log(server, number, task):
    done = subprocess.run([BINARY, "run", "log", str(number), task, "--url", server.url],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_script_that_fails(http, server):
    define(http, "fails", {"first": "import os\nprint('try', os.environ['RONDO_ATTEMPT'])\n"
                                    "raise SystemExit(3)", "second": ""},
           first={"retries": 2}, second={"needs": ["first"]})
    ended = run(http, "fails")
    assert ended["state"] == "failed"
    assert ended["problem"] == "task 'first': first.py exited with 3; see its log"
    first, second = ended["tasks"]
    assert (first["state"], first["attempt"], first["exit_code"]) == ("failed", 3, 3)
    assert (second["state"], second["attempt"]) == ("queued", 0)
    assert shown_log(server, ended["id"], "first") == "try 3\n"
    old = http.get(f"/api/rondo/v1/runs/{ended['id']}/tasks/first/log?attempt=1")
    assert old.body == b"try 1\n"
    missing = http.get(f"/api/rondo/v1/runs/{ended['id']}/tasks/second/log")
    assert missing.status == 404 and "no log of task 'second' attempt 0" in missing.message
    missing = http.get(f"/api/rondo/v1/runs/{ended['id']}/tasks/third/log")
    assert missing.status == 404 and "has no task 'third'; `rondo run show" in missing.message


def test_a_script_that_takes_too_long(http, server):
    define(http, "slow", {"wait": "import time\nprint('waiting', flush=True)\ntime.sleep(60)"},
           wait={"time_limit": "1s", "retries": 0})
    begun = time.monotonic()
    ended = run(http, "slow")
    assert time.monotonic() - begun < 10
    assert ended["problem"] == "task 'wait': ended after its time limit of 1s"
    assert shown_log(server, ended["id"], "wait") == "waiting\n"


def test_a_script_that_writes_no_json(http):
    define(http, "garbled", {"write": "import os\nopen(os.environ['RONDO_OUTPUTS'], 'w')"
                                      ".write('[1')"})
    ended = run(http, "garbled")
    assert ended["state"] == "failed" and ended["tasks"][0]["attempt"] == 1
    assert "task 'write': outputs.json: " in ended["problem"]


def test_a_key_starts_one_run(http):
    define(http, "once", {"one": "print('ran')"})
    start = {"idempotency_key": "the only one"}
    first, second = (http.call("POST", "/api/rondo/v1/pipelines/once/runs", start)["id"]
                     for _ in range(2))
    assert first == second
    assert len(http.call("GET", "/api/rondo/v1/runs?pipeline=once")["runs"]) == 1


def test_an_environment_that_is_not_there(http):
    define(http, "elsewhere", {"one": ""}, environment="gone")
    assert run(http, "elsewhere")["problem"] == (
        "task 'one': no environment 'gone'; start the server with --environment "
        "gone=/path/to/python")


def test_a_random_split_is_no_evidence(http):
    """However good the model looks: on rows it may have seen, anything looks good."""
    name, here = "random", pathlib.Path(__file__).parent
    rows = [f"2024-03-{day:02}T{hour:02}:00:00Z,u{hour},{hour % 2},{hour % 2},1"
            for day in range(1, 21) for hour in range(10)]
    history = "\n".join(['event_time,unit,y,x,"' + tiny_model.HOSTILE + '"', *rows]).encode()
    http.call("POST", f"/api/rondo/v1/datasets/{name}/versions",
              {"entries": [{"path": "history.csv", "digest": blob(http, history)}]})
    scripts = here / "random_split.py", pathlib.Path(tiny_model.__file__)
    http.call("PUT", f"/api/rondo/v1/pipelines/{name}", {
        "name": name, "tasks": [{"name": "train", "script": "random_split.py"}],
        "register": {"model": name, "task": "train"},
        "files": {path.name: blob(http, path.read_bytes()) for path in scripts}})
    http.call("PUT", f"/api/rondo/v1/endpoints/{name}",
              {"name": name, "model": f"models:/{name}@champion", "clock": "event"})
    http.call("PUT", f"/api/rondo/v1/endpoints/{name}/policy", {
        "endpoint": name, "data": {"rows": ["history.csv"], "label": "y"},
        "monitor": {"metric": "brier", "reference_metric": "b"},
        "retrain": {"pipeline": name, "dataset": name}, "gate": {"holdout": "2d"}})
    http.call("POST", f"/api/rondo/v1/endpoints/{name}/retrain", {})
    http.call("POST", f"/api/rondo/v1/endpoints/{name}/watermark",
              {"event_time": "2024-03-21T00:00:00Z", "wait": True})
    case = http.status(name)["latest_case"]
    assert (case["state"], case["outcome"], case["candidate"]) == ("closed", "gate_failed", 1)
    failed, = http.timeline(name, "gate.failed")
    assert ("candidate (version 1) declares a random split: only a forward hold-out says how a "
            "model does on what comes after it") in failed["detail"]
    assert "route" not in http.status(name)
    why = http.call("GET", f"/api/rondo/v1/decisions/{failed['decision']}/why")
    assert why["identical"] is True
