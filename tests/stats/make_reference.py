"""Writes reference.json.xz: a few small cases of each family and what the peers say, for tests
without the peers. Run with the peers' environment: build/venv-stats/bin/python tests/stats/make_reference.py"""

import json
import lzma
import pathlib

import numpy as np
from peers import FAMILIES
from program import line_of

CASES = 12
NUMBERS = 60  # of one case, at most


def shorter(argument):
    """Fewer digits, so that the file stays small."""
    if isinstance(argument, np.ndarray) and argument.dtype.kind == "f" and argument.ndim == 1:
        return np.array([float(f"{v:.4g}") for v in argument])
    return argument


def numbers(arguments):
    return sum(np.size(a) if isinstance(a, (np.ndarray, list)) else 1 for a in arguments)


def cases(family):
    rng = np.random.default_rng(family.seed() + 1)
    out = []
    for attempt in range(3000):
        if attempt == 5 and family.cases <= 100 and not out:
            break  # a family of large cases only
        arguments = family.draw(rng)
        if numbers(arguments) <= NUMBERS:
            arguments = [shorter(a) for a in arguments]
            expected = family.expected(arguments)
            out.append([line_of(family.name, arguments)[len(family.name) + 1:],
                        expected and [repr(v) for v in expected]])
        if len(out) == CASES:
            break
    return out


def main():
    families = []
    for family in FAMILIES:
        found = cases(family)
        if found:
            families.append({"title": family.title(), "name": family.name, "relative": family.relative,
                             "absolute": family.absolute, "cases": found})
    text = json.dumps(families, separators=(",", ":"))
    path = pathlib.Path(__file__).with_name("reference.json.xz")
    path.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
    print(f"{len(families)} families, {sum(len(f['cases']) for f in families)} cases, "
          f"{path.stat().st_size} bytes")


main()
