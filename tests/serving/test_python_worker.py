"""Models that are no XGBoost booster run in Python processes of their own: right answers, walls
around them, and a new process when one dies."""

import ctypes
import json
import os
import pathlib
import signal
import threading

import numpy
import pandas
import pytest
from conftest import http_of
from mlflow.models import ModelSignature, infer_signature
from mlflow.types import ColSpec, Schema
from serving import serve, serve_tiny, wait_for
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.compose import make_column_transformer

LANDLOCK_CREATE_RULESET = 444
VERSION_FLAG = 1
# python/rondo_worker.py sets up nothing of this; the server lists what it hands on.
ENVIRONMENT = {"HOME", "TMPDIR", "PATH", "LANG", "OMP_NUM_THREADS", "MLFLOW_DISABLE_TELEMETRY",
               "MLFLOW_TRACKING_URI"}


def landlock():
    """What the kernel offers of it; below 1: nothing."""
    return ctypes.CDLL(None).syscall(LANDLOCK_CREATE_RULESET, None, 0, VERSION_FLAG)


def make_table(count, seed):
    draw = numpy.random.default_rng(seed)
    return pandas.DataFrame({"size": draw.normal(size=count),
                             "town": draw.choice(["Aa", "Bb", "Cc"], count),
                             "floor": draw.integers(0, 9, count)})


@pytest.fixture(scope="module")
def sklearn_model(client, http):
    table = make_table(300, 1)
    model = make_pipeline(
        make_column_transformer((OneHotEncoder(), ["town"]),
                                (StandardScaler(), ["size", "floor"])), LogisticRegression())
    model.fit(table, table["size"] + table["town"].map({"Aa": 0, "Bb": 1, "Cc": -1}) > 0)
    with client.start_run():
        client.sklearn.log_model(model, name="model", registered_model_name="houses",
                                 signature=infer_signature(table, numpy.array([True])),
                                 serialization_format="cloudpickle",
                                 pip_requirements=["scikit-learn"])
    client.MlflowClient().set_registered_model_alias("houses", "champion", "1")
    assert serve(http, "houses", "houses") == "python worker"
    return model


class Probe:
    """Asks tests/serving/probe_model.py, behind an endpoint."""

    def __init__(self, http):
        self.http = http

    def send(self, *actions):
        return self.http.predict("probe", {"dataframe_records": [
            {"action": action, "argument": str(argument)} for action, argument in actions]})

    def ask(self, action, argument=""):
        answer = self.send((action, argument))
        assert answer.status == 200, answer
        return json.loads(answer.json["predictions"][0])


@pytest.fixture(scope="module")
def probe(client, http):
    text = ColSpec("string", "action"), ColSpec("string", "argument")
    with client.start_run():
        client.pyfunc.log_model(
            name="model", python_model=str(pathlib.Path(__file__).with_name("probe_model.py")),
            signature=ModelSignature(Schema(list(text)), Schema([ColSpec("string")])),
            registered_model_name="probe", pip_requirements=["mlflow"])
    client.MlflowClient().set_registered_model_alias("probe", "champion", "1")
    assert serve(http, "probe", "probe") == "python worker"
    return Probe(http)


def children(pid):
    """The processes that this one started, zombies too."""
    return [int(child) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()]


def test_answers_as_sklearn_does(sklearn_model, http):
    table = make_table(50, 2)
    expected = sklearn_model.predict(table).astype(int).tolist()
    split = {"columns": list(table), "data": table.values.tolist()}
    answer = http.predict("houses", {"dataframe_split": split})
    assert answer.status == 200, answer
    assert answer.json["predictions"] == expected and 0 < sum(expected) < 50
    csv = http.send("POST", "/endpoints/houses/invocations", raw=table.to_csv(index=False).encode(),
                    content_type="text/csv")
    assert csv.json["predictions"] == expected
    output, = http.call("POST", "/v2/models/houses/infer", {"inputs": [
        {"name": name, "shape": [50], "datatype": datatype, "data": table[name].tolist()}
        for name, datatype in (("size", "FP64"), ("town", "BYTES"), ("floor", "INT64"))
    ]})["outputs"]
    assert (output["datatype"], output["data"]) == ("INT64", expected)


