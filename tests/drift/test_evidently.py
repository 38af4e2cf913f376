"""rondo drift against kept answers of Evidently (make_reference.py). tools/verify.sh stats asks
Evidently itself, and far more."""

import json
import lzma
import pathlib

import pytest
from compare_evidently import files, wrong_method, wrong_preset

CASES = json.loads(lzma.decompress(pathlib.Path(__file__).with_name("reference.json.xz").read_bytes()))


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['reference'].count(chr(10)) - 1} rows")
def test_a_data_set(tmp_path, case):
    paths = files(tmp_path, case["reference"], case["current"])
    wrong = wrong_preset(paths, case["preset"])
    for method, theirs in case["methods"].items():
        wrong += wrong_method(paths, method, theirs)
    assert not wrong, "\n".join(wrong[:10])
