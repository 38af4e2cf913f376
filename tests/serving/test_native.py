"""XGBoost models logged by MLflow's own client and served without Python, in every form of a
request: the answers are the booster's own, to the last bit of their float32."""

import json

import numpy
import pytest
import xgboost
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema
from serving import serve

NAMES = ["a", "b", "colour", "n"]
TYPES = ["q", "q", "c", "int"]
COLOURS = 9  # categories, as their codes


def matrix(rows, **more):
    return xgboost.DMatrix(rows, feature_names=NAMES, feature_types=TYPES, enable_categorical=True,
                           **more)


def make_rows(count, seed):
    draw = numpy.random.default_rng(seed)
    rows = draw.normal(size=(count, 4))
    rows[:, 2] = draw.integers(0, COLOURS, count)
    rows[:, 3] = draw.integers(-5, 6, count)
    for column in (0, 1):
        rows[draw.random(count) < 0.2, column] = numpy.nan
    return rows


def trained(objective, classes=None):
    rows = make_rows(600, 1)
    score = numpy.nan_to_num(rows[:, 0]) + rows[:, 2] % 3 - rows[:, 3] / 5
    label = numpy.digitize(score, [0.3, 1.5]) if classes else score > 1
    return xgboost.train({"objective": objective, "max_depth": 4, "max_cat_to_onehot": 2, "seed": 1,
                          **({"num_class": classes} if classes else {})},
                         matrix(rows, label=label), 15)


def served(client, http, name, booster):
    signature = ModelSignature(Schema([ColSpec("double", "a"), ColSpec("double", "b"),
                                       ColSpec("long", "colour"), ColSpec("long", "n")]))
    with client.start_run():
        client.xgboost.log_model(booster, name="model", signature=signature,
                                 registered_model_name=name, pip_requirements=["xgboost"])
    client.MlflowClient().set_registered_model_alias(name, "champion", "1")
    assert serve(http, name, name) == "native trees"


@pytest.fixture(scope="module")
def binary(client, http):
    booster = trained("binary:logistic")
    splits = [t["split_type"] for t in json.loads(booster.save_raw("json"))["learner"][
        "gradient_booster"]["model"]["trees"]]
    assert any(1 in split for split in splits), "no split on categories: the test would prove less"
    served(client, http, "binary", booster)
    return booster


ROWS = make_rows(40, 2)


def nothing_for_nan(value):
    return None if value != value else value


def cells(rows):
    return [[nothing_for_nan(a), nothing_for_nan(b), int(c), int(n)] for a, b, c, n in rows.tolist()]


def records(rows):
    return [dict(zip(NAMES, row)) for row in cells(rows)]


def columns(rows):
    return {name: list(column) for name, column in zip(NAMES, zip(*cells(rows)))}


def csv(rows):
    lines = [",".join("" if v is None else repr(v) for v in row) for row in cells(rows)]
    return "\n".join([",".join(NAMES), *lines]).encode()


INVOCATIONS = {
    "split": {"dataframe_split": {"columns": NAMES, "data": cells(ROWS)}},
    "split, other order": {"dataframe_split": {"columns": NAMES[::-1],
                                               "data": [row[::-1] for row in cells(ROWS)]}},
    "split, with an index": {"dataframe_split": {"index": list(range(40)), "columns": NAMES,
                                                 "data": cells(ROWS)}},
    "records": {"dataframe_records": records(ROWS)},
    "instances of lists": {"instances": cells(ROWS)},
    "instances of objects": {"instances": records(ROWS)},
    "inputs of columns": {"inputs": columns(ROWS)},
    "inputs of lists": {"inputs": cells(ROWS)},
}


def same(found, wanted):
    """The very floats, each shown as the double that it is."""
    assert found == wanted.astype(float).tolist()


