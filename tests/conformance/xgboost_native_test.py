"""The native XGBoost evaluator against the original: random models of every kind that it
evaluates, saved by xgboost, have to give the same float32 bits for the same rows.

Needs xgboost 3.2 (xgboost-cpu) and numpy, and RONDO_BUILD: the folder that holds predict_trees.
"""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # small models on busy machines
xgb = pytest.importorskip("xgboost")
if not xgb.__version__.startswith("3.2."):
    pytest.skip("the answers of xgboost 3.2 are the measure", allow_module_level=True)

BUILD = Path(os.environ.get("RONDO_BUILD", "build/release"))
TRAINING_ROWS = 300
FEATURES = 7
CATEGORIES = {5: 6, 6: 200}  # how many, of the features that have some


def run(model_path: Path, rows: np.ndarray, margin: bool) -> subprocess.CompletedProcess:
    rows.astype(np.float32).tofile(model_path.with_suffix(".rows"))
    command = [BUILD / "predict_trees", model_path, model_path.with_suffix(".rows"),
               model_path.with_suffix(".out")]
    return subprocess.run(command + ["margin"] * margin, capture_output=True, text=True)


def assert_same(model_path: Path, rows: np.ndarray, expected: np.ndarray, margin: bool):
    done = run(model_path, rows, margin)
    assert done.returncode == 0, done.stderr
    ours = np.fromfile(model_path.with_suffix(".out"), np.float32)
    theirs = np.ascontiguousarray(expected, np.float32).ravel()
    assert ours.shape == theirs.shape
    # NaN is NaN, whatever its bits.
    same = (ours.view(np.uint32) == theirs.view(np.uint32)) | (np.isnan(ours) & np.isnan(theirs))
    bad = ~same
    assert same.all(), f"{bad.sum()} of {same.size} differ: {ours[bad][:3]}, {theirs[bad][:3]}"


def with_categories(rows, labels):
    types = ["c" if i in CATEGORIES else "q" for i in range(FEATURES)]
    return xgb.DMatrix(rows, labels, feature_types=types, enable_categorical=True)


def training_data(random, missing=0.1):
    rows = random.normal(size=(TRAINING_ROWS, FEATURES))
    for feature, count in CATEGORIES.items():
        rows[:, feature] = random.integers(0, count, TRAINING_ROWS)
    signal = (np.sin(2 * rows[:, 0]) + rows[:, 1] * rows[:, 2] + (rows[:, 5] % 3 == 1)
              + (rows[:, 6] % 7 > 3) + 0.1 * random.normal(size=TRAINING_ROWS))
    rows[random.random(rows.shape) < missing] = np.nan
    return rows.astype(np.float32), signal


def asked_rows(random, training):
    """Rows near the training data, rows far from it, thresholds hit exactly, odd categories."""
    near = training[random.integers(0, len(training), 150)].copy()
    swap = random.random(near.shape) < 0.3
    near[swap] = random.permuted(training, axis=0)[: len(near)][swap]
    far = random.normal(size=(60, FEATURES)) * 10.0 ** random.integers(-3, 6, FEATURES)
    far = far.astype(np.float32)
    odd = np.array([-1, -0.5, -0.0, 0.5, 1.9, 31, 32, 199, 200, 1e5, 16777215, 16777216, 3e9,
                    1e30], np.float32)
    for feature in CATEGORIES:
        far[:, feature] = random.choice(odd, len(far))
    empty = np.full((1, FEATURES), np.nan, np.float32)
    rows = np.concatenate([near, far, empty])
    rows[150:][random.random(rows[150:].shape) < 0.2] = np.nan
    return rows


def compare(booster, rows, folder: Path):
    asked = xgb.DMatrix(rows)
    for margin in (False, True):
        expected = booster.predict(asked, output_margin=margin, validate_features=False)
        for suffix in ("json", "ubj"):
            path = folder / f"model.{suffix}"
            booster.save_model(path)
            assert_same(path, rows, expected, margin)
    # One row is walked in another way than many.
    single = booster.predict(xgb.DMatrix(rows[:1]), validate_features=False)
    assert_same(path, rows[:1], single, False)


def labels_for(objective, signal, random):
    if objective.startswith("multi:"):
        return np.digitize(signal, np.quantile(signal, [0.3, 0.6, 0.8]))
    if objective.startswith(("binary:", "rank:")) or objective == "reg:logistic":
        return (signal > np.median(signal)).astype(int)
    if objective.startswith(("count:", "survival:", "reg:gamma", "reg:tweedie", "reg:squaredlog")):
        noise = random.poisson(1, len(signal)) if objective == "count:poisson" else 0
        return np.exp(signal / 2) + noise
    return signal * 10 + 3


