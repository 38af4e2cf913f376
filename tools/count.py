"""How many checks a suite's log counts: prints "passed failed". A suite that only has an exit code
(a build, a check of the tree) is one check."""

import re
import sys


def count(text, status):
    passed = failed = 0
    known = False
    for line in text.splitlines():
        # doctest: "[doctest] assertions: 5 | 5 passed | 0 failed |" counts test cases the same way.
        cases = re.search(r"test cases:\s*\d+ \|\s*(\d+) passed \|\s*(\d+) failed", line)
        if cases:
            known = True
            passed += int(cases[1])
            failed += int(cases[2])
        # pytest: "3 failed, 20 passed, 1 skipped in 5.0s"; vitest: "Tests  1 failed | 60 passed (61)"
        if re.search(r"\b(passed|failed|errors?)\b.* in [\d.]+s|^\s*Tests  .*\(\d+\)$", line):
            known = True
            for number, what in re.findall(r"(\d+) (passed|failed|errors?)", line):
                if what == "passed":
                    passed += int(number)
                else:
                    failed += int(number)
    if not known:
        passed, failed = (1, 0) if status == 0 else (0, 1)
    if status != 0 and failed == 0:  # it broke before or after counting
        failed = 1
    return passed, failed


if __name__ == "__main__":
    with open(sys.argv[1], errors="replace") as log:
        print(*count(log.read(), int(sys.argv[2])))
