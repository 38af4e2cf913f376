"""MLflow's own client, unmodified (mlflow-skinny 3.17.2), against the server: what users write in
their notebooks has to work.

Needs mlflow-skinny, xgboost-cpu, scikit-learn, pandas and pyarrow. With RONDO_MLFLOW2_PYTHON, a
Python that has mlflow-skinny 2.22, the older client is tried as well."""

import math
import os
import pathlib
import subprocess
import sys
import uuid

import pytest

mlflow = pytest.importorskip("mlflow")
np = pytest.importorskip("numpy")
pd = pytest.importorskip("pandas")
sklearn_linear = pytest.importorskip("sklearn.linear_model")
xgb = pytest.importorskip("xgboost")

from mlflow import MlflowClient  # noqa: E402
from mlflow.entities import Metric, Param, RunTag, ViewType  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402

# Given, so that the client does not import half the world to find them out.
REQUIREMENTS = ["xgboost", "scikit-learn"]


@pytest.fixture(autouse=True)
def client(server, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.url)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    mlflow.set_tracking_uri(server.url)
    mlflow.set_registry_uri(server.url)
    yield MlflowClient()
    while mlflow.active_run():
        mlflow.end_run()


@pytest.fixture
def experiment():
    """A new one, and the current one."""
    return mlflow.set_experiment(f"e-{uuid.uuid4().hex[:12]}")


@pytest.fixture(scope="module")
def frame():
    random = np.random.default_rng(7)
    data = pd.DataFrame(random.random((60, 3)), columns=["a", "b", "c"])
    return data, (data.a + data.b > 1).astype(int)


def code_of(error) -> str:
    return error.value.error_code


def test_default_experiment(client):
    default = client.get_experiment("0")
    assert (default.name, default.artifact_location) == ("Default", "mlflow-artifacts:/0")


def test_experiment_life(client, experiment):
    client.set_experiment_tag(experiment.experiment_id, "team", "blue")
    found = client.get_experiment_by_name(experiment.name)
    assert found.experiment_id == experiment.experiment_id and found.tags["team"] == "blue"
    assert client.get_experiment_by_name("nobody has this name") is None
    client.rename_experiment(experiment.experiment_id, experiment.name + "-2")
    client.delete_experiment(experiment.experiment_id)
    assert client.get_experiment(experiment.experiment_id).lifecycle_stage == "deleted"
    with pytest.raises(MlflowException) as error:
        client.create_experiment(experiment.name + "-2")
    assert code_of(error) == "RESOURCE_ALREADY_EXISTS"
    client.restore_experiment(experiment.experiment_id)
    names = [e.name for e in client.search_experiments(filter_string="tags.team = 'blue'")]
    assert experiment.name + "-2" in names
    assert client.search_experiments(view_type=ViewType.ALL, max_results=1).token


def test_fluent_run(client, experiment):
    with mlflow.start_run(run_name="outer", tags={"kind": "demo"}) as run:
        mlflow.log_param("lr", 0.1)
        mlflow.log_params({"depth": 3, "text": "ä" * 7000})
        mlflow.log_metric("loss", 1.5, step=1)
        mlflow.log_metrics({"acc": 0.25, "nan": math.nan, "inf": -math.inf}, step=2)
        mlflow.set_tag("note", "first")
        mlflow.set_tags({"note": "second", "more": 5})
        with mlflow.start_run(nested=True) as inner:
            mlflow.log_metric("m", 1)
    stored = client.get_run(run.info.run_id)
    assert stored.info.run_name == "outer" and stored.info.status == "FINISHED"
    assert stored.info.end_time >= stored.info.start_time > 0
    assert stored.data.params == {"lr": "0.1", "depth": "3", "text": "ä" * 6000}
    assert stored.data.metrics["loss"] == 1.5 and math.isnan(stored.data.metrics["nan"])
    assert stored.data.metrics["inf"] == -1.7976931348623157e308
    assert stored.data.tags["note"] == "second" and stored.data.tags["kind"] == "demo"
    children = mlflow.search_runs(
        filter_string=f"tags.`mlflow.parentRunId` = '{run.info.run_id}'", output_format="list")
    assert [c.info.run_id for c in children] == [inner.info.run_id]


def test_run_that_fails_is_marked(client, experiment):
    with pytest.raises(ZeroDivisionError):
        with mlflow.start_run() as run:
            1 / 0
    assert client.get_run(run.info.run_id).info.status == "FAILED"


