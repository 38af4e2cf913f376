"""Many independent columns without drift, or all with the same: each is one trial of both rules."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from program import report

KINDS = ["normal", "skewed", "ties", "binary", "city"]


def draw(rng, kind, n, shift):
    x = rng.normal(size=n) + shift
    if kind == "skewed":
        return np.exp(x)
    if kind == "ties":  # rounded to halves
        return np.round(x * 2) / 2
    if kind == "binary":  # as likely to be one as the normal is to be above 0.5
        return x > 0.5
    if kind == "city":
        return np.digitize(x, [-1, 0, 0.7, 1.5]).astype(str)
    return x


def trial(folder, n, columns, shift, seed):
    """Shares of the columns: that drifted by the calibrated rule, by Evidently's; and whose p is at
    most 0.05."""
    rng = np.random.default_rng([seed, n, columns])
    kinds = [KINDS[i % len(KINDS)] for i in range(columns)]
    paths = folder / "reference.parquet", folder / "current.parquet"
    for path, moved in zip(paths, (0, shift)):
        pq.write_table(pa.table({f"{kind}{i}": pa.array(draw(rng, kind, n, moved)) for i, kind in enumerate(kinds)}),
                       path)
    found = report(*paths)["windows"][0]["features"]
    assert len(found) == columns
    return {"drift": np.mean([f["verdict"] == "drift" for f in found]),
            "evidently": np.mean([f["evidently"]["drifted"] for f in found]),
            "p": np.mean([f["evidence"]["p_value"] <= 0.05 for f in found]),
            "undecided": np.mean([f["verdict"] == "not_enough_data" for f in found])}
