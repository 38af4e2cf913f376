"""What a team does with MLflow in a day, written once for every version of the client.

usage: python tests/clients/script URL PART...

Each part checks what it reads back against what it logged, and returns a story: what was read, without
what a server chooses (ids, times). The stories are printed as one line of JSON, so that the same script
can be run against another server and the two compared."""

import json
import os
import sys
import warnings

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "0"
os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
os.environ["GIT_PYTHON_REFRESH"] = "quiet"
warnings.filterwarnings("ignore")

PARTS = ("experiments", "runs", "parallel", "batches", "search", "pages", "files", "pictures", "datasets",
         "models", "registry", "life", "system", "sklearn", "xgboost", "lightgbm")


def main(url, *parts):
    import mlflow
    mlflow.set_tracking_uri(url)
    mlflow.set_registry_uri(url)
    import fits
    import registered
    import stored
    import tracked
    known = {}
    for module in (tracked, stored, registered, fits):
        known |= {name: function for name, function in vars(module).items() if name in PARTS}
    stories = {}
    for part in parts or PARTS:
        mlflow.set_experiment(f"day of {part}")
        stories[part] = known[part](mlflow.MlflowClient())
        assert mlflow.active_run() is None, f"{part} left a run open"
    print("stories: " + json.dumps({"version": mlflow.__version__, "parts": stories}))


if __name__ == "__main__":
    main(*sys.argv[1:])