def test_errors_are_typed(client, experiment):
    with pytest.raises(MlflowException) as error:
        client.get_run("0" * 32)
    assert code_of(error) == "RESOURCE_DOES_NOT_EXIST"
    run = client.create_run(experiment.experiment_id)
    client.log_param(run.info.run_id, "p", 1)
    with pytest.raises(MlflowException, match="Changing param values is not allowed") as error:
        client.log_param(run.info.run_id, "p", 2)
    assert code_of(error) == "INVALID_PARAMETER_VALUE"
    with pytest.raises(MlflowException) as error:
        client.delete_tag(run.info.run_id, "none")
    assert code_of(error) == "RESOURCE_DOES_NOT_EXIST"
    client.delete_run(run.info.run_id)
    with pytest.raises(MlflowException, match="must be in the 'active' state"):
        client.log_metric(run.info.run_id, "m", 1)
    client.restore_run(run.info.run_id)
    client.log_metric(run.info.run_id, "m", 1)


def test_batches_and_history(client, experiment):
    run_id = client.create_run(experiment.experiment_id).info.run_id
    metrics = [Metric("m", i / 2, timestamp=1000 + i, step=i) for i in range(1500)]
    client.log_batch(run_id, metrics[:1000], [Param("a", "b")], [RunTag("t", "u")])
    client.log_batch(run_id, metrics[1000:])
    client.log_batch(run_id, metrics[1000:])  # as after a lost answer
    history = client.get_metric_history(run_id, "m")
    assert [(m.step, m.value) for m in history] == [(i, i / 2) for i in range(1500)]
    assert client.get_run(run_id).data.metrics["m"] == 749.5


def test_search_runs(client, experiment):
    for i in range(7):
        with mlflow.start_run(run_name=f"r{i}"):
            mlflow.log_metric("score", i)
            mlflow.log_param("even", str(i % 2 == 0))
    frame = mlflow.search_runs(filter_string="metrics.score > 1 and params.even = 'True'",
                               order_by=["metrics.score DESC"])
    assert list(frame["metrics.score"]) == [6, 4, 2]
    pages, token = [], None
    while True:
        page = client.search_runs([experiment.experiment_id], order_by=["metrics.score"],
                                  max_results=3, page_token=token)
        pages.append([r.info.run_name for r in page])
        token = page.token
        if not token:
            break
    assert pages == [["r0", "r1", "r2"], ["r3", "r4", "r5"], ["r6"]]
    with pytest.raises(MlflowException, match="position"):
        client.search_runs([experiment.experiment_id], "metrics.score >")


def test_artifacts(client, experiment, tmp_path):
    (tmp_path / "in" / "sub").mkdir(parents=True)
    (tmp_path / "in" / "sub" / "big.bin").write_bytes(os.urandom(3 << 20))
    (tmp_path / "in" / "na me ü 100%.txt").write_text("text")
    with mlflow.start_run() as run:
        mlflow.log_artifacts(str(tmp_path / "in"), "folder")
        mlflow.log_dict({"a": [1, 2]}, "dict.json")
        mlflow.log_text("hällo", "deep/er/text.txt")
        mlflow.log_table({"x": [1, 2]}, "table.json")
        assert mlflow.get_artifact_uri() == run.info.artifact_uri
    run_id = run.info.run_id
    names = [(f.path, f.is_dir) for f in client.list_artifacts(run_id)]
    assert names == [("deep", True), ("dict.json", False), ("folder", True), ("table.json", False)]
    assert [f.path for f in client.list_artifacts(run_id, "folder")] == [
        "folder/na me ü 100%.txt", "folder/sub"]
    local = mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="folder")
    assert sorted(str(p.relative_to(local)) for p in pathlib.Path(local).rglob("*.*")) == [
        "na me ü 100%.txt", "sub/big.bin"]
    same = (tmp_path / "in/sub/big.bin").read_bytes() == (
        pathlib.Path(local) / "sub/big.bin").read_bytes()
    assert same, "an artifact came back as something else"
    assert mlflow.artifacts.load_dict(f"runs:/{run_id}/dict.json") == {"a": [1, 2]}
    assert mlflow.artifacts.load_text(f"runs:/{run_id}/deep/er/text.txt") == "hällo"
    assert list(mlflow.load_table("table.json", run_ids=[run_id])["x"]) == [1, 2]


def test_xgboost_model_from_log_to_alias(client, experiment, frame):
    data, labels = frame
    model = xgb.XGBClassifier(n_estimators=4, max_depth=2).fit(data, labels)
    expected = model.predict(data)
    name = f"xgb-{uuid.uuid4().hex[:8]}"
    with mlflow.start_run() as run:
        info = mlflow.xgboost.log_model(
            model, name="model", signature=mlflow.models.infer_signature(data, expected),
            input_example=data[:2], registered_model_name=name, pip_requirements=REQUIREMENTS,
            params={"depth": 2})
    logged = mlflow.get_logged_model(info.model_id)
    assert logged.status == "READY" and logged.source_run_id == run.info.run_id
    assert logged.params == {"depth": "2"}
    outputs = client.get_run(run.info.run_id).outputs.model_outputs
    assert [o.model_id for o in outputs] == [info.model_id]
    client.set_registered_model_alias(name, "champion", 1)
    version = client.get_model_version_by_alias(name, "champion")
    assert version.run_id == run.info.run_id and version.source == f"models:/{info.model_id}"
    for uri in (info.model_uri, f"models:/{name}/1", f"models:/{name}@champion",
                f"models:/{name}/latest", f"runs:/{run.info.run_id}/model"):
        loaded = mlflow.pyfunc.load_model(uri)
        assert (loaded.predict(data) == expected).all(), uri
        assert loaded.metadata.get_input_schema().input_names() == ["a", "b", "c"]


