"""Every endpoint as a row: how often, method, path, and where the value of each field comes from (a method
of World or Filters by name; a leading `?` says that it is left out at times)."""

import dataclasses

API = "/api/2.0/mlflow/"


@dataclasses.dataclass(frozen=True)
class Operation:
    name: str
    weight: float
    method: str
    path: str
    fields: dict
    makes: tuple = ()  # (kind of symbol, where its id is in the answer)
    page: str = ""  # its pages follow each other


def post(title, weight, route, makes=(), page="", **fields):
    return Operation(title, weight, "POST", API + route, fields, makes, page)


def get(title, weight, route, page="", **fields):
    return Operation(title, weight, "GET", API + route, fields, (), page)


def other(method, title, weight, route, **fields):
    return Operation(title, weight, method, API + route, fields)


RUN = {"run_id": "run"}
OPERATIONS = [
    post("create experiment", 3, "experiments/create", (("experiment", ("experiment_id",)),),
         name="new_experiment_name", artifact_location="?location", tags="?tags"),
    get("get experiment", 2, "experiments/get", experiment_id="experiment"),
    get("get experiment by name", 2, "experiments/get-by-name", experiment_name="experiment_name"),
    post("search experiments", 6, "experiments/search", page="experiments", filter="?experiment_filter",
         order_by="?experiment_order", view_type="?view", max_results="page"),
    get("search experiments by GET", 2, "experiments/search", page="experiments", filter="?experiment_filter",
        order_by="?experiment_order", view_type="?view", max_results="page"),
    post("delete experiment", 0.7, "experiments/delete", experiment_id="experiment"),
    post("restore experiment", 1, "experiments/restore", experiment_id="experiment"),
    post("update experiment", 1, "experiments/update", experiment_id="experiment", new_name="new_experiment_name"),
    post("set experiment tag", 2, "experiments/set-experiment-tag", experiment_id="experiment", key="tag_key",
         value="value"),
    post("delete experiment tag", 1, "experiments/delete-experiment-tag", experiment_id="experiment", key="tag_key"),

    post("create run", 5, "runs/create", (("run", ("run", "info", "run_id")),), experiment_id="experiment",
         user_id="?word", run_name="run_name", start_time="start", tags="?tags"),
    get("get run", 4, "runs/get", **RUN),
    post("update run", 3, "runs/update", **RUN, status="?status", end_time="?stamp", run_name="?run_name"),
    post("delete run", 0.7, "runs/delete", **RUN),
    post("restore run", 0.7, "runs/restore", **RUN),
    post("log metric", 4, "runs/log-metric", **RUN, key="key", value="number", timestamp="stamp", step="?step"),
    post("log param", 3, "runs/log-parameter", **RUN, key="key", value="value"),
    post("set tag", 3, "runs/set-tag", **RUN, key="tag_key", value="value"),
    post("delete tag", 1.5, "runs/delete-tag", **RUN, key="tag_key"),
    post("log batch", 6, "runs/log-batch", **RUN, metrics="?metrics", params="?params", tags="?tags"),
    post("log model", 1, "runs/log-model", **RUN, model_json="model_json"),
    post("log inputs", 2, "runs/log-inputs", **RUN, datasets="?dataset_inputs", models="?model_inputs"),
    post("log outputs", 1, "runs/outputs", **RUN, models="model_outputs"),
    post("search runs", 14, "runs/search", page="runs", experiment_ids="experiments_wanted", filter="?run_filter",
         order_by="?run_order", run_view_type="?view", max_results="?page"),
    get("get history", 3, "metrics/get-history", page="metrics", **RUN, metric_key="key", max_results="page"),
    get("bulk history", 1.5, "metrics/get-history-bulk-interval", run_ids="runs_wanted", metric_key="key",
        start_step="?step", end_step="?step", max_results="?page"),
    get("list artifacts", 1, "artifacts/list", **RUN, path="?word"),

    post("register model", 3, "registered-models/create", name="model", tags="?tags", description="?value"),
    get("get registered model", 2, "registered-models/get", name="model"),
    post("rename registered model", 0.7, "registered-models/rename", name="model", new_name="model"),
    other("PATCH", "update registered model", 1, "registered-models/update", name="model", description="?value"),
    other("DELETE", "delete registered model", 0.4, "registered-models/delete", name="model"),
    get("search registered models", 5, "registered-models/search", page="registered_models", filter="?model_filter",
        order_by="?model_order", max_results="?page"),
    post("latest versions", 1.5, "registered-models/get-latest-versions", name="model", stages="?stages"),
    get("latest versions by GET", 1, "registered-models/get-latest-versions", name="model", stages="?stages"),
    post("set registered model tag", 1.5, "registered-models/set-tag", name="model", key="tag_key", value="value"),
    other("DELETE", "delete registered model tag", 1, "registered-models/delete-tag", name="model", key="tag_key"),
    post("set alias", 2, "registered-models/alias", name="model", alias="alias", version="version"),
    other("DELETE", "delete alias", 1, "registered-models/alias", name="model", alias="alias"),
    get("get by alias", 2, "registered-models/alias", name="model", alias="alias"),
    post("create version", 5, "model-versions/create", name="model", source="source", run_id="?run", tags="?tags",
         run_link="?word", description="?value", model_id="?model_id"),
    get("get version", 2, "model-versions/get", name="model", version="version"),
    other("PATCH", "update version", 1, "model-versions/update", name="model", version="version", description="?value"),
    post("transition stage", 2, "model-versions/transition-stage", name="model", version="version", stage="stage",
         archive_existing_versions="flag"),
    other("DELETE", "delete version", 0.7, "model-versions/delete", name="model", version="version"),
    get("search versions", 5, "model-versions/search", page="model_versions", filter="?version_filter",
        order_by="?version_order", max_results="?page"),
    get("download uri", 1, "model-versions/get-download-uri", name="model", version="version"),
    post("set version tag", 1.5, "model-versions/set-tag", name="model", version="version", key="tag_key", value="value"),
    other("DELETE", "delete version tag", 1, "model-versions/delete-tag", name="model", version="version", key="tag_key"),

    post("create logged model", 3, "logged-models", (("model", ("model", "info", "model_id")),),
         experiment_id="experiment", name="new_model_name", model_type="?model_type", source_run_id="?run",
         params="?params", tags="?tags"),
    get("get logged model", 2, "logged-models/{model_id}", model_id="model_id"),
    other("PATCH", "finalize logged model", 1.5, "logged-models/{model_id}", model_id="model_id", status="model_status"),
    other("DELETE", "delete logged model", 0.3, "logged-models/{model_id}", model_id="model_id"),
    post("search logged models", 6, "logged-models/search", page="models", experiment_ids="experiments_wanted",
         filter="?logged_model_filter", order_by="?logged_model_order", max_results="?page"),
    other("PATCH", "tag logged model", 1.5, "logged-models/{model_id}/tags", model_id="model_id", tags="tags"),
    other("DELETE", "delete logged model tag", 1, "logged-models/{model_id}/tags/{tag_key}", model_id="model_id",
          tag_key="tag_key"),
    post("log logged model params", 1, "logged-models/{model_id}/params", model_id="model_id", params="params"),
    get("logged model folders", 0.5, "logged-models/{model_id}/artifacts/directories", model_id="model_id"),
]
