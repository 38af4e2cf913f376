"""rondo drift beside Evidently itself on random tables: its rule, its verdict on the whole and the
numbers of all methods. RONDO_STATS multiplies how many. Part of tools/verify.sh stats."""

import os

import numpy as np
import pytest
from compare_evidently import files, wrong_method, wrong_preset
from data_sets import METHODS, SLOW, draw, preset, scores

TIMES = float(os.environ.get("RONDO_STATS", "1"))


def test_the_rule_and_the_verdict(tmp_path):
    count, columns, wrong = max(1, int(25 * TIMES)), 0, []
    for i in range(count):
        reference, current = draw(np.random.default_rng([11, i]))
        theirs = preset(reference, current)
        columns += len(theirs["columns"])
        wrong += wrong_preset(files(tmp_path, reference, current), theirs)
    print(f"proof: Evidently's rule of choice, scores and verdict on {count} data sets, {columns} columns")
    assert not wrong, "\n".join(wrong[:10])


@pytest.mark.parametrize("method", METHODS)
def test_a_method(tmp_path, method):
    slow = method in SLOW
    count, compared, wrong = max(1, int((4 if slow else 30) * TIMES)), 0, []
    for i in range(count):
        reference, current = draw(np.random.default_rng([12, i]), 150 if slow else 4000)
        if method == "fisher_exact":  # which wants as many rows
            rows = min(reference.count("\n"), current.count("\n"))
            reference, current = ("\n".join(t.split("\n")[:rows]) + "\n" for t in (reference, current))
        theirs = scores(reference, current, method)
        compared += len(theirs)
        wrong += wrong_method(files(tmp_path, reference, current), method, theirs)
    print(f"proof: {method} beside Evidently's on {count} data sets, {compared} columns")
    assert not wrong, f"{len(wrong)} of {compared} differ\n" + "\n".join(wrong[:10])
