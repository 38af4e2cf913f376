"""Experiments, runs, what is logged to them, and finding them again."""

import concurrent.futures
import math
import multiprocessing
import time

import mlflow
import requests
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException

OF_THE_CLIENT = ("mlflow.user", "mlflow.source.name", "mlflow.source.type", "mlflow.source.git.commit",
                 "mlflow.parentRunId")


def refused(call, *arguments, **named):
    """The code of the error that a call ends with; calls for artifacts hand up the status."""
    try:
        call(*arguments, **named)
    except MlflowException as error:
        return error.error_code
    except requests.HTTPError as error:
        return f"HTTP {error.args[0].split()[0]}"
    raise AssertionError(f"{call.__name__}{arguments} was not refused")


def everything(run):
    """All that a run says, but for ids, times and what the client adds of its own."""
    return {"name": run.info.run_name, "status": run.info.status, "stage": run.info.lifecycle_stage,
            "ended": run.info.end_time is not None, "params": run.data.params,
            "metrics": {key: repr(value) for key, value in run.data.metrics.items()},
            "tags": {key: value for key, value in run.data.tags.items() if key not in OF_THE_CLIENT}}


def experiments(client):
    made = client.create_experiment("one of mine", tags={"team": "blue", "empty": ""})
    got = client.get_experiment(made)
    assert (got.name, got.lifecycle_stage, got.tags) == ("one of mine", "active", {"team": "blue", "empty": ""})
    assert got.creation_time <= got.last_update_time
    assert client.get_experiment_by_name("one of mine").experiment_id == made
    assert client.get_experiment_by_name("none of mine") is None
    client.set_experiment_tag(made, "team", "red")
    client.rename_experiment(made, "renamed")
    again = mlflow.set_experiment("renamed")
    assert again.experiment_id == made
    codes = [refused(client.create_experiment, "renamed"), refused(client.get_experiment, "987654321"),
             refused(client.create_experiment, ""), refused(client.rename_experiment, "0123", "x")]
    return {"tags": client.get_experiment(made).tags, "codes": codes,
            "found": [e.name for e in client.search_experiments(filter_string="tags.team = 'red'")],
            "like": [e.name for e in client.search_experiments(filter_string="name ILIKE 'REN%'",
                                                               order_by=["name ASC"])]}


def runs(client):
    with mlflow.start_run(run_name="outer", tags={"kind": "demo"}, description="of a day") as outer:
        mlflow.log_param("lr", 0.1)
        mlflow.log_params({"depth": 3, "none": None, "text": "ä\n€"})
        for step in range(5):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_metrics({"acc": 0.25, "nan": math.nan, "inf": math.inf, "tiny": 5e-324}, step=2)
        mlflow.log_metric("later", 7.0, synchronous=False).wait()
        mlflow.set_tag("note", "first")
        mlflow.set_tags({"note": "second", "number": 5})
        for name in ("a", "b"):
            with mlflow.start_run(run_name=f"inner {name}", nested=True):
                mlflow.log_metric("m", ord(name))
                with mlflow.start_run(run_name=f"innermost {name}", nested=True):
                    mlflow.log_param("at", name)
        mlflow.delete_tag("kind")
    stored = client.get_run(outer.info.run_id)
    assert stored.data.params == {"lr": "0.1", "depth": "3", "none": "None", "text": "ä\n€"}
    assert stored.data.metrics["acc"] == 0.25 and stored.data.metrics["loss"] == 0.2
    assert stored.data.metrics["tiny"] == 5e-324 and math.isnan(stored.data.metrics["nan"])
    assert stored.data.tags["note"] == "second" and "kind" not in stored.data.tags
    assert stored.info.end_time >= stored.info.start_time
    history = [(m.step, m.value) for m in client.get_metric_history(outer.info.run_id, "loss")]
    assert history == [(step, 1 / (step + 1)) for step in range(5)]
    children = mlflow.search_runs(filter_string=f"tags.`mlflow.parentRunId` = '{outer.info.run_id}'",
                                  order_by=["attributes.run_name"], output_format="list")
    grand = [client.get_parent_run(run.info.run_id).info.run_name for run in mlflow.search_runs(
        filter_string="attributes.run_name LIKE 'innermost%'", order_by=["params.at"], output_format="list")]
    try:
        with mlflow.start_run(run_name="breaks") as broken:
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    with mlflow.start_run(run_id=outer.info.run_id):  # taken up again
        mlflow.log_param("afterwards", "yes")
    codes = [refused(client.log_param, outer.info.run_id, "lr", 0.2), refused(client.get_run, "0" * 32),
             refused(client.log_metric, outer.info.run_id, "", 1.0),
             refused(client.set_tag, outer.info.run_id, "x" * 300, "y"),
             refused(client.delete_tag, outer.info.run_id, "nothing")]
    client.update_run(broken.info.run_id, status="KILLED", name="broken by hand")
    return {"outer": everything(client.get_run(outer.info.run_id)), "history": history,
            "children": [everything(run) for run in children], "grand": grand, "codes": codes,
            "broken": everything(client.get_run(broken.info.run_id))}


