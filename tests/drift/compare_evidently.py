"""What rondo drift says beside what Evidently said, on one pair of tables."""

from data_sets import METHODS, SLOW, differs
from program import features, number, report

# Evidently's words in a report for its methods.
WORDS = {"K-S p_value": "ks", "Wasserstein distance (normed)": "wasserstein", "chi-square p_value": "chisquare",
         "Z-test p_value": "z", "Jensen-Shannon distance": "jensenshannon"}


def files(folder, reference, current):
    paths = folder / "reference.csv", folder / "current.csv"
    for path, text in zip(paths, (reference, current)):
        path.write_text(text)
    return paths


def wrong_preset(paths, theirs):
    out = report(*paths)
    ours = {name: f["evidently"] for name, f in features(out).items() if f.get("evidently")}
    wrong = []
    if set(ours) != set(theirs["columns"]):
        wrong.append(f"columns {sorted(ours)} for {sorted(theirs['columns'])}")
    for name, (method, score) in theirs["columns"].items():
        mine = ours.get(name)
        if mine is None or mine["method"] != WORDS[method]:
            wrong.append(f"{name}: {mine} for {method}")
        elif what := differs(mine["method"], number(mine["score"]), score):
            wrong.append(f"{name} {method}: {what}")
    verdict = out["windows"][0]["evidently"]
    if (verdict["drifted"], verdict["share"]) != (theirs["drifted"], theirs["share"]):
        wrong.append(f"{verdict} for {theirs['drifted']}, {theirs['share']}")
    if verdict["drift"] != (theirs["share"] >= 0.5):
        wrong.append("the verdict on the dataset")
    return wrong


def wrong_method(paths, method, theirs):
    assert method in METHODS
    ours = {name: f.get("evidently") for name, f in features(report(*paths, "--method", method)).items()}
    wrong = []
    if method == "es":  # of few values it is rounding (data_sets.py)
        ours = {name: mine for name, mine in ours.items() if name in theirs}
    for name, expected in theirs.items():
        mine = ours[name]
        what = differs(method, mine and number(mine["score"]), expected and expected[0])
        if what:
            wrong.append(f"{method} {name}: {what}")
        elif mine and method not in SLOW and mine["drifted"] != expected[1]:
            wrong.append(f"{method} {name}: drifted {mine['drifted']} for {expected}")
    extra = {name for name, mine in ours.items() if mine} - set(theirs)
    if extra:
        wrong.append(f"{method}: scores of {extra}, which Evidently does not give")
    return wrong
