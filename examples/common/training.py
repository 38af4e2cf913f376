"""Training for the examples, as a team would write it: plain pandas, XGBoost and the MLflow client.
Runs as a pipeline task of the server; everything it needs to know comes by environment variables.
"""

import json
import os
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import xgboost as xgb
from mlflow.models import infer_signature

PARAMS = {"objective": "binary:logistic", "max_depth": 4, "eta": 0.1, "subsample": 0.8,
          "colsample_bytree": 0.8, "min_child_weight": 200, "lambda": 5, "tree_method": "hist",
          "max_bin": 64, "nthread": 1, "seed": 7}
ROUNDS = 120
FOLDS = 5


def read_rows(folder):
    """All rows of the data version but the frozen reference, by event time."""
    files = [folder / "history.csv"] + sorted((folder / "log").glob("*.csv"))
    frame = pd.concat([pd.read_csv(f) for f in files if f.exists()], ignore_index=True)
    frame["event_time"] = pd.to_datetime(frame["event_time"])
    return frame.sort_values(["event_time", "unit"], kind="stable").reset_index(drop=True)


def fit(features, labels, rounds=ROUNDS, seed=None):
    params = PARAMS if seed is None else {**PARAMS, "seed": seed}
    return xgb.train(params, xgb.DMatrix(features, labels), rounds)


def brier(booster, features, labels):
    return float(np.mean((booster.predict(xgb.DMatrix(features)) - labels) ** 2))


def out_of_fold_brier(features, labels, days):
    """Day-blocked folds: whole days are left out together, because rows of one day hang together
    and a row-wise split looks far better than the days that follow."""
    fold = (days - days.min()) % FOLDS
    answers = np.empty(len(labels))
    for k in range(FOLDS):
        out = fold == k
        booster = fit(features[~out], labels[~out])
        answers[out] = booster.predict(xgb.DMatrix(features[out]))
    return float(np.mean((answers - labels) ** 2))


def log_model(booster, features, tags, metrics, params, extra_name="model"):
    """Logs run, params, metrics and the model with signature and input example; returns the model."""
    with mlflow.start_run() as run:
        mlflow.log_params(params)
        mlflow.log_metrics(metrics)
        mlflow.set_tags(tags)
        example = features.head(3)
        answers = booster.predict(xgb.DMatrix(example))
        info = mlflow.xgboost.log_model(booster, name=extra_name, input_example=example,
                                        signature=infer_signature(example, answers))
    return run.info.run_id, info.model_uri


def main(feature_names):
    folder = Path(os.environ["RONDO_DATA"])
    label, until = os.environ["RONDO_PARAM_LABEL"], os.environ["RONDO_PARAM_TRAIN_UNTIL"]
    holdout_from = os.environ["RONDO_PARAM_HOLDOUT_FROM"]
    rows = read_rows(folder)
    train = rows[rows["event_time"] < pd.Timestamp(until)]
    holdout = rows[rows["event_time"] >= pd.Timestamp(holdout_from)]
    features, labels = train[feature_names].astype("float32"), train[label].to_numpy()
    days = (train["event_time"] - train["event_time"].min().floor("D")).dt.days.to_numpy()
    print(f"{len(train):,} rows until {until}, {len(holdout):,} held out", flush=True)

    reference = out_of_fold_brier(features, labels, days)
    print(f"out-of-fold Brier {reference:.4f}", flush=True)
    booster = fit(features, labels)
    on_holdout = brier(booster, holdout[feature_names].astype("float32"), holdout[label].to_numpy())
    print(f"hold-out Brier {on_holdout:.4f}", flush=True)

    dataset = mlflow.data.from_pandas(
        train.head(1000), name=os.environ["RONDO_DATASET"], targets=label,
        digest="v" + os.environ["RONDO_DATA_VERSION"])
    run_id, model_uri = log_model(
        booster, features,
        tags={"rondo.split": "forward",
              "rondo.trained_until": train["event_time"].max().strftime("%Y-%m-%dT%H:%M:%SZ"),
              "rondo.dataset": os.environ["RONDO_DATASET"],
              "rondo.data_version": os.environ["RONDO_DATA_VERSION"]},
        metrics={"reference_brier": reference, "holdout_brier": on_holdout,
                 "train_rows": len(train), "base_rate": float(labels.mean())},
        params={**PARAMS, "rounds": ROUNDS})
    with mlflow.start_run(run_id=run_id):
        mlflow.log_input(dataset, context="training")
    Path(os.environ["RONDO_OUTPUTS"]).write_text(
        json.dumps({"model_uri": model_uri, "run_id": run_id}))
