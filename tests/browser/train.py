"""The training task of the small loop: the rate of the outcome on each side of the split, over the
newest days of the training rows."""

import csv
import json
import os
from datetime import datetime, timedelta
from pathlib import Path

from tiny_model import Mlflow

NEWEST = timedelta(days=4)


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def main():
    folder, until = Path(os.environ["RONDO_DATA"]), moment(os.environ["RONDO_PARAM_TRAIN_UNTIL"])
    rows = []
    for path in sorted(folder.rglob("*.csv")):
        with open(path, newline="") as file:
            rows += [(moment(r["event_time"]), float(r["x"]), float(r["y"]))
                     for r in csv.DictReader(file) if moment(r["event_time"]) < until]
    last = max(at for at, _, _ in rows)
    newest = [(x, y) for at, x, y in rows if at > last - NEWEST]
    rates = []
    for side in (0.0, 1.0):
        outcomes = [y for x, y in newest if x == side]
        rates.append((sum(outcomes) + 1) / (len(outcomes) + 2))
    loss = sum((rates[int(x)] - y) ** 2 for x, y in newest) / len(newest)
    run_id, model_uri = Mlflow(os.environ["RONDO_URL"]).log(
        *rates, tags={"rondo.split": "forward",
                      "rondo.trained_until": last.strftime("%Y-%m-%dT%H:%M:%SZ")},
        metrics={"reference_brier": loss}, run_name="trained by the loop")
    Path(os.environ["RONDO_OUTPUTS"]).write_text(
        json.dumps({"model_uri": model_uri, "run_id": run_id}))


if __name__ == "__main__":
    main()
