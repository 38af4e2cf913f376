"""The champion's reference of the flights example as rows: the answers of its five day-blocked folds
of the first quarter. Run with the examples' Python; writes event_time, unit, late, answer.

usage: flights_reference.py OUTPUT.csv"""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "examples/flights"), str(ROOT / "examples/common")]

import numpy as np
import pandas as pd
import xgboost as xgb
from flights import FEATURES, load
from training import FOLDS, fit

rows = load()
rows = rows[rows["event_time"] < pd.Timestamp("2013-04-01", tz="UTC")]
day = (rows["event_time"] - rows["event_time"].min().floor("D")).dt.days.to_numpy()
features, late = rows[FEATURES].astype("float32"), rows["late"].to_numpy()
answers = np.empty(len(rows))
for fold in range(FOLDS):
    out = day % FOLDS == fold
    answers[out] = fit(features[~out], late[~out]).predict(xgb.DMatrix(features[out]))
out = rows[["event_time", "unit", "late"]].assign(answer=answers)
out["event_time"] = out["event_time"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
out.to_csv(sys.argv[1], index=False, float_format="%.6g")
