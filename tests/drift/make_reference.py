"""Writes reference.json.xz: a few pairs of tables and what Evidently says of them, for tests without
it. Run with the peers' environment: build/venv-stats/bin/python tests/drift/make_reference.py"""

import json
import lzma
import pathlib

import numpy as np
from data_sets import METHODS, SLOW, draw, preset, scores


def main():
    out = []
    for seed, largest in [(1, 100), (2, 300), (3, 700), (4, 1000), (5, 2500), (6, 2500), (7, 120), (8, 120)]:
        reference, current = draw(np.random.default_rng(seed), largest, digits=3)
        out.append({"reference": reference, "current": current, "preset": preset(reference, current),
                    "methods": {m: scores(reference, current, m) for m in METHODS
                                if largest <= 300 or m not in SLOW}})
    path = pathlib.Path(__file__).with_name("reference.json.xz")
    path.write_bytes(lzma.compress(json.dumps(out).encode(), preset=9))
    print(path, path.stat().st_size)


if __name__ == "__main__":
    main()