def _process(url, experiment, parent, number):
    mlflow.set_tracking_uri(url)
    mlflow.set_experiment(experiment_id=experiment)
    with mlflow.start_run(run_name=f"process {number}", parent_run_id=parent) as run:
        for step in range(20):
            mlflow.log_metric("m", number + step / 100, step=step)
    return run.info.run_id


def parallel(client):
    """Eight threads on one run, runs of four threads, and two processes below a parent."""
    with mlflow.start_run(run_name="parent") as parent:
        url, experiment = mlflow.get_tracking_uri(), parent.info.experiment_id

        def shared(number):
            for step in range(20):
                client.log_metric(parent.info.run_id, f"thread {number}", step, step=step)
            client.log_batch(parent.info.run_id, params=[Param(f"p{number}", str(number))],
                             tags=[RunTag("last", str(number))])

        def own(number):
            with mlflow.start_run(run_name=f"thread {number}", nested=True) as run:
                mlflow.log_params({"number": number})
                mlflow.log_metric("m", number)
            return run.info.run_id

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(shared, range(8)))
            of_threads = list(pool.map(own, range(4)))
        spawn = multiprocessing.get_context("spawn")
        with concurrent.futures.ProcessPoolExecutor(2, mp_context=spawn) as pool:
            of_processes = list(pool.map(_process, *zip(*((url, experiment, parent.info.run_id, n)
                                                          for n in range(2)))))
    stored = client.get_run(parent.info.run_id)
    assert stored.data.params == {f"p{n}": str(n) for n in range(8)}
    for number in range(8):
        history = client.get_metric_history(parent.info.run_id, f"thread {number}")
        assert sorted((m.step, m.value) for m in history) == [(n, float(n)) for n in range(20)]
    for number, run_id in enumerate(of_processes):
        history = client.get_metric_history(run_id, "m")
        assert [m.value for m in history] == [number + step / 100 for step in range(20)]
        assert client.get_parent_run(run_id).info.run_id == parent.info.run_id
    return {"threads": [everything(client.get_run(run_id)) for run_id in of_threads],
            "processes": [everything(client.get_run(run_id)) for run_id in of_processes]}


def batches(client):
    """As much as one request may hold, and what is too much."""
    experiment = client.get_experiment_by_name("day of batches").experiment_id
    run_id = client.create_run(experiment, start_time=1, run_name="batch").info.run_id
    points = [Metric("m", i / 2, timestamp=1000 + i, step=i) for i in range(2500)]
    for begin in range(0, len(points), 1000):
        client.log_batch(run_id, points[begin:begin + 1000])
    client.log_batch(run_id, params=[Param(f"p{i:03}", "x" * i) for i in range(100)],
                     tags=[RunTag(f"t{i:03}", "y" * i) for i in range(100)])
    client.log_batch(run_id, params=[Param("p001", "x")])  # the same again is no change
    history = client.get_metric_history(run_id, "m")
    assert [(m.step, m.timestamp, m.value) for m in history] == [(p.step, p.timestamp, p.value) for p in points]
    stored = client.get_run(run_id)
    assert stored.data.metrics == {"m": 1249.5} and len(stored.data.params) == 100
    codes = [refused(client.log_batch, run_id, params=[Param("p001", "other")]),
             refused(client.log_batch, run_id, params=[Param("twice", "1"), Param("twice", "2")]),
             refused(client.log_param, run_id, "x" * 251, "y")]
    assert "twice" not in client.get_run(run_id).data.params
    client.set_terminated(run_id, "FAILED", end_time=5)
    info = client.get_run(run_id).info
    return {"codes": codes, "info": [info.status, info.start_time, info.end_time]}


def _frame(frame):
    """A frame's columns and values without ids, times and what the client adds."""
    left_out = ("run_id", "experiment_id", "artifact_uri", "start_time", "end_time",
                *(f"tags.{name}" for name in OF_THE_CLIENT))
    columns = sorted(c for c in frame.columns if c not in left_out)
    return {column: [None if value != value else value for value in frame[column]] for column in columns}


