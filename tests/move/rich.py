"""A store of MLflow's with something of everything, and all of a store as the client reads it."""

import json
import math
import pathlib

from mlflow import MlflowClient
from mlflow.entities import (Dataset, DatasetInput, InputTag, LoggedModelInput, LoggedModelOutput,
                             LoggedModelParameter, LoggedModelStatus, LoggedModelTag, Metric, Param,
                             RunTag, ViewType)

FILES = {"note.txt": b"hello\n", "empty": b"", "deep/er/äö x.bin":
         bytes(range(256)) * 4000, "deep/same.txt": b"hello\n"}


def client_of(uri):
    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def write(client, folder, tmp):
    """Fills a store; `folder` is where its artifacts go. `tmp` holds the files on their way."""
    files = pathlib.Path(tmp) / "files"
    for name, content in FILES.items():
        (files / name).parent.mkdir(parents=True, exist_ok=True)
        (files / name).write_bytes(content)
    plain = client.create_experiment("Vergleich – 実験 #1", artifact_location=f"{folder}/plain",
                                     tags={"team": "a\nb", "empty": ""})
    gone = client.create_experiment("gone", artifact_location=f"{folder}/gone")
    far = client.create_experiment("far away", artifact_location="s3://bucket/mlflow")
    for experiment in ("0", plain, gone, far):
        runs(client, experiment, files if experiment == plain else None)
    models(client, plain, files)
    client.delete_experiment(gone)
    client.rename_experiment(far, "farther away")


def runs(client, experiment, files):
    first = client.create_run(experiment, run_name="the first", start_time=1_700_000_000_123,
                              tags={"mlflow.user": "somebody", "note": "line\nline ünï"})
    run = first.info.run_id
    client.log_batch(run, params=[Param("lr", "0.1"), Param("empty/value", ""), Param("e", "12e4"),
                                  Param("long", "x" * 6000)],
                     tags=[RunTag("mlflow.source.name", "train.py"), RunTag("a.b/c d", "1")])
    points = [Metric("loss", 1 / (step + 1), 1_700_000_000_000 + step, step) for step in range(-3, 40)
              if step != -1]
    points += [Metric("loss", 0.25, 1_700_000_000_900, 5), Metric("odd/nan", math.nan, 5, 1),
               Metric("odd/nan", 1.0, 4, 0), Metric("odd/inf", math.inf, 5, 1),
               Metric("odd/minus", -math.inf, 5, 1), Metric("zero", 0.0, 0, 0), Metric("tiny", 5e-324, 1, 0),
               Metric("big", 1.7976931348623157e308, 2**41, 2**40)]
    client.log_batch(run, metrics=points)
    client.log_inputs(run, datasets=[
        DatasetInput(Dataset(f"rows {i}", f"1234e5{i}", "local", json.dumps({"uri": "/x"}),
                             schema=json.dumps({"columns": [i]}) if i else None,
                             profile="multi\nline: {}" if i else None),
                     [InputTag("mlflow.data.context", "training" if i else "eval")]) for i in range(2)])
    if files:
        client.log_artifacts(run, str(files))
        client.log_artifact(run, str(files / "note.txt"), "again")
    client.set_terminated(run, "FINISHED", 1_700_000_100_000)
    for status in ("FAILED", "KILLED"):
        other = client.create_run(experiment, tags={"mlflow.parentRunId": run}).info.run_id
        client.log_metric(other, "loss", 2.5, timestamp=7, step=0)
        client.set_terminated(other, status)
    client.create_run(experiment, run_name="still running")
    deleted = client.create_run(experiment, run_name="deleted")
    client.log_param(deleted.info.run_id, "p", "1")
    client.delete_run(deleted.info.run_id)


def models(client, experiment, files):
    run = client.create_run(experiment, run_name="makes models").info.run_id
    model = client.create_logged_model(
        experiment, name="forest", source_run_id=run, model_type="agent",
        tags={"k": "v\nw"}, params={"depth": "3", "long": "y" * 400})
    client.log_metric(run, "auc", 0.5, timestamp=1, step=1, model_id=model.model_id)
    client.log_metric(run, "auc", 0.75, timestamp=2, step=1, model_id=model.model_id)
    client.log_model_artifacts(model.model_id, str(files))
    client.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
    failed = client.create_logged_model(experiment, name="failed", source_run_id=run)
    client.finalize_logged_model(failed.model_id, LoggedModelStatus.FAILED)
    dropped = client.create_logged_model(experiment, name="dropped")
    client.delete_logged_model(dropped.model_id)
    client.log_outputs(run, [LoggedModelOutput(model.model_id, 3), LoggedModelOutput(failed.model_id, 4)])
    client.log_inputs(run, models=[LoggedModelInput(model.model_id)])
    client.set_terminated(run)
    logged = client.get_logged_model(model.model_id)

    client.create_registered_model("churn", tags={"owner": "x"}, description="who leaves\nand why")
    client.create_registered_model("no versions")
    for number in range(4):
        client.create_model_version("churn", logged.artifact_location, run_id=run,
                                    tags={"n": str(number)}, description=f"version {number}" if number else None)
    client.transition_model_version_stage("churn", "1", "Archived")
    client.transition_model_version_stage("churn", "2", "Production")
    client.delete_model_version("churn", "4")
    client.set_registered_model_alias("churn", "champion", "2")
    client.set_registered_model_alias("churn", "challenger", "3")
    client.register_prompt("greeting", "Hello {{name}}", commit_message="the first", tags={"k": "v"})


# What only a managed service has, and what REST has no word for.
UNSAID = {"deployment_job_id", "deployment_job_state"}


