"""The native XGBoost evaluator alone: nanoseconds a row for calls of 1, 8, 64 and 1,024 rows, a
twentieth of the values missing, on one thread, against XGBoost itself through its C interface and
through Python (inplace_predict). The model has 100 trees of depth 6 over 30 features. The best of
several runs counts on all sides; bench/trees.cc measures ours."""

import subprocess

from common import BUILD, Bench, Table, asked_rows, c_predict, cpu_of, say, train


def main():
    table = Table("Evaluating trees, 100 of depth 6, one thread (bench/trees.py)")
    booster = train()
    with Bench() as bench:
        model = bench.folder / "model.json"
        booster.save_model(model)
        say("bench_trees")
        out = subprocess.run([BUILD / "bench_trees", model], capture_output=True, text=True,
                             check=True).stdout
    for line in out.splitlines():
        batch, ns = line.split()
        rows = asked_rows(int(batch), missing=0.05)
        what = f"{int(batch):,} rows a call" if batch != "1" else "1 row a call"
        table.add(what, "rondo", float(ns), "ns a row")
        for name, call in (("XGBoost in C", c_predict(booster, rows)),
                           ("XGBoost in Python",
                            lambda: booster.inplace_predict(rows, validate_features=False))):
            table.add(what, name, cpu_of(call) * 1000 / len(rows), "ns a row")
    table.print()


main()
