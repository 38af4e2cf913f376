"""Runs the commands that try a policy, and the cells that their error rates are held to."""

import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("RONDO_BUILD", ROOT / "build/release"))
BINARY = pathlib.Path(os.environ.get("RONDO_BINARY", BUILD / "rondo"))

BASE_RATES = [0.002, 0.01, 0.1]
SPLITS = [0.05, 0.5]
REGIMES = ["steady", "seasonal", "ramp", "sticky", "late_labels", "day_shocks", "weekly",
           "worse_then_better", "better_then_worse"]
SAYS_NO, WRONG_USE, NOT_FOUND = 10, 2, 3


def call(*arguments):
    return subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True,
                          check=False)


def answer(*arguments, codes=(0,)):
    done = call(*arguments, "--json")
    assert done.returncode in codes, done.stderr
    return json.loads(done.stdout)


def refused(*arguments):
    """What is said about a wrong use: one line, and the exit code 2."""
    done = call(*arguments)
    assert done.returncode == WRONG_USE, (done.returncode, done.stdout, done.stderr)
    assert done.stderr.startswith("rondo: ") and done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def rollout_of(folder, share=0.05, paired=False, days=28, clip=0.05):
    """A rollout alone: canary, evidence of 20, errors as the loss."""
    path = folder / f"rollout_{share}_{paired}_{days}_{clip}.yaml"
    declared = "outcome_independent_of_answer: true" if paired else ""
    path.write_text(f"""
loss: zero_one
paired: {str(paired).lower()}
{declared}
clip: {clip}
stages:
  - mode: canary
    share: {share}
    promote: {{evidence: 20, min_days: 7, min_rows: 100}}
    horizon: {days}d
safety: {{alpha: 0.025}}
""")
    return path


def play(policy, base_rate, runs, *more, regimes=(), codes=(0,)):
    named = [word for regime in regimes for word in ("--regime", regime)]
    return answer("rollout", "simulate", policy, "--base-rate", base_rate, "--runs", runs, *named,
                  *more, codes=codes)


def equal_cells(report):
    return [c for c in report["cells"] if c["candidate"].startswith("equal")]


def broken_claims(cell):
    """The stated error rates of a cell that its runs refute: by the lower 99.9 % limit."""
    out = []
    for what, level in (("promoted", "promote_level"), ("rolled_back", "roll_back_level")):
        if level in cell and cell[what]["lower"] > cell[level]:
            out.append(f"{cell['regime']}: {what} in {cell[what]['share']:.3f}, stated "
                       f"{cell[level]:.3f}")
    assert cell["refuted"] == bool(out)
    return out