def test_sklearn_model_and_stages(client, experiment, frame):
    data, labels = frame
    name = f"lin-{uuid.uuid4().hex[:8]}"
    versions = []
    for strength in (0.1, 10.0):
        model = sklearn_linear.LogisticRegression(C=strength).fit(data, labels)
        with mlflow.start_run():
            info = mlflow.sklearn.log_model(
                model, name="clf", pip_requirements=REQUIREMENTS,
                serialization_format="cloudpickle",
                signature=mlflow.models.infer_signature(data, labels), input_example=data[:1])
            versions.append(mlflow.register_model(info.model_uri, name, tags={"c": strength}))
    assert [v.version for v in versions] == ["1", "2"]
    client.transition_model_version_stage(name, 1, "Production")
    client.transition_model_version_stage(name, 2, "Production", archive_existing_versions=True)
    assert client.get_model_version(name, 1).current_stage == "Archived"
    latest = client.get_latest_versions(name, ["Production"])
    assert [v.version for v in latest] == ["2"]
    loaded = mlflow.sklearn.load_model(f"models:/{name}/Production")
    assert (loaded.predict(data) == model.predict(data)).all()


def test_registry(client):
    name = f"reg-{uuid.uuid4().hex[:8]}"
    client.create_registered_model(name, tags={"a": "b"}, description="first")
    with pytest.raises(MlflowException) as error:
        client.create_registered_model(name)
    assert code_of(error) == "RESOURCE_ALREADY_EXISTS"
    for i in range(3):
        client.create_model_version(name, f"s3://bucket/{i}", tags={"i": i})
    client.update_model_version(name, 2, "second")
    client.set_model_version_tag(name, 2, "k", "v")
    client.delete_model_version_tag(name, 1, "i")
    client.set_registered_model_tag(name, "c", "d")
    client.update_registered_model(name, "better")
    found = client.search_model_versions(f"name = '{name}'", order_by=["version_number ASC"])
    assert [(v.version, v.tags, v.description) for v in found] == [
        ("1", {}, ""), ("2", {"i": "1", "k": "v"}, "second"), ("3", {"i": "2"}, "")]
    model = client.get_registered_model(name)
    assert model.tags == {"a": "b", "c": "d"} and model.description == "better"
    assert [m.name for m in client.search_registered_models(f"name = '{name}'")] == [name]
    client.set_registered_model_alias(name, "old", "3")
    client.delete_model_version(name, "3")
    with pytest.raises(MlflowException):
        client.get_model_version_by_alias(name, "old")
    assert client.create_model_version(name, "s3://bucket/4").version == "4"
    copied = client.copy_model_version(f"models:/{name}/2", name + "-copy")
    assert copied.source == f"models:/{name}/2"
    client.rename_registered_model(name, name + "-2")
    client.delete_registered_model(name + "-2")
    with pytest.raises(MlflowException) as error:
        client.get_registered_model(name + "-2")
    assert code_of(error) == "RESOURCE_DOES_NOT_EXIST"


def test_local_sources_are_refused(client, tmp_path):
    name = f"local-{uuid.uuid4().hex[:8]}"
    client.create_registered_model(name)
    for source in (str(tmp_path), f"file://{tmp_path}", "mlflow-artifacts:/0/../../etc"):
        with pytest.raises(MlflowException) as error:
            client.create_model_version(name, source)
        assert code_of(error) == "INVALID_PARAMETER_VALUE"