def search(client):
    for number in range(12):
        with mlflow.start_run(run_name=f"run {number:02}", tags={"even": str(number % 2 == 0)}):
            mlflow.log_param("group", "abc"[number % 3])
            mlflow.log_metric("score", number / 10)
            if number % 4 == 0:
                mlflow.log_metric("rare", -number)
    frame = mlflow.search_runs(order_by=["metrics.score DESC"])
    assert list(frame["metrics.score"]) == [n / 10 for n in range(11, -1, -1)]
    assert str(frame["start_time"].dtype).startswith("datetime64[") and frame["status"].eq("FINISHED").all()
    filters = ["metrics.score >= 0.5 and params.group = 'a'", "params.group != 'b' and tags.even = 'True'",
               "attributes.run_name LIKE 'run 0%' and metrics.rare < 0", "params.group IN ('a', 'c')",
               "attributes.run_name ILIKE 'RUN 1_'", "metrics.score BETWEEN 0.2 AND 0.4",
               "params.absent IS NULL and metrics.rare = -4.0", "status = 'RUNNING'",
               "metrics.score > 0.3 OR params.group = 'a'", "metrics.score >"]
    found = {}
    for text in filters:
        try:
            found[text] = list(mlflow.search_runs(filter_string=text, order_by=["attributes.run_name"])
                               .get("tags.mlflow.runName", []))
        except MlflowException as error:
            found[text] = error.error_code
    assert found[filters[0]] == ["run 06", "run 09"] and found[filters[2]] == ["run 04", "run 08"]
    by_rare = mlflow.search_runs(order_by=["metrics.rare ASC", "attributes.run_name DESC"])
    named = mlflow.search_runs(experiment_names=["day of search"], max_results=2, order_by=["run_name"])
    return {"frame": _frame(frame), "found": found, "rare": list(by_rare["tags.mlflow.runName"]),
            "named": _frame(named), "none": len(mlflow.search_runs(filter_string="params.group = 'z'"))}


def _all_pages(call, **arguments):
    """The names of each page until there is no token."""
    pages, token = [], None
    while True:
        page = call(page_token=token, **arguments)
        pages.append([getattr(item, "name", None) or item.info.run_name for item in page])
        token = page.token
        if not token:
            return pages


def pages(client):
    experiment = client.get_experiment_by_name("day of pages").experiment_id
    for number in range(11):
        client.create_experiment(f"page {number:02}", tags={"paged": "yes"})
        client.create_registered_model(f"paged-{number:02}")
        client.create_run(experiment, start_time=100 + number, run_name=f"run {number:02}")
    for number in range(7):
        client.create_model_version("paged-00", f"s3://bucket/{number}")
    told = {
        "runs": _all_pages(client.search_runs, experiment_ids=[experiment], max_results=4),
        "experiments": _all_pages(client.search_experiments, filter_string="tags.paged = 'yes'",
                                  order_by=["name DESC"], max_results=5),
        "models": _all_pages(client.search_registered_models, filter_string="name LIKE 'paged-%'",
                             max_results=3),
        "versions": [len(page) for page in _all_pages(client.search_model_versions, max_results=3,
                                                      filter_string="name = 'paged-00'")]}
    assert sum(told["runs"], []) == [f"run {n:02}" for n in range(10, -1, -1)]
    assert [len(page) for page in told["models"]] == [3, 3, 3, 2] and sum(told["versions"]) == 7
    told["codes"] = [refused(client.search_runs, [experiment], max_results=60000),
                     refused(client.search_runs, [experiment], page_token="not a token")]
    return told


def life(client):
    """Deleting and restoring, and what may be done meanwhile."""
    experiment = client.create_experiment("short of life")
    keep, drop = (client.create_run(experiment, run_name=name).info.run_id for name in ("keep", "drop"))
    client.log_param(drop, "p", 1)
    client.delete_run(drop)

    def names(view):
        return sorted(run.info.run_name for run in client.search_runs([experiment], run_view_type=view))

    seen = [names(view) for view in (ViewType.ACTIVE_ONLY, ViewType.DELETED_ONLY, ViewType.ALL)]
    assert seen == [["keep"], ["drop"], ["drop", "keep"]]
    codes = [refused(client.log_metric, drop, "m", 1.0), refused(client.set_tag, drop, "t", "v")]
    client.restore_run(drop)
    assert client.get_run(drop).data.params == {"p": "1"}
    client.delete_experiment(experiment)
    after = [client.get_experiment(experiment).lifecycle_stage, client.get_run(keep).info.lifecycle_stage]
    codes += [refused(client.create_run, experiment), refused(mlflow.set_experiment, "short of life"),
              refused(client.create_experiment, "short of life")]
    client.restore_experiment(experiment)
    after += [client.get_experiment(experiment).lifecycle_stage, client.get_run(keep).info.lifecycle_stage]
    return {"seen": seen, "codes": codes, "after": after}


def system(client):
    """What the client measures of its machine beside a run."""
    mlflow.set_system_metrics_sampling_interval(0.1)
    mlflow.set_system_metrics_samples_before_logging(1)
    with mlflow.start_run(log_system_metrics=True) as run:
        time.sleep(1.5)
    metrics = client.get_run(run.info.run_id).data.metrics
    for name in ("cpu_utilization_percentage", "system_memory_usage_megabytes", "disk_usage_percentage"):
        assert metrics[f"system/{name}"] >= 0
        assert client.get_metric_history(run.info.run_id, f"system/{name}")
    return sorted(name for name in metrics if "gpu" not in name)
