"""Autologging of real small fits."""

import mlflow
import numpy as np
from tracked import OF_THE_CLIENT

# Ids, digests of pickles, and what says the version of a package.
CHOSEN = ("mlflow.log-model.history", "mlflow.autologging", "mlflow.runName", *OF_THE_CLIENT)


def _data():
    random = np.random.default_rng(3)
    features = random.random((200, 4))
    return features, (features[:, 0] + features[:, 1] > 1).astype(int)


def _files(client, run_id, path=None):
    told = []
    for entry in client.list_artifacts(run_id, path):
        told += _files(client, run_id, entry.path) if entry.is_dir else [entry.path]
    return told


def _told(client, run_id):
    run = client.get_run(run_id)
    return {"params": run.data.params, "metrics": {k: repr(v) for k, v in run.data.metrics.items()},
            "tags": {k: v for k, v in run.data.tags.items() if k not in CHOSEN}, "status": run.info.status,
            "files": _files(client, run_id),
            "datasets": [[i.dataset.name, i.dataset.digest] for i in run.inputs.dataset_inputs]}


def _logged_model(client, run_id):
    """The model that autologging left, wherever the client's version keeps it."""
    return mlflow.pyfunc.load_model(f"runs:/{run_id}/model")


def sklearn(client):
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    features, labels = _data()
    mlflow.sklearn.autolog(silent=True, max_tuning_runs=4)
    try:
        with mlflow.start_run() as run:
            search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0, 10.0]}, cv=3).fit(features, labels)
    finally:
        mlflow.sklearn.autolog(disable=True)
    told = _told(client, run.info.run_id)
    assert told["params"]["best_C"] == str(search.best_params_["C"])
    assert float(told["metrics"]["best_cv_score"]) == search.best_score_
    assert (_logged_model(client, run.info.run_id).predict(features) == search.predict(features)).all()
    children = mlflow.search_runs(filter_string=f"tags.mlflow.parentRunId = '{run.info.run_id}'",
                                  order_by=["params.C"])
    assert len(children) == 3
    told["children"] = [list(children["params.C"]), [float(v) for v in children["metrics.mean_test_score"]]]
    return told


def xgboost(client):
    import xgboost as xgb
    features, labels = _data()
    matrix = xgb.DMatrix(features, label=labels, feature_names=list("abcd"))
    mlflow.xgboost.autolog(silent=True)
    try:
        with mlflow.start_run() as run:
            booster = xgb.train({"max_depth": 2, "objective": "binary:logistic", "nthread": 1, "seed": 1}, matrix,
                                num_boost_round=8, evals=[(matrix, "train")], verbose_eval=False)
    finally:
        mlflow.xgboost.autolog(disable=True)
    told = _told(client, run.info.run_id)
    history = client.get_metric_history(run.info.run_id, "train-logloss")
    assert [m.step for m in history] == list(range(8)) and told["params"]["max_depth"] == "2"
    back = mlflow.xgboost.load_model(f"runs:/{run.info.run_id}/model")
    assert (back.predict(matrix) == booster.predict(matrix)).all()
    told["history"] = [m.value for m in history]
    return told


def lightgbm(client):
    import lightgbm as lgb
    features, labels = _data()
    data = lgb.Dataset(features, label=labels, feature_name=list("abcd"))
    mlflow.lightgbm.autolog(silent=True)
    try:
        with mlflow.start_run() as run:
            booster = lgb.train({"objective": "binary", "metric": "binary_logloss", "num_leaves": 4, "verbose": -1,
                                 "num_threads": 1, "deterministic": True, "seed": 1}, data, num_boost_round=6,
                                valid_sets=[data], valid_names=["train"])
    finally:
        mlflow.lightgbm.autolog(disable=True)
    told = _told(client, run.info.run_id)
    history = client.get_metric_history(run.info.run_id, "train-binary_logloss")
    assert [m.step for m in history] == list(range(6)) and told["params"]["num_leaves"] == "4"
    assert (_logged_model(client, run.info.run_id).predict(features) == booster.predict(features)).all()
    told["history"] = [m.value for m in history]
    return told
