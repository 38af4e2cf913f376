"""domain/stats against the kept answers of its peers (make_reference.py). `tools/verify.sh stats`
asks the peers themselves, and far more."""

import json
import lzma
import pathlib

import pytest
from program import differs, run

REFERENCE = json.loads(lzma.decompress(pathlib.Path(__file__).with_name("reference.json.xz").read_bytes()))


@pytest.mark.parametrize("family", REFERENCE, ids=lambda f: f["title"])
def test_reference(family):
    lines = [f"{family['name']}\t{arguments}" for arguments, _ in family["cases"]]
    wrong = []
    for line, ours, (_, expected) in zip(lines, run(lines), family["cases"]):
        theirs = expected and [float(v) for v in expected]
        what = differs(ours, theirs, family["relative"], family["absolute"])
        if what:
            wrong.append(f"{line[:300]!r}: {ours} for {theirs}: {what}")
    assert not wrong, "\n".join(wrong[:5])