def test_refuses_what_the_model_refuses(sklearn_model, http, probe):
    row = {"size": 1.0, "town": "nowhere", "floor": 1}
    answer = http.predict("houses", {"dataframe_records": [row]})
    assert answer.status == 400 and "the model refuses the input" in answer.message
    answer = http.predict("houses", {"dataframe_records": [{**row, "town": 5}]})
    assert answer.status == 400 and "'town' has to be a string, not 5" in answer.message
    answer = probe.send(("fail", "on purpose"))
    assert answer.status == 400 and "RuntimeError: on purpose" in answer.message
    assert isinstance(probe.ask("pid"), int)  # the process lives on


def test_walls(probe, server):
    """Neither the server's files nor its memory nor anyone else's folder."""
    if landlock() < 1:
        pytest.skip("this kernel has no landlock")
    for secret in ("token", "rondo.db", "keys/prediction", "keys/assignment"):
        assert os.access(server.data / secret, os.R_OK)
        assert probe.ask("read", server.data / secret) == "PermissionError", secret
    for folder in (server.data, server.data / "blobs/objects", server.folder, "/tmp"):
        assert probe.ask("list", folder) == "PermissionError", folder
    for place in ("environ", "maps", "mem", "cwd/lock"):
        assert probe.ask("read", f"/proc/{server.process.pid}/{place}") in (
            "PermissionError", "FileNotFoundError"), place  # the latter of a link in /proc
    for place in (server.data / "planted", server.folder / "planted", "/etc/planted"):
        assert probe.ask("write", place) == "PermissionError", place
        assert not pathlib.Path(place).exists()
    # A signal reaches nobody either, where the kernel can say so.
    if landlock() >= 6:
        assert probe.ask("signal", server.process.pid) == "PermissionError"
    # It has a folder of its own, and can read Python.
    home = pathlib.Path(probe.ask("environment")["HOME"])
    assert probe.ask("write", home / "mine") == "written"
    assert probe.ask("read", os.__file__) != "PermissionError"


def test_environment_is_listed(probe, server):
    """Also by name: the server runs with many more variables."""
    assert len(os.environ) > len(ENVIRONMENT)
    # LC_CTYPE is Python's own, when LANG is not to its liking.
    assert set(probe.ask("environment")) - {"LC_CTYPE"} == ENVIRONMENT


def test_descriptors_are_its_own(probe, server):
    """None of the server's files, its listening socket or other connections: by inode."""
    held = probe.ask("descriptors")
    servers = {}
    for link in pathlib.Path(f"/proc/{server.process.pid}/fd").iterdir():
        try:
            servers[os.readlink(link)] = link.name
        except FileNotFoundError:
            pass
    shared = {target for target in held.values() if target in servers}
    assert shared <= {"/dev/null", "/memfd:rondo-arena (deleted)"}, held
    sockets = [target for target in held.values() if target.startswith("socket:")]
    assert len(sockets) == 1 and len(held) <= 7, held


def test_a_killed_process_is_replaced(probe, http, server):
    first, home = probe.ask("pid"), pathlib.Path(probe.ask("environment")["HOME"])
    assert first in children(server.process.pid)
    waiting = threading.Thread(target=lambda: answers.append(probe_of(server).send(("sleep", 30))))
    answers = []
    waiting.start()
    wait_for((home / "asleep").exists)
    os.kill(first, signal.SIGKILL)
    waiting.join(10)
    in_flight, = answers
    assert in_flight.status == 503 and in_flight.headers["retry-after"] == "1", in_flight
    assert "process died; it is being replaced, retry" in in_flight.message
    meanwhile = probe.send(("pid", ""))
    assert meanwhile.status == 503 and "is being replaced; retry soon" in meanwhile.message
    answer = wait_for(lambda: (a := probe.send(("pid", ""))).status == 200 and a, every=0.1)
    second = json.loads(answer.json["predictions"][0])
    assert second != first and second in children(server.process.pid)
    assert first not in children(server.process.pid), "a zombie stays"


def probe_of(server):
    return Probe(http_of(server))


def test_no_python_without_a_python_model(start):
    server = start()
    http = http_of(server)
    from tiny_model import Mlflow
    assert serve_tiny(http, Mlflow(server.url), "small") == "native trees"
    answer = http.predict("small", {"instances": [[0, 0], [1, 0]]})
    assert answer.json["predictions"] == pytest.approx([0.25, 0.75])
    assert children(server.process.pid) == []
    assert not (server.data / "work/models").exists()
