"""The smallest model that the server evaluates itself: one tree with one split, written by hand as
XGBoost writes it, and logged over MLflow's REST interface. Standard library only, so that it also
runs as a pipeline task in any environment.
"""

import json
import math
import urllib.parse
import urllib.request

# A name that would run as HTML, and drifts: it goes through signatures, files, events and the page.
HOSTILE = "<img src=x onerror=window.hostile=1>"
FEATURES = ["x", HOSTILE]


def booster(low, high):
    """Answers `low` where x < 0.5 and `high` elsewhere."""
    leaves = [math.log(p / (1 - p)) for p in (low, high)]
    tree = {
        "base_weights": [0, *leaves], "categories": [], "categories_nodes": [],
        "categories_segments": [], "categories_sizes": [], "default_left": [0, 0, 0], "id": 0,
        "left_children": [1, -1, -1], "right_children": [2, -1, -1], "loss_changes": [1, 0, 0],
        "parents": [2147483647, 0, 0], "split_conditions": [0.5, *leaves],
        "split_indices": [0, 0, 0], "split_type": [0, 0, 0], "sum_hessian": [2, 1, 1],
        "tree_param": {"num_deleted": "0", "num_feature": "2", "num_nodes": "3",
                       "size_leaf_vector": "1"}}
    model = {"gbtree_model_param": {"num_parallel_tree": "1", "num_trees": "1"},
             "iteration_indptr": [0, 1], "tree_info": [0], "trees": [tree]}
    return {"version": [3, 2, 0], "learner": {
        "attributes": {}, "feature_names": [], "feature_types": [],
        "gradient_booster": {"model": model, "name": "gbtree"},
        "learner_model_param": {"base_score": "[5E-1]", "boost_from_average": "0",
                                "num_class": "0", "num_feature": "2", "num_target": "1"},
        "objective": {"name": "binary:logistic", "reg_loss_param": {"scale_pos_weight": "1"}}}}


def mlmodel():
    inputs = [{"type": "double", "name": name, "required": True} for name in FEATURES]
    return {"artifact_path": "model",
            "flavors": {"xgboost": {"data": "model.json", "model_class": "xgboost.core.Booster",
                                    "model_format": "json"}},
            "signature": {"inputs": json.dumps(inputs)}}


class Mlflow:
    """The few REST calls that log a run with a model."""

    def __init__(self, url):
        self.url = url

    def call(self, method, path, message=None, data=None):
        body = data if data is not None else json.dumps(message or {}).encode()
        request = urllib.request.Request(self.url + path, body if method != "GET" else None,
                                         {"content-type": "application/json"}, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or "null")

    def post(self, name, message):
        return self.call("POST", f"/api/2.0/mlflow/{name}", message)

    def log(self, low, high, tags, metrics, run_name="tiny"):
        """A finished run with a model; returns (run_id, model_uri)."""
        run = self.post("runs/create", {"experiment_id": "0", "run_name": run_name,
                                        "start_time": 1})["run"]["info"]
        run_id, root = run["run_id"], run["artifact_uri"]
        self.post("runs/log-batch", {
            "run_id": run_id, "params": [{"key": "low", "value": f"{low:.4f}"},
                                         {"key": "high", "value": f"{high:.4f}"}],
            "tags": [{"key": k, "value": v} for k, v in tags.items()],
            "metrics": [{"key": k, "value": v, "timestamp": 1, "step": 0}
                        for k, v in metrics.items()]})
        self.upload(root, {"MLmodel": json.dumps(mlmodel()).encode(),
                           "model.json": json.dumps(booster(low, high)).encode()})
        self.post("runs/update", {"run_id": run_id, "status": "FINISHED", "end_time": 2})
        return run_id, f"{root}/model"

    def upload(self, root, files):
        """Stores the files of a run's model."""
        folder = root.split(":", 1)[1].lstrip("/") + "/model"
        for name, content in files.items():
            path = urllib.parse.quote(f"{folder}/{name}")
            self.call("PUT", f"/api/2.0/mlflow-artifacts/artifacts/{path}", data=content)

    def register(self, name, run_id, model_uri):
        """The number of the new version."""
        return int(self.post("model-versions/create", {
            "name": name, "source": model_uri, "run_id": run_id})["model_version"]["version"])
