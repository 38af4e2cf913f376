"""Writes down what an older MLflow answers to mlflow_calls.older(), for the routes that newer ones
have not any more: older_mlflow.json beside this file.

    RONDO_PEER_PYTHON=python-with-mlflow-3.4 python tests/accounts/record_older.py 3.4.0"""

import json
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

import mlflow_calls  # noqa: E402
from differential import Side  # noqa: E402
from mlflow_peer import PASSWORD, MlflowPeer, basic  # noqa: E402

with tempfile.TemporaryDirectory() as folder:
    peer = MlflowPeer(pathlib.Path(folder), accounts=True)
    try:
        side = Side("peer", peer.url, {n: basic(n, PASSWORD) for n in ("boss", *mlflow_calls.NAMES)})
        rows = []
        for call in mlflow_calls.older():
            seen = side.play(call) if call.only != "ours" else None
            rows.append([str(call), vars(seen) if seen else None])
    finally:
        peer.stop()
text = json.dumps({"version": sys.argv[1], "saved": side.saved, "rows": rows}, indent=None)
(HERE / "older_mlflow.json").write_text(text.replace("], [", "],\n[") + "\n")
