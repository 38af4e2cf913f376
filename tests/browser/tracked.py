"""What the tests of the tracking pages look at: runs that MLflow's own client has logged, with
hostile names wherever a name may stand, and an experiment of ten thousand runs."""

import concurrent.futures
import contextlib
import http.client
import json
import pathlib
import struct
import time
import zlib
from urllib.parse import urlsplit

import mlflow
import numpy
from mlflow import MlflowClient
from tiny_model import HOSTILE

MANY = 10_000
WRITERS = 8
FACTORS = {"loss": 100, "accuracy": 1000, "auc": 7, "f1": 3, "recall": 11}
STEPS = 120
HTML = f"<!doctype html><h1>mine</h1>{HOSTILE}<script>window.hostile = 1</script>"
SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>window.hostile = 1</script></svg>'


def png(width=8, height=8):
    """A small picture, all of one colour."""
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data +
                struct.pack(">I", zlib.crc32(kind + data)))
    rows = b"".join(b"\0" + b"\x20\x60\xc0" * width for _ in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Tracked:
    """A server's experiments: `work` with some finished runs, `many` with ten thousand."""

    def __init__(self, url):
        self.url = url
        self.client = MlflowClient(url)

    @contextlib.contextmanager
    def run(self, **more):
        """A run that the client's module-level calls log to; they know nothing of it afterwards."""
        mlflow.set_tracking_uri(self.url)
        try:
            with mlflow.start_run(**more) as run:
                yield run
        finally:
            mlflow.set_tracking_uri(None)

    def log(self, folder: pathlib.Path):
        self.work = self.client.create_experiment("work")
        self.runs = [self.log_run(folder, i) for i in range(3)]
        self.hostile = self.log_hostile(folder)

    def log_run(self, folder, i):
        with self.run(experiment_id=self.work, run_name=f"run {i}") as run:
            mlflow.log_params({"rate": 0.1 * (i + 1), "kind": "tree", "seed": 7})
            mlflow.set_tags({"team": "blue", "trial": str(i)})
            for step in range(STEPS):
                loss = float("nan") if step == 60 else (1 + i) / (step + 1)
                mlflow.log_metrics({"loss": loss, "accuracy": 1 - loss / 4,
                                    "valid/loss": loss * 1.1}, step=step)
            mlflow.log_metric("once", i)
            rows = numpy.arange(12.0).reshape(6, 2)
            mlflow.log_input(mlflow.data.from_numpy(rows, name="rows"), context="training")
            mlflow.log_text("a plain note\n" * 3, "notes/readme.txt")
            mlflow.log_dict({"nested": {"list": [1, 2, 3]}}, "notes/facts.json")
            mlflow.log_text("name,amount\n\"one, two\",3\n", "rows.csv")
            mlflow.log_text(HTML, "report.html")
            mlflow.log_text(SVG, "picture.svg")
            (folder / "plot.png").write_bytes(png())
            (folder / "model.bin").write_bytes(bytes(range(256)))
            (folder / "long.log").write_text("a line of the log\n" * 60_000)
            for name in ("plot.png", "model.bin", "long.log"):
                mlflow.log_artifact(folder / name)
        return run.info.run_id

    def log_hostile(self, folder):
        """A run whose every name and value is hostile, as far as clients let it be."""
        self.hostile_experiment = self.client.create_experiment(HOSTILE)
        run = self.client.create_run(self.hostile_experiment, run_name=HOSTILE).info.run_id
        self.client.log_param(run, "p", HOSTILE)
        self.client.set_tag(run, "t", HOSTILE)
        self.client.log_metric(run, "m", 1.0)
        (folder / "<img src=x onerror='hostile=1'>.txt").write_text(HOSTILE)
        self.client.log_artifact(run, folder / "<img src=x onerror='hostile=1'>.txt")
        self.client.log_text(run, f'name,{HOSTILE!r}\n1,"{HOSTILE.replace(chr(34), chr(34) * 2)}"\n',
                             "hostile.csv")
        self.client.set_terminated(run)
        return run

    def log_many(self):
        """Over kept-alive connections: the client would take many minutes for so many."""
        self.many = self.client.create_experiment("many")
        begun = int(time.time() * 1000) - MANY * 1000
        with concurrent.futures.ThreadPoolExecutor(WRITERS) as pool:
            list(pool.map(lambda first: self.log_some(range(first, MANY, WRITERS), begun),
                          range(WRITERS)))

    def log_some(self, numbers, begun):
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc)

        def post(path, message):
            connection.request("POST", f"/api/2.0/mlflow/runs/{path}", json.dumps(message),
                               {"content-type": "application/json"})
            answer = connection.getresponse()
            body = json.loads(answer.read())
            assert answer.status == 200, body
            return body

        for i in numbers:
            at = begun + i * 1000
            run_id = post("create", {
                "experiment_id": self.many, "run_name": f"many {i}", "user_id": f"user {i % 7}",
                "start_time": at})["run"]["info"]["run_id"]
            values = {key: (i * 37 % MANY) / factor for key, factor in FACTORS.items()}
            post("log-batch", {
                "run_id": run_id,
                "metrics": [{"key": key, "value": value, "timestamp": at, "step": 1}
                            for key, value in values.items()],
                "params": [{"key": f"p{p}", "value": str(i * (p + 1) % 100)} for p in range(8)],
                "tags": [{"key": "team", "value": "blue" if i % 2 else "red"}]})
            post("update", {"run_id": run_id, "status": "FINISHED", "end_time": at + 900})