def plain(value):
    """Entities as dictionaries and lists, in an order of their own; numbers that JSON lacks as text,
    and nothing as '', because over REST the two are one."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "" if value is None else str(value)
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in sorted(value.items()) if k not in UNSAID} or ""
    if isinstance(value, (list, tuple, set)) or (hasattr(value, "__len__") and not isinstance(value, str)):
        return sorted((plain(v) for v in value), key=lambda v: json.dumps(v, sort_keys=True)) or ""
    if hasattr(value, "to_dictionary"):
        return plain(value.to_dictionary())
    if isinstance(value, (str, int, float)):
        return value
    as_dict = dict(value)
    if "version" in as_dict:  # a number in a database, text on the wire
        as_dict["version"] = str(as_dict["version"])
    if "aliases" in as_dict and isinstance(as_dict["aliases"], dict):
        as_dict["aliases"] = {alias: str(version) for alias, version in as_dict["aliases"].items()}
    return plain(as_dict)


def files_below(client, run_id, path=None):
    found = {}
    for each in client.list_artifacts(run_id, path):
        if each.is_dir:
            found.update(files_below(client, run_id, each.path))
        else:
            found[each.path] = each.file_size or 0  # MLflow's server leaves a zero out
    return found


def whole(client, artifacts=True):
    """Everything that a client reads from a store."""
    experiments = client.search_experiments(view_type=ViewType.ALL)
    ids = [e.experiment_id for e in experiments]
    found = client.search_runs(ids, run_view_type=ViewType.ALL, max_results=1000)
    registry = client._get_registry_client()  # the client hides what are prompts, this one does not
    prompt = "tags.`mlflow.prompt.is_prompt` = 'true'"
    models = [*registry.search_registered_models(), *registry.search_registered_models(prompt)]
    versions = [*registry.search_model_versions(), *registry.search_model_versions(prompt)]
    everything = {
        "experiments": {e.experiment_id: e for e in experiments},
        "runs": {r.info.run_id: client.get_run(r.info.run_id) for r in found},
        "searched": {r.info.run_id: [r.info, r.data] for r in found},
        "history": {f"{r.info.run_id} {key}": client.get_metric_history(r.info.run_id, key)
                    for r in found for key in r.data.metrics},
        "logged": {m.model_id: m for m in client.search_logged_models(ids)},
        "models": {m.name: registry.get_registered_model(m.name) for m in models},
        "versions": {f"{v.name} {v.version}": registry.get_model_version(v.name, v.version)
                     for v in versions},
        "aliases": {f"{m.name} {alias}": str(client.get_model_version_by_alias(m.name, alias).version)
                    for m in models for alias in m.aliases if m.name == "churn"},
    }
    for model in everything["models"].values():  # MLflow's database tells them of single versions only
        for version in model.latest_versions:
            version._aliases = []
    if artifacts:
        everything["files"] = {r.info.run_id: files_below(client, r.info.run_id) for r in found
                               if not r.info.artifact_uri.startswith("s3:")}
    return plain(everything)


def check_files(client, expected):
    """The bytes themselves, of the run and of the model that have some."""
    run_id = next(run for run, files in expected["files"].items() if files)
    folder = pathlib.Path(client.download_artifacts(run_id, ""))
    found = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    assert found == {**FILES, "again/note.txt": b"hello\n"}
    model = next(m for m in expected["logged"].values() if m["name"] == "forest")
    listed = client.list_logged_model_artifacts(model["model_id"])
    assert {each.path for each in listed} == {"note.txt", "empty", "deep"}


def moved(everything, client):
    """What a store holds as it should read after its local artifacts have come to Rondo, which keeps
    of the metrics of a logged model the latest."""
    text = json.dumps(everything)
    for e in client.search_experiments(view_type=ViewType.ALL):
        if not e.artifact_location.startswith("s3:"):
            for form in (e.artifact_location, e.artifact_location.removeprefix("file://")):
                text = text.replace(json.dumps(form)[1:-1] + "/", f"mlflow-artifacts:/{e.experiment_id}/")
                text = text.replace(json.dumps(form), f'"mlflow-artifacts:/{e.experiment_id}"')
    out = json.loads(text)
    for model in out["logged"].values():
        latest = {}
        for m in sorted(model["metrics"] or [], key=lambda m: (m["step"], m["timestamp"], m["value"])):
            latest[m["key"], m["dataset_name"], m["dataset_digest"], m["run_id"]] = m
        model["metrics"] = list(latest.values())
    return plain(out)


def as_in_a_database(everything):
    """What is read from a folder of files as a database of MLflow's would have it: the largest number
    for infinity, and no run in the points of a history."""
    most = {"inf": 1.7976931348623157e308, "-inf": -1.7976931348623157e308}

    def finite(value):
        if isinstance(value, dict):
            return {k: finite(v) for k, v in value.items()}
        if isinstance(value, list):
            return [finite(v) for v in value]
        return most.get(value, value) if isinstance(value, str) else value

    out = finite(everything)
    for points in out["history"].values():
        for point in points:
            point["run_id"] = ""
    return plain(out)


def differences(a, b, path=""):
    """Where two plain values differ, in words."""
    if isinstance(a, dict) and isinstance(b, dict):
        return [d for key in sorted({*a, *b}) for d in
                (differences(a[key], b[key], f"{path}/{key}") if key in a and key in b
                 else [f"{path}/{key}: only in the {'first' if key in a else 'second'}"])]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return [d for i, (x, y) in enumerate(zip(a, b)) for d in differences(x, y, f"{path}/{i}")]
    return [] if a == b else [f"{path}: {str(a)[:300]!r} <> {str(b)[:300]!r}"]
