"""Simulated rollouts on one core: events a second by counts, asked 20 million; one update of an
e-process, asked 200 ns."""

import os
import pathlib
import subprocess

BUILD = pathlib.Path(os.environ.get("RONDO_BUILD", "build/release"))

done = subprocess.run([BUILD / "bench_simulate"], capture_output=True, text=True, check=True)
found = {name: float(value) for name, value in (line.split() for line in done.stdout.splitlines())}

print("simulated rollouts, one core")
for name, what in [("counts", "two arms on counts, seven rules, a look each 100"),
                   ("ramp", "the same through a ramp"),
                   ("pairs", "pairs on counts, seven rules, a look each 100"),
                   ("events", "two arms event by event"),
                   ("sticky", "sticky units event by event"),
                   ("played", "rows through the server's fold and judgement")]:
    print(f"  {found[name] / 1e6:8.1f} million events/s  {what}")
for name, what in [("unit", "one unit into the evidence by units, with two draws"),
                   ("bet", "one value into the bets, with one draw")]:
    print(f"  {found[name]:8.0f} ns               {what}")

slow = [name for name in ("counts", "ramp", "pairs") if found[name] < 20e6]
slow += [name for name in ("unit", "bet") if found[name] > 200]
print("asked: 20 million events/s by counts, 200 ns an update: " + (f"NOT by {slow}" if slow else "kept"))
raise SystemExit(1 if slow else 0)
