"""Checks of the tree that take no compiler: storeys and module edges by #include lines, sizes of
files, repeated runs of lines, and words that do not belong into a published tree. Prints each
finding as file:line: what; the exit code says whether there was one.
"""

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STOREYS = ["base", "platform", "domain", "api", "app"]
MAX_LINES = 600
MAX_COLUMNS = 120  # clang-format keeps to 100 where it can break a line
SAME_LINES = 8  # a run of this many equal lines in two places is one too many

# Which domain modules may include which, in the order of ARCHITECTURE.md.
TIERS = [
    {"schema", "search", "stats", "holds", "series", "mirror"},
    {"artifacts", "data", "drift"},
    {"tracking", "predictions"},
    {"registry", "monitor", "pipeline", "experiment", "gates"},
    {"serving"},
    {"rollout"},
    {"loop"},
    {"collection", "move", "simulate"},
]

# Heavy headers belong into few files; the number is how many.
HEAVY = {"simdjson.h": 3, "CLI/CLI.hpp": 2, "yaml-cpp/": 1, "nghttp2/": 2, "boost/math/": 1}

# Written so that the words do not stand here themselves.
UNWANTED = re.compile("|".join(["/" + "work/", "/root" + "/", "TO" + "DO", "FIX" + "ME"]))


def tracked(*suffixes):
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / n for n in names.stdout.splitlines()
            if n.endswith(suffixes) and (ROOT / n).exists()]


def tier_of(module):
    for level, modules in enumerate(TIERS):
        if module in modules:
            return level
    return None


def is_test(path):
    return path.name.endswith(("_test.cc", "_fuzz.cc"))


def check_storeys(files):
    for path in files:
        if is_test(path):  # may stand on anything
            continue
        parts = path.relative_to(ROOT / "src").parts
        storey = parts[0]
        for number, line in enumerate(path.read_text().splitlines(), 1):
            found = re.match(r'#include "(\w+)/(\w+)', line)
            if not found or found[1] not in STOREYS:
                continue
            if STOREYS.index(found[1]) > STOREYS.index(storey):
                yield path, number, f"{storey} includes {found[1]}, a storey above"
            if storey == found[1] == "domain" and parts[1] != found[2]:
                mine, theirs = tier_of(parts[1]), tier_of(found[2])
                if mine is None or theirs is None:
                    yield path, number, f"the module {parts[1]} or {found[2]} has no tier"
                elif theirs >= mine:
                    yield path, number, f"domain/{parts[1]} includes domain/{found[2]}: not below it"


def check_protocol_free(files):
    """The domain knows no protocol and no engine of the database."""
    for path in files:
        if path.relative_to(ROOT / "src").parts[0] != "domain" or is_test(path):
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if re.match(r'#include (<sqlite3|<postgresql|"platform/(net|rpc)/)', line):
                yield path, number, "the domain knows no protocol and no engine"


def check_heavy(files):
    for header, most in HEAVY.items():
        users = [p for p in files if f"#include <{header}" in p.read_text()]
        for path in users[most:]:
            yield path, 1, f"<{header}> is included in more than {most} files"


def check_sizes(files):
    for path in files:
        lines = path.read_text().splitlines()
        if len(lines) > MAX_LINES:
            yield path, len(lines), f"{len(lines)} lines, {MAX_LINES} at most"
        for number, line in enumerate(lines, 1):
            if len(line) > MAX_COLUMNS:
                yield path, number, f"{len(line)} columns, {MAX_COLUMNS} at most"


def check_words(files):
    for path in files:
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if UNWANTED.search(line):
                yield path, number, "a path of a machine, or a mark of unfinished work"


def meaningful(line):
    line = line.strip()
    return len(line) > 3 and not line.startswith(("#include", "//", "namespace", "using "))


def check_duplicates(files):
    """Runs of equal lines (blank ones and punctuation left out) in two places."""
    seen = defaultdict(list)
    for path in files:
        lines = [(n, l.strip()) for n, l in enumerate(path.read_text().splitlines(), 1)
                 if meaningful(l)]
        for i in range(len(lines) - SAME_LINES + 1):
            key = "\n".join(text for _, text in lines[i : i + SAME_LINES])
            seen[key].append((path, lines[i][0]))
    told = set()
    for places in seen.values():
        if len(places) < 2:
            continue
        (first, number), (second, other) = places[0], places[1]
        if first == second and abs(number - other) < SAME_LINES:
            continue
        pair = (first, second)
        if pair not in told:
            told.add(pair)
            yield first, number, f"the same lines stand at {second.relative_to(ROOT)}:{other}"


def main():
    sources = tracked(".h", ".cc")
    house = [p for p in sources if ROOT / "src" in p.parents]
    texts = tracked(".h", ".cc", ".py", ".sh", ".md", ".ts", ".tsx", ".yaml", ".sql", ".txt",
                    "Makefile")
    texts = [p for p in texts if p != Path(__file__)]
    checks = [check_storeys(house), check_protocol_free(house), check_heavy(house),
              check_sizes(sources), check_words(texts), check_duplicates(house)]
    findings = [f for check in checks for f in check]
    for path, number, what in findings:
        print(f"{path.relative_to(ROOT)}:{number}: {what}")
    print(f"check: {len(sources)} source files, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
