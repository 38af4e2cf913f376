"""Artifacts up and down, figures and tables, and datasets."""

import os
import pathlib
import tempfile

import mlflow
import numpy as np
import pandas as pd
from mlflow.entities import DatasetInput, InputTag
from tracked import refused


def _tree(folder):
    """Name and size of each file below a folder."""
    folder = pathlib.Path(folder)
    return sorted([str(p.relative_to(folder)), p.stat().st_size] for p in folder.rglob("*") if p.is_file())


def _listed(client, run_id, path=None):
    told = []
    for entry in client.list_artifacts(run_id, path):
        told.append([entry.path, entry.is_dir, entry.file_size])
        if entry.is_dir:
            told += _listed(client, run_id, entry.path)
    return told


def files(client):
    with tempfile.TemporaryDirectory() as folder:
        given = pathlib.Path(folder) / "given"
        (given / "sub" / "deeper").mkdir(parents=True)
        (given / "empty").touch()
        (given / "na me ü 100%+&.txt").write_text("text")
        (given / "sub" / "big.bin").write_bytes(np.random.default_rng(1).bytes(5 << 20))
        (given / "sub" / "deeper" / "x.txt").write_text("x")
        with mlflow.start_run() as run:
            mlflow.log_artifacts(str(given), "folder")
            mlflow.log_artifact(str(given / "sub" / "deeper" / "x.txt"))
            mlflow.log_artifact(str(given / "sub"), "nested/again")
            mlflow.log_dict({"a": [1, {"b": None}]}, "dict.json")
            mlflow.log_dict({"a": [1, 2]}, "dict.yaml")
            mlflow.log_text("hällo\n", "deep/er/text.txt")
            mlflow.log_text("changed", "deep/er/text.txt")  # the later one counts
        run_id, back = run.info.run_id, pathlib.Path(folder) / "back"
        back.mkdir()
        local = mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="folder", dst_path=str(back))
        assert _tree(local) == _tree(given)
        assert (pathlib.Path(local) / "sub/big.bin").read_bytes() == (given / "sub/big.bin").read_bytes()
        one = client.download_artifacts(run_id, "folder/na me ü 100%+&.txt", str(back))
        assert pathlib.Path(one).read_text() == "text"
        by_uri = mlflow.artifacts.download_artifacts(f"runs:/{run_id}/nested", dst_path=str(back))
        whole = mlflow.artifacts.download_artifacts(run_id=run_id)
        assert mlflow.artifacts.load_dict(f"runs:/{run_id}/dict.json") == {"a": [1, {"b": None}]}
        assert mlflow.artifacts.load_text(f"{run.info.artifact_uri}/dict.yaml") == "a:\n- 1\n- 2\n"
        assert mlflow.artifacts.load_text(f"runs:/{run_id}/deep/er/text.txt") == "changed"
        try:
            mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="nothing here")
            raise AssertionError("what is not there came down")
        except (OSError, mlflow.exceptions.MlflowException):
            pass
        return {"listed": _listed(client, run_id), "nested": _tree(by_uri), "whole": _tree(whole),
                "codes": [refused(client.list_artifacts, run_id, "../other"),
                          refused(client.list_artifacts, "0" * 32)]}


def pictures(client):
    """Figures, images and tables; matplotlib draws without a screen."""
    os.environ["MPLBACKEND"] = "agg"
    from matplotlib import pyplot
    figure, axes = pyplot.subplots()
    axes.plot([1, 2, 3])
    with mlflow.start_run() as run:
        mlflow.log_figure(figure, "plots/line.png")
        mlflow.log_image(np.zeros((8, 9, 3), dtype=np.uint8), "black.png")
        for step in range(2):
            mlflow.log_image(np.full((4, 4, 3), 100 * step, dtype=np.uint8), key="seen", step=step,
                             synchronous=True)
        mlflow.log_table({"x": [1, 2], "y": ["a", "b"]}, "table.json")
        mlflow.log_table(pd.DataFrame({"x": [3], "y": ["c"]}), "table.json")  # appended
    pyplot.close(figure)
    run_id = run.info.run_id
    table = mlflow.load_table("table.json", run_ids=[run_id])
    assert list(table["x"]) == [1, 2, 3] and list(table["y"]) == ["a", "b", "c"]
    image = mlflow.artifacts.load_image(f"runs:/{run_id}/black.png")
    assert image.size == (9, 8)
    plot = pathlib.Path(client.download_artifacts(run_id, "plots/line.png")).read_bytes()
    assert plot.startswith(b"\x89PNG")
    assert len(client.list_artifacts(run_id, "images")) == 4  # each with a small one for pages
    return {"top": [[f.path, f.is_dir] for f in client.list_artifacts(run_id)],
            "images": len(client.list_artifacts(run_id, "images")),
            "tags": sorted(key for key in client.get_run(run_id).data.tags if "log" in key.lower())}


def datasets(client):
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"], "label": [0, 1]})
    train = mlflow.data.from_pandas(frame, source="s3://bucket/train", name="train", targets="label")
    test = mlflow.data.from_numpy(np.arange(6).reshape(3, 2), source="s3://bucket/test", name="test")
    with mlflow.start_run() as run:
        mlflow.log_input(train, context="training", tags={"fold": "1"})
        mlflow.log_input(train, context="training")  # the same again
        mlflow.log_input(test, context="testing")
    client.log_inputs(run.info.run_id, [DatasetInput(train._to_mlflow_entity(),
                                                     [InputTag("mlflow.data.context", "again")])])
    inputs = client.get_run(run.info.run_id).inputs.dataset_inputs
    told = sorted([i.dataset.name, i.dataset.digest, i.dataset.source_type, i.dataset.source, i.dataset.schema,
                   i.dataset.profile, sorted([t.key, t.value] for t in i.tags)] for i in inputs)
    assert [(one[0], one[1]) for one in told] == [("test", test.digest), ("train", train.digest)]
    source = mlflow.data.get_source(next(i for i in inputs if i.dataset.name == "train"))
    assert source.uri == "s3://bucket/train"
    found = {text: len(mlflow.search_runs(filter_string=text)) for text in
             ("datasets.name = 'train'", "dataset.context = 'testing'", "datasets.name LIKE 't%'",
              f"dataset.digest = '{train.digest}'", "datasets.name = 'other'")}
    assert list(found.values()) == [1, 1, 1, 1, 0]
    return {"inputs": told, "found": found}