@pytest.mark.parametrize("form", INVOCATIONS)
def test_scoring_json(binary, http, form):
    answer = http.predict("binary", INVOCATIONS[form])
    assert answer.status == 200, answer
    same(answer.json["predictions"], binary.predict(matrix(ROWS)))
    assert len(set(answer.json["prediction_ids"])) == len(ROWS)
    assert answer.headers["x-rondo-model-version"] == "1"


def test_csv(binary, http):
    answer = http.send("POST", "/endpoints/binary/invocations", raw=csv(ROWS),
                       content_type="text/csv; charset=utf-8")
    assert answer.status == 200, answer
    same(answer.json["predictions"], binary.predict(matrix(ROWS)))


def test_missing_is_not_zero(binary, http):
    """Missing goes its own way through the trees."""
    rows = make_rows(200, 3)
    rows[:, 0] = numpy.nan
    zeros = rows.copy()
    zeros[:, 0] = 0
    expected = binary.predict(matrix(rows))
    assert (expected != binary.predict(matrix(zeros))).any()
    same(http.predict("binary", {"instances": cells(rows)}).json["predictions"], expected)


def test_unseen_categories(binary, http):
    rows = make_rows(COLOURS + 3, 4)
    rows[:, 2] = range(COLOURS + 3)
    same(http.predict("binary", {"instances": cells(rows)}).json["predictions"],
         binary.predict(matrix(rows)))


def tensor(name, datatype, values):
    return {"name": name, "datatype": datatype, "shape": [len(values)], "data": values}


def columns_as_tensors():
    by_name = columns(ROWS)
    return [tensor(name, "INT64" if name in ("colour", "n") else "FP64", by_name[name])
            for name in NAMES]


def rows_as_one_tensor():
    return [{"name": "rows", "datatype": "FP64", "shape": [len(ROWS), 4],
             "data": [value for row in cells(ROWS) for value in row]}]


@pytest.mark.parametrize("inputs", [columns_as_tensors, rows_as_one_tensor])
@pytest.mark.parametrize("version", ["", "/versions/1"])
def test_open_inference(binary, http, inputs, version):
    answer = http.call("POST", f"/v2/models/binary{version}/infer",
                       {"id": "forty-two", "inputs": inputs(), "outputs": [{"name": "predictions"}]})
    assert (answer["model_name"], answer["model_version"], answer["id"]) == (
        "binary", "1", "forty-two")
    output, = answer["outputs"]
    assert (output["name"], output["datatype"], output["shape"]) == ("predictions", "FP32", [40])
    same(output["data"], binary.predict(matrix(ROWS)))
    assert len(answer["parameters"]["prediction_ids"]) == 40


def test_open_inference_describes_itself(binary, http):
    assert http.call("GET", "/v2")["name"] == "rondo"
    assert http.call("GET", "/v2/health/live")["live"] is True
    assert http.call("GET", "/v2/health/ready")["ready"] is True
    assert http.call("GET", "/v2/models/binary/ready")["ready"] is True
    model = http.call("GET", "/v2/models/binary")
    assert (model["name"], model["versions"]) == ("binary", ["1"])
    assert [(i["name"], i["datatype"], i["shape"]) for i in model["inputs"]] == [
        ("a", "FP64", [-1]), ("b", "FP64", [-1]), ("colour", "INT64", [-1]), ("n", "INT64", [-1])]
    assert model["outputs"] == [{"name": "predictions", "datatype": "FP32", "shape": [-1]}]


def test_several_classes(client, http):
    booster = trained("multi:softprob", 3)
    served(client, http, "classes", booster)
    expected = booster.predict(matrix(ROWS))
    same(http.predict("classes", {"instances": cells(ROWS)}).json["predictions"], expected)
    output, = http.call("POST", "/v2/models/classes/infer",
                        {"inputs": columns_as_tensors()})["outputs"]
    assert output["shape"] == [40, 3]
    same(output["data"], expected.reshape(-1))
    assert http.call("GET", "/v2/models/classes")["outputs"][0]["shape"] == [-1, 3]
