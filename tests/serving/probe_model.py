"""A model that looks around: it does what each row asks for and tells what came of it."""

import json
import os
import time
from pathlib import Path

import mlflow


def read(path):
    return Path(path).read_bytes()[:100].decode(errors="replace")


def write(path):
    Path(path).write_text("written by a model")
    return "written"


def descriptors(_):
    """What is open beside the listing itself."""
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            found[name] = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            pass
    return found


def sleep(seconds):
    Path("asleep").touch()
    time.sleep(float(seconds))
    return "slept"


def fail(text):
    raise RuntimeError(text)


ACTIONS = {"read": read, "write": write, "list": os.listdir, "descriptors": descriptors,
           "environment": lambda _: dict(os.environ), "pid": lambda _: os.getpid(),
           "signal": lambda pid: os.kill(int(pid), 0), "sleep": sleep, "fail": fail}


class Probe(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        told = []
        for action, argument in zip(model_input["action"], model_input["argument"]):
            try:
                told.append(json.dumps(ACTIONS[action](argument)))
            except OSError as error:
                told.append(json.dumps(type(error).__name__))
        return told


mlflow.models.set_model(Probe())