OBJECTIVES = {
    "binary:logistic": {}, "binary:logitraw": {}, "binary:hinge": {}, "reg:squarederror": {},
    "reg:squaredlogerror": {}, "reg:logistic": {}, "reg:pseudohubererror": {},
    "reg:absoluteerror": {}, "reg:gamma": {}, "reg:tweedie": {}, "count:poisson": {},
    "survival:cox": {}, "survival:aft": {}, "rank:pairwise": {}, "rank:ndcg": {}, "rank:map": {},
    "reg:quantileerror": {"quantile_alpha": [0.1, 0.5, 0.9]},
    "multi:softprob": {"num_class": 4}, "multi:softmax": {"num_class": 4},
}

BOOSTERS = {
    "plain": {},
    "one-hot": {"max_cat_to_onehot": 1000, "max_depth": 4},
    "partitions": {"max_cat_to_onehot": 1, "max_cat_threshold": 100},
    "dart": {"booster": "dart", "rate_drop": 0.3},
    "forest": {"num_parallel_tree": 3, "subsample": 0.6, "colsample_bynode": 0.7},
    "deep": {"grow_policy": "lossguide", "max_depth": 0, "max_leaves": 60, "min_child_weight": 0},
    "approx": {"tree_method": "approx"},
}


def train(objective, booster, seed):
    """A model, and rows to ask it."""
    random = np.random.default_rng(seed)
    rows, signal = training_data(random)
    parameters = {"objective": objective, "seed": seed, "verbosity": 0, "eta": 0.4,
                  **OBJECTIVES[objective], **booster}
    labels = labels_for(objective, signal, random)
    is_linear = parameters.get("booster") == "gblinear"
    data = (xgb.DMatrix if is_linear else with_categories)(rows, labels)
    if objective.startswith("rank:"):
        data.set_group([TRAINING_ROWS // 3] * 3)
    if objective == "survival:aft":
        data.set_float_info("label_lower_bound", labels)
        data.set_float_info("label_upper_bound", labels)
    return xgb.train(parameters, data, 9), rows if is_linear else asked_rows(random, rows)


@pytest.mark.parametrize("booster", BOOSTERS)
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_objectives_and_boosters(objective, booster, tmp_path):
    seed = 100 * list(OBJECTIVES).index(objective) + list(BOOSTERS).index(booster)
    compare(*train(objective, BOOSTERS[booster], seed), tmp_path)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_linear(objective, tmp_path):
    if objective == "reg:absoluteerror" or "quantile" in objective:
        pytest.skip("xgboost trains these with trees only")
    compare(*train(objective, {"booster": "gblinear", "updater": "coord_descent"}, 7), tmp_path)


@pytest.mark.parametrize("objective", ["reg:squarederror", "binary:logistic"])
def test_several_targets(objective, tmp_path):
    random = np.random.default_rng(11)
    rows, signal = training_data(random)
    labels = np.stack([signal > 0, signal > 1, rows[:, 0] > 0], axis=1).astype(int)
    booster = xgb.train({"objective": objective, "max_depth": 4}, with_categories(rows, labels), 7)
    compare(booster, asked_rows(random, rows), tmp_path)


@pytest.mark.parametrize("method", ["exact", "hist"])
def test_pruned_trees(method, tmp_path):
    """The exact method grows and prunes: its files have nodes that no path leads to."""
    random = np.random.default_rng(13)
    rows, signal = training_data(random)
    parameters = {"tree_method": method, "gamma": 2.0, "max_depth": 8}
    if method == "hist":
        parameters["updater"] = "grow_quantile_histmaker,prune"
    booster = xgb.train(parameters, xgb.DMatrix(rows, signal), 8)
    compare(booster, asked_rows(random, rows), tmp_path)


def test_all_trees_count_after_early_stopping(tmp_path):
    random = np.random.default_rng(17)
    rows, signal = training_data(random)
    held_out, other = training_data(random)
    booster = xgb.train({"eta": 1.0, "max_depth": 8}, with_categories(rows, signal), 40,
                        evals=[(with_categories(held_out, other), "valid")],
                        early_stopping_rounds=3, verbose_eval=False)
    assert booster.best_iteration + 1 < booster.num_boosted_rounds()
    compare(booster, asked_rows(random, rows), tmp_path)


@pytest.mark.parametrize("score", ["[0E0]", "[1E0]", "0", "1", "[1E-7]", "[9.99999E-1]", "3.5E-1",
                                   "[9.9999905E-1]", "[1E-6]"])
def test_base_score_of_a_probability(score, tmp_path):
    booster, rows = train("binary:logistic", {}, 19)
    model = json.loads(booster.save_raw("json").decode())
    model["learner"]["learner_model_param"]["base_score"] = score
    compare(xgb.Booster(model_file=bytearray(json.dumps(model).encode())), rows, tmp_path)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_transforms_of_margins(objective, tmp_path):
    """A linear model that is the identity makes margins of rows: any margin can be tried."""
    booster, _ = train(objective, {}, 23)
    model = json.loads(booster.save_raw("json").decode())
    learner = model["learner"]
    parameters = learner["learner_model_param"]
    width = max(1, int(parameters["num_class"]), int(parameters["num_target"]))
    gives_zero_margin = {"binary:logistic": 0.5, "reg:logistic": 0.5, "reg:gamma": 1.0,
                         "reg:tweedie": 1.0, "count:poisson": 1.0, "survival:cox": 1.0,
                         "survival:aft": 1.0}.get(objective, 0.0)
    parameters.update(num_feature=str(width), base_score=str([gives_zero_margin] * width))
    learner["feature_types"] = []
    learner["gradient_booster"] = {
        "name": "gblinear",
        "model": {"boosted_rounds": 1, "weights": np.eye(width + 1, width).ravel().tolist()}}
    random = np.random.default_rng(23)
    margins = np.concatenate([random.normal(size=(30000, width)) * 3,
                              random.uniform(-110, 110, size=(30000, width)),
                              np.round(random.normal(size=(1000, width))),
                              np.full((1, width), -3e38), np.full((1, width), 3e38)])
    identity = xgb.Booster(model_file=bytearray(json.dumps(model).encode()))
    compare(identity, margins.astype(np.float32), tmp_path)


@pytest.mark.parametrize("booster", ["plain", "dart"])
def test_fields_of_old_versions(booster, tmp_path):
    trained, rows = train("count:poisson", BOOSTERS[booster], 27)
    model = json.loads(trained.save_raw("json").decode())
    model["version"] = [1, 7, 6]
    parameters = model["learner"]["learner_model_param"]
    parameters["base_score"] = parameters["base_score"].strip("[]")
    gbtree = model["learner"]["gradient_booster"]
    del gbtree.get("gbtree", gbtree)["model"]["cats"]
    del gbtree.get("gbtree", gbtree)["model"]["iteration_indptr"]
    old = json.dumps(model).encode()
    path = tmp_path / "old.json"
    path.write_bytes(old)
    reader = xgb.Booster(model_file=bytearray(old))
    expected = reader.predict(xgb.DMatrix(rows), validate_features=False)
    assert_same(path, rows, expected, False)


def test_diverged_model(tmp_path):
    random = np.random.default_rng(29)
    rows, signal = training_data(random)
    booster = xgb.train({"objective": "count:poisson", "max_delta_step": 0, "eta": 100},
                        with_categories(rows, np.exp(signal) * 1e5), 4)
    assert b"NaN" in booster.save_raw("json")
    compare(booster, asked_rows(random, rows), tmp_path)


def test_data_frame_categories_by_code(tmp_path):
    """A model that remembers category names is asked with the codes of its training data."""
    pandas = pytest.importorskip("pandas")
    random = np.random.default_rng(31)
    colors = pandas.Categorical(random.choice(list("rgbyk"), TRAINING_ROWS))
    frame = pandas.DataFrame({"color": colors, "size": random.normal(size=TRAINING_ROWS)})
    labels = (frame["color"].isin(["g", "k"]) & (frame["size"] > 0)).astype(int)
    booster = xgb.train({"objective": "binary:logistic", "max_cat_to_onehot": 1},
                        xgb.DMatrix(frame, labels, enable_categorical=True), 5)
    codes = np.stack([frame["color"].cat.codes, frame["size"]], axis=1).astype(np.float32)
    path = tmp_path / "model.ubj"
    booster.save_model(path)
    assert_same(path, codes, booster.predict(xgb.DMatrix(frame, enable_categorical=True)), False)


def test_vector_leaves_are_unsupported(tmp_path):
    random = np.random.default_rng(37)
    rows, signal = training_data(random)
    labels = np.stack([signal, -signal], axis=1)
    booster = xgb.train({"multi_strategy": "multi_output_tree", "tree_method": "hist"},
                        xgb.DMatrix(rows, labels), 2)
    path = tmp_path / "model.ubj"
    booster.save_model(path)
    done = run(path, rows, False)
    assert done.returncode == 2
    assert "multi_output_tree" in done.stderr
