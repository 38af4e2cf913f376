"""Runs stats_cases on a batch, and compares its answers with what a peer says."""

import math
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("RONDO_BUILD", ROOT / "build/release"))


def text_of(argument):
    if isinstance(argument, str):
        return argument
    if hasattr(argument, "tolist"):
        argument = argument.tolist()
    if isinstance(argument, (list, tuple)):
        return " ".join(text_of(v) for v in argument)
    return repr(argument) if isinstance(argument, float) else str(int(argument))


def line_of(name, arguments):
    return "\t".join([name, *map(text_of, arguments)])


def run(lines):
    """The answer of each line: a list of floats, or the message of an error."""
    done = subprocess.run([BUILD / "stats_cases"], input="\n".join(lines) + "\n", text=True,
                          capture_output=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    answers = done.stdout.splitlines()
    assert len(answers) == len(lines)
    return [a[6:] if a.startswith("error ") else [float(v) for v in a.split()] for a in answers]


def differs(ours, theirs, relative, absolute):
    """Why two answers are not the same, or None. `theirs` is None where the peer refuses."""
    if theirs is None or isinstance(ours, str):
        return None if theirs is None and isinstance(ours, str) else "one of them refuses"
    if len(ours) != len(theirs):
        return f"{len(ours)} numbers for {len(theirs)}"
    for i, (a, b) in enumerate(zip(ours, theirs)):
        if a == b or (math.isnan(a) and math.isnan(b)):
            continue
        if not abs(a - b) <= absolute + relative * abs(b):
            return f"number {i}: {a!r} for {b!r}, relative {abs(a - b) / (abs(b) or 1):.2g}"
    return None