def test_logged_model_search(client, experiment, frame):
    data, labels = frame
    dataset = mlflow.data.from_pandas(data.assign(label=labels), name="train", targets="label")
    ids = []
    for score in (0.5, 0.9):
        with mlflow.start_run() as run:
            model = mlflow.initialize_logged_model(name="m", tags={"s": str(score)})
            mlflow.log_metric("acc", score, model_id=model.model_id, dataset=dataset)
            mlflow.finalize_logged_model(model.model_id, "READY")
            ids.append(model.model_id)
    assert run.info.run_id
    found = mlflow.search_logged_models(
        [experiment.experiment_id], filter_string="metrics.acc > 0.6", output_format="list",
        datasets=[{"dataset_name": "train", "dataset_digest": dataset.digest}])
    assert [m.model_id for m in found] == [ids[1]]
    best = mlflow.search_logged_models(
        [experiment.experiment_id], output_format="list",
        order_by=[{"field_name": "metrics.acc", "ascending": True}])
    assert [m.model_id for m in best] == ids
    assert best[0].metrics[0].dataset_name == "train"
    client.set_logged_model_tags(ids[0], {"x": "y"})
    client.delete_logged_model_tag(ids[0], "s")
    tags = client.get_logged_model(ids[0]).tags
    assert tags["x"] == "y" and "s" not in tags
    client.delete_logged_model(ids[0])
    with pytest.raises(MlflowException):
        client.get_logged_model(ids[0])


def test_dataset_inputs(client, experiment, frame):
    data, labels = frame
    dataset = mlflow.data.from_pandas(data.assign(label=labels), source="s3://b/k",
                                      name="train", targets="label")
    with mlflow.start_run() as run:
        mlflow.log_input(dataset, context="training")
        mlflow.log_input(dataset, context="training")
    inputs = client.get_run(run.info.run_id).inputs.dataset_inputs
    assert [(i.dataset.name, i.dataset.digest) for i in inputs] == [("train", dataset.digest)]
    assert [(t.key, t.value) for t in inputs[0].tags] == [("mlflow.data.context", "training")]
    found = mlflow.search_runs(filter_string="datasets.name = 'train' and "
                               "datasets.context = 'training'", output_format="list")
    assert [r.info.run_id for r in found] == [run.info.run_id]


def test_autolog(client, experiment, frame):
    data, labels = frame
    mlflow.sklearn.autolog(silent=True, log_input_examples=True)
    try:
        with mlflow.start_run() as run:
            sklearn_linear.LogisticRegression(C=2.0).fit(data, labels)
    finally:
        mlflow.sklearn.autolog(disable=True)
    stored = client.get_run(run.info.run_id)
    assert stored.data.params["C"] == "2.0"
    assert stored.data.metrics["training_accuracy_score"] > 0.5
    assert stored.data.tags["estimator_name"] == "LogisticRegression"
    assert stored.inputs.dataset_inputs[0].tags[0].value == "train"
    assert len(stored.outputs.model_outputs) == 1


def test_prompts(client):
    genai = pytest.importorskip("mlflow.genai")
    name = f"prompt-{uuid.uuid4().hex[:8]}"
    try:
        genai.register_prompt(name=name, template="Hello {{who}}", commit_message="one")
    except ImportError:
        pytest.skip("this environment has no genai extras")
    genai.register_prompt(name=name, template="Hi {{who}}")
    genai.set_prompt_alias(name, alias="live", version=1)
    assert genai.load_prompt(f"prompts:/{name}@live").format(who="you") == "Hello you"
    assert genai.load_prompt(f"prompts:/{name}/2").template == "Hi {{who}}"
    assert name not in [m.name for m in client.search_registered_models()]


OLD_CLIENT = """
import mlflow, sys
from mlflow import MlflowClient
from sklearn.linear_model import LogisticRegression
import numpy as np
assert mlflow.__version__.startswith("2."), mlflow.__version__
client = MlflowClient()
mlflow.set_experiment("with the old client")
X = np.random.default_rng(1).random((40, 2)); y = (X[:, 0] > 0.5).astype(int)
model = LogisticRegression().fit(X, y)
with mlflow.start_run(run_name="old") as run:
    mlflow.log_param("a", 1); mlflow.log_metric("m", 0.5, step=3)
    info = mlflow.sklearn.log_model(model, "model", registered_model_name="old",
                                    pip_requirements=["scikit-learn"], input_example=X[:1])
stored = client.get_run(run.info.run_id)
assert stored.data.params == {"a": "1"} and stored.data.metrics == {"m": 0.5}
assert "mlflow.log-model.history" in stored.data.tags
client.set_registered_model_alias("old", "prod", 1)
for uri in (info.model_uri, "models:/old@prod", "models:/old/1"):
    assert (mlflow.pyfunc.load_model(uri).predict(X) == model.predict(X)).all(), uri
assert [m.value for m in client.get_metric_history(run.info.run_id, "m")] == [0.5]
assert len(mlflow.search_runs(filter_string="metrics.m > 0.1")) == 1
print("the old client is content")
"""


def test_old_client(server):
    python = os.environ.get("RONDO_MLFLOW2_PYTHON")
    if not python:
        pytest.skip("RONDO_MLFLOW2_PYTHON is not set")
    env = {**os.environ, "MLFLOW_TRACKING_URI": server.url, "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
    done = subprocess.run([python, "-c", OLD_CLIENT], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "content" in done.stdout, sys.version
