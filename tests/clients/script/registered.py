"""Models: logged, loaded again, registered, staged, named and searched."""

import pathlib
import tempfile

import mlflow
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from tracked import refused

REQUIREMENTS = ["scikit-learn"]  # given, because finding them out takes longer than the rest


def _data():
    random = np.random.default_rng(7)
    frame = pd.DataFrame(random.random((60, 3)), columns=["a", "b", "c"])
    return frame, (frame.a + frame.b > 1).astype(int)


def _log(model, frame, labels, **more):
    return mlflow.sklearn.log_model(
        model, "model", signature=mlflow.models.infer_signature(frame, labels), input_example=frame[:2],
        serialization_format="cloudpickle", pip_requirements=REQUIREMENTS, **more)


class Scaled(mlflow.pyfunc.PythonModel):
    """A model in plain Python, with an artifact of its own."""

    def load_context(self, context):
        with open(context.artifacts["factor"]) as file:
            self.factor = float(file.read())

    def predict(self, context, model_input, params=None):
        return np.asarray(model_input) * self.factor


def models(client):
    frame, labels = _data()
    model = LogisticRegression().fit(frame, labels)
    expected = model.predict(frame)
    with mlflow.start_run() as run:
        info = _log(model, frame, labels, registered_model_name="day-clf")
        with tempfile.TemporaryDirectory() as folder:
            factor = pathlib.Path(folder) / "factor.txt"
            factor.write_text("2.5")
            second = mlflow.pyfunc.log_model("scaled", python_model=Scaled(), artifacts={"factor": str(factor)},
                                             pip_requirements=REQUIREMENTS)
    client.set_registered_model_alias("day-clf", "champion", "1")
    for uri in (info.model_uri, f"runs:/{run.info.run_id}/model", "models:/day-clf/1",
                "models:/day-clf@champion", "models:/day-clf/latest"):
        loaded = mlflow.pyfunc.load_model(uri)
        assert (loaded.predict(frame) == expected).all(), uri
        assert loaded.metadata.get_input_schema().input_names() == ["a", "b", "c"]
    back = mlflow.sklearn.load_model("models:/day-clf@champion")
    assert (back.coef_ == model.coef_).all()
    assert (mlflow.pyfunc.load_model(second.model_uri).predict(np.ones(2)) == 2.5).all()
    example = mlflow.models.Model.load("models:/day-clf/1")
    assert example.signature == info.signature
    files = mlflow.artifacts.list_artifacts(info.model_uri)
    version = client.get_model_version("day-clf", "1")
    assert version.run_id == run.info.run_id and version.status == "READY"
    history = client.get_run(run.info.run_id).data.tags.get("mlflow.log-model.history", "")
    return {"files": sorted(f.path.split("/")[-1] for f in files), "aliases": list(version.aliases),
            "history": history.count("model_uuid"),
            "missing": [refused(mlflow.pyfunc.load_model, "models:/day-clf/9"),
                        refused(mlflow.pyfunc.load_model, "models:/day-clf@nobody")]}


def _version(version):
    return [version.name, str(version.version), version.current_stage, version.description, version.source,
            version.status, sorted(version.aliases), version.tags]


def registry(client):
    client.create_registered_model("day-reg", tags={"a": "b"}, description="first")
    for number in range(4):
        client.create_model_version("day-reg", f"s3://bucket/{number}", tags={"i": str(number)},
                                    description=f"no {number}")
    client.transition_model_version_stage("day-reg", 1, "Staging")
    client.transition_model_version_stage("day-reg", 2, "Production")
    client.transition_model_version_stage("day-reg", 3, "Production", archive_existing_versions=True)
    assert client.get_model_version("day-reg", 2).current_stage == "Archived"
    latest = sorted(v.version for v in client.get_latest_versions("day-reg"))
    production = [v.version for v in client.get_latest_versions("day-reg", stages=["Production"])]
    assert [str(v) for v in production] == ["3"]
    client.set_registered_model_alias("day-reg", "champion", "3")
    client.set_registered_model_alias("day-reg", "challenger", "4")
    client.set_registered_model_alias("day-reg", "champion", "4")  # moves
    client.delete_registered_model_alias("day-reg", "challenger")
    assert client.get_model_version_by_alias("day-reg", "champion").version in ("4", 4)
    client.set_model_version_tag("day-reg", "1", "quality", "good")
    client.delete_model_version_tag("day-reg", "2", "i")
    client.update_model_version("day-reg", "1", "better")
    client.set_registered_model_tag("day-reg", "c", "d")
    client.delete_registered_model_tag("day-reg", "a")
    client.update_registered_model("day-reg", "second")
    found = {text: [str(v.version) for v in client.search_model_versions(
        text, order_by=["version_number ASC"])] for text in
        ("name = 'day-reg'", "name = 'day-reg' and tags.quality = 'good'",
         "source_path = 's3://bucket/2'", "name LIKE 'day-r%' and version_number > 2",
         "name = 'day-reg' and run_id = ''")}
    assert found["name = 'day-reg' and tags.quality = 'good'"] == ["1"]
    models = {text: [m.name for m in client.search_registered_models(filter_string=text)] for text in
              ("name = 'day-reg'", "tags.c = 'd'", "name ILIKE 'DAY-R%'", "tags.c != 'd' and name = 'day-reg'")}
    assert client.get_model_version_download_uri("day-reg", "2") == "s3://bucket/1"
    before = client.get_registered_model("day-reg")
    versions = [_version(client.get_model_version("day-reg", str(n))) for n in range(1, 5)]
    client.delete_model_version("day-reg", "4")
    client.rename_registered_model("day-reg", "day-renamed")
    after = client.get_registered_model("day-renamed")
    codes = [refused(client.get_model_version, "day-renamed", "4"), refused(client.get_registered_model, "day-reg"),
             refused(client.get_model_version_by_alias, "day-renamed", "champion"),
             refused(client.create_registered_model, "day-renamed"), refused(client.create_registered_model, ""),
             refused(client.transition_model_version_stage, "day-renamed", "1", "Nowhere"),
             refused(client.set_registered_model_alias, "day-renamed", "v1", "1"),
             refused(client.search_model_versions, "nothing = 'x'")]
    client.delete_registered_model("day-renamed")
    codes.append(refused(client.get_registered_model, "day-renamed"))
    return {"latest": latest, "found": found, "models": models, "versions": versions, "codes": codes,
            "before": [before.description, before.tags, before.aliases],
            "after": [after.description, after.tags, after.aliases,
                      sorted(str(v.version) for v in after.latest_versions)]}
