"""One-row requests to an XGBoost model of 100 trees of depth 6 over 30 features: CPU of the server
per request. The model is logged with mlflow's client to Rondo and served on an endpoint, its
predictions logged as always; the same body (dataframe_split) goes to `mlflow models serve` and to a
FastAPI application (uvicorn with uvloop and httptools) that holds the booster. Every kind of answer
is checked to the float32 against the booster before.

The floor is the same Rondo server answering without a model: GET /livez. What stands above it is
compared with XGBoost alone, in process, through C and through Python.

The load is wrk with 16 connections. Each server may use both cores: the peers have two worker
processes, which does not raise their CPU per request."""

import contextlib
import json
import sys
import time

import mlflow
import mlflow.artifacts
import numpy as np
import pandas as pd
import xgboost as xgb
from mlflow.models import infer_signature

from common import FEATURES, MLFLOW, Bench, Client, Table, asked_rows, c_predict, cpu_of, \
    environment, train

BODIES = 256
WORKERS = "2"
NAMES = [f"feature_{i}" for i in range(FEATURES)]

FASTAPI = """
import numpy as np
import xgboost as xgb
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

app = FastAPI()
booster = xgb.Booster(model_file={model!r})
booster.set_param({{"nthread": 1}})

@app.get("/ping")
async def ping(): return "ok"

@app.post("/invocations")
async def invoke(request: Request):
    data = (await request.json())["dataframe_split"]["data"]
    rows = np.array(data, np.float32)
    return JSONResponse({{"predictions": {predict}.tolist()}})
"""
INPLACE = "booster.inplace_predict(rows, validate_features=False)"
DMATRIX = "booster.predict(xgb.DMatrix(rows, nthread=1), validate_features=False)"


def body_of(row):
    return json.dumps({"dataframe_split": {"columns": NAMES, "data": [row.tolist()]}})


def check(server, path, rows, expected):
    client = server.client()
    for row, answer in zip(rows, expected):
        found = client.call("POST", path, json.loads(body_of(row)))["predictions"]
        assert np.float32(found[0]) == answer, (server.name, found, answer)


def rondo_with_model(bench, booster, rows):
    """A server with the model behind the endpoint `bench`."""
    server = bench.rondo()
    mlflow.set_tracking_uri(f"http://127.0.0.1:{server.port}")
    frame = pd.DataFrame(rows.astype(np.float64), columns=NAMES)
    signature = infer_signature(frame, booster.inplace_predict(rows, validate_features=False))
    with contextlib.redirect_stdout(sys.stderr), mlflow.start_run():
        mlflow.xgboost.log_model(booster, name="model", model_format="json", signature=signature,
                                 registered_model_name="bench")
    token = (server.data / "token").read_text().strip()
    client = Client(server.port, token)
    client.call("POST", "/api/2.0/mlflow/registered-models/alias",
                {"name": "bench", "alias": "champion", "version": "1"})
    client.call("PUT", "/api/rondo/v1/endpoints/bench",
                {"name": "bench", "model": "models:/bench@champion", "clock": "arrival"})
    server.wait("/v2/models/bench/ready", time.monotonic() + 30)
    return server


def main():
    booster, rows = train(), asked_rows(BODIES)
    expected = booster.inplace_predict(rows, validate_features=False)
    load_bodies = [body_of(row) for row in rows]
    table = Table("One-row requests, 100 trees of depth 6 (bench/serving.py)")
    with Bench() as bench:
        server = rondo_with_model(bench, booster, rows)
        path = "/endpoints/bench/invocations"
        check(server, path, rows, expected)
        full = table.measure("request with one row", server, bench.wrk(path, load_bodies))
        floor = table.measure("floor: GET /livez, no model", server, bench.wrk("/livez"))
        model = mlflow.artifacts.download_artifacts("models:/bench/1",
                                                    dst_path=str(bench.new_folder()))
        bench.stop(server)

        peer = bench.start("mlflow models serve", lambda port: [
            *MLFLOW, "models", "serve", "--model-uri", model, "--port", port, "--env-manager",
            "local", "--workers", WORKERS], "/ping", env=environment())
        check(peer, "/invocations", rows, expected)
        table.measure("request with one row", peer, bench.wrk("/invocations", load_bodies))
        bench.stop(peer)

        saved = bench.folder / "model.json"
        booster.save_model(saved)
        for name, predict in (("inplace_predict", INPLACE), ("DMatrix", DMATRIX)):
            text = FASTAPI.format(model=str(saved), predict=predict)
            app = bench.uvicorn(f"FastAPI, {name}", text, "--workers", WORKERS, path="/ping")
            check(app, "/invocations", rows, expected)
            table.measure("request with one row", app, bench.wrk("/invocations", load_bodies))
            bench.stop(app)
    one = rows[:1].copy()
    what = "the model alone, one row"
    table.add(what, "rondo: request less the floor", full - floor)
    table.add(what, "XGBoost in C: PredictFromDense", cpu_of(c_predict(booster, one)))
    table.add(what, "XGBoost in Python: inplace_predict", cpu_of(
        lambda: booster.inplace_predict(one, validate_features=False)))
    table.add(what, "XGBoost in Python: DMatrix, predict", cpu_of(
        lambda: booster.predict(xgb.DMatrix(one, nthread=1), validate_features=False)))
    table.print()


main()
