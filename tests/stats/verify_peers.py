"""domain/stats beside its peers, on thousands of random inputs a function. RONDO_STATS multiplies
the number of cases."""

import os
import time

import numpy as np
import pytest
from peers import FAMILIES
from program import differs, line_of, run

TIMES = float(os.environ.get("RONDO_STATS", "1"))


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.title())
def test_peer(family):
    rng = np.random.default_rng(family.seed())
    count = max(1, int(family.cases * TIMES))
    arguments = [family.draw(rng) for _ in range(count)]
    begun = time.perf_counter()
    ours = run([line_of(family.name, a) for a in arguments])
    between = time.perf_counter()
    wrong = []
    for a, answer in zip(arguments, ours):
        expected = family.expected(a)
        what = differs(answer, expected, family.relative, family.absolute)
        if what:
            wrong.append((a, answer, expected, what))
    after = time.perf_counter()
    print(f"proof: {family.title()} {count} cases, {between - begun:.2f} s; the peer {after - between:.2f} s")
    shown = "\n".join(f"{line_of(family.name, a)[:400]!r}\n  ours {o}\n  peer {e}\n  {w}"
                      for a, o, e, w in wrong[:4])
    assert not wrong, f"{len(wrong)} of {count} differ\n{shown}"
