"""A training task whose model may have seen every row: it declares a random split."""

import json
import os

from tiny_model import Mlflow

run_id, uri = Mlflow(os.environ["RONDO_URL"]).log(
    0.1, 0.9, {"rondo.split": "random", "rondo.trained_until": "2024-03-10T00:00:00Z"},
    {"b": 0.1})
print("trained", uri)
with open(os.environ["RONDO_OUTPUTS"], "w") as file:
    json.dump({"model_uri": uri, "run_id": run_id}, file)
