"""T49: the n-th write, sync, rename, open, truncation, mapping, removal of a file fails, is cut short or
ends the process, for every n of a scripted run (make verify) or for some of them.

Whatever fails: no crash, no hang, an error that says what failed, nothing half done, no descriptor and
no temporary file left behind; the server heals by itself, except that after a failed sync the database
stays read-only until the server is started again; and a clean start finds all that was acknowledged."""

import collections
import errno
import os
import pathlib
import shutil

import pytest
from conftest import SEED, WHOLE, http_of
from faults import FAIL, FOREVER, KILL_AFTER, KILL_BEFORE, ON_FILES, SHORT, FaultServer
from script import HEAL_SECONDS, Script
from serving import wait_for

CASES = 50  # of the short form, for all kinds together
CLOSED_SECONDS = 3
WAYS = {
    "write": [(FAIL, errno.EIO), (FAIL, errno.ENOSPC), (FAIL, errno.EINTR), (SHORT, errno.ENOSPC),
              (KILL_BEFORE, 0), (KILL_AFTER, 0)],
    "sync": [(FAIL, errno.EIO), (FAIL, errno.ENOSPC), (KILL_BEFORE, 0)],
    "rename": [(FAIL, errno.EIO), (FAIL, errno.ENOSPC), (KILL_BEFORE, 0), (KILL_AFTER, 0)],
    "open": [(FAIL, errno.EIO), (FAIL, errno.EMFILE), (FAIL, errno.EINTR), (KILL_AFTER, 0)],
    "truncate": [(FAIL, errno.EIO), (FAIL, errno.ENOSPC), (KILL_BEFORE, 0)],
    "map": [(FAIL, errno.ENOMEM), (KILL_AFTER, 0)],
    "remove": [(FAIL, errno.EIO), (KILL_BEFORE, 0)],
    "folder": [(FAIL, errno.ENOSPC), (KILL_AFTER, 0)],
}


FOR_GOOD = ["write", "sync", "rename", "truncate", "remove", "folder"]


class Case(collections.namedtuple("Case", "kind nth action error times")):
    def __str__(self):
        name = {FAIL: "fails", SHORT: "is short", KILL_BEFORE: "is the end", KILL_AFTER: "is the last"}
        return f"{self.kind} {self.nth} {name[self.action]} {errno.errorcode.get(self.error, '')}".strip()

    @property
    def kinds(self):
        return FOR_GOOD if self.kind == "all" else [self.kind]

    @property
    def kills(self):
        return self.action in (KILL_BEFORE, KILL_AFTER)


def open_files(server):
    """The data folder's files that the server holds open, names of random parts left out."""
    found = collections.Counter()
    folder = f"/proc/{server.process.pid}/fd"
    for name in os.listdir(folder):
        try:
            path = os.readlink(f"{folder}/{name}")
        except FileNotFoundError:
            continue
        if path.startswith(str(server.data)):
            found[path] += 1
    return found


def leftovers(server):
    """Temporary files."""
    tmp = [p for p in (server.data / "blobs/tmp").iterdir()]
    return tmp + [p for p in pathlib.Path(server.data).rglob("*") if ".tmp-" in p.name]


@pytest.fixture(scope="module")
def counts(tmp_path_factory):
    """How many calls of each kind the scripted run makes, and what it holds open at its end."""
    folder = tmp_path_factory.mktemp("count")
    server = FaultServer(folder)
    script = Script()
    assert script.play(server)
    assert len(script.done) == len(Script.STEPS) + 1, script.done
    held = collections.Counter({path.removeprefix(str(server.data)): n
                                for path, n in open_files(server).items()})
    server.stop()
    return {kind: server.plan.seen(kind) for kind in ON_FILES}, held


def all_cases(counts):
    return [Case(kind, nth, action, error, 3 if action == SHORT else 1)
            for kind in ON_FILES for nth in range(1, counts[kind] + 1)
            for action, error in WAYS[kind]]


def may_be_read_only(server, http, case):
    """After a failed sync of the database: a message that says what to do, and reads go on."""
    answer = http.send("POST", "/api/2.0/mlflow/experiments/create", {"name": "read-only?"})
    if answer.status == 200:
        return False
    health = answer.message
    if "read-only" not in health:
        return False
    assert case.kind in ("sync", "all") and answer.status == 503 and "restart the server" in health, (case, answer)
    assert http.get("/api/2.0/mlflow/experiments/get?experiment_id=0").status == 200
    return True


def play(server, case, held, chance):
    """One case; returns what happened, in a word."""
    server.plan.arm(case.kinds, case.nth, case.action, case.error, case.times)
    script, outcome = Script(), "no start"
    if server.try_start():
        lived = script.play(server)
        assert lived or case.kills, f"the server ended: {server.words()[-2000:]}"
        if lived:
            outcome = after_the_fault(server, script, case, held, chance)
        else:
            server.process.wait(10)
            outcome = "killed"
    else:
        said = server.words()
        status = server.process.returncode
        assert (status == -9) if case.kills else (0 < status < 100 and "rondo: " in said), (status, said)
    server.plan.disarm()
    server.start()
    http = http_of(server)
    script.check(http)
    script.heal(http, chance)
    assert leftovers(server) == []
    server.stop()
    return outcome


def after_the_fault(server, script, case, held, chance):
    http = http_of(server)
    fired = server.plan.fired > 0
    server.plan.disarm()
    outcome = "refused" if script.refusals else "not noticed" if fired else "not met"
    if may_be_read_only(server, http, case):
        outcome = "read-only"
    else:
        script.heal(http, chance)
        if "endpoint" in script.done:  # its model may have met the fault, and loads with the next look
            for step in (script.day.predict, script.day.label, script.day.seal):
                wait_for(lambda: step(http), HEAL_SECONDS)
        script.check(http)
    def extra():
        found = collections.Counter({p.removeprefix(str(server.data)): n
                                     for p, n in open_files(server).items()}) - held
        return {p: n for p, n in found.items() if not p.startswith("/predictions")}

    wait_for(lambda: not extra(), CLOSED_SECONDS)  # the last answer's file is closed behind it
    if case.kind not in ("remove", "all"):
        assert leftovers(server) == []
    server.stop()
    return outcome


def test_t49_every_call_fails_once(counts, tmp_path, chance):
    calls, held = counts
    cases = all_cases(calls)
    if not WHOLE:
        cases = chance.sample(cases, CASES)
    outcomes = play_all(cases, held, tmp_path, chance)
    print(f"proof: {len(cases)} failing calls of {sum(calls.values())} ({calls}): {outcomes}, "
          f"seed {SEED}")


def test_t49_a_disk_that_breaks_and_stays_broken(counts, tmp_path, chance):
    """From the n-th call on nothing can be written, synced, renamed or removed."""
    calls, held = counts
    total = sum(calls[kind] for kind in FOR_GOOD)
    chosen = chance.sample(range(1, total + 1), 60 if WHOLE else 3)
    cases = [Case("all", nth, FAIL, chance.choice([errno.EIO, errno.ENOSPC]), FOREVER)
             for nth in chosen]
    outcomes = play_all(cases, held, tmp_path, chance)
    print(f"proof: a disk that is broken from one of {total} calls on, {len(cases)} times: {outcomes}, "
          f"seed {SEED}")


def play_all(cases, held, tmp_path, chance):
    """Every case, even when one fails."""
    outcomes, problems = collections.Counter(), []
    for number, case in enumerate(cases):
        folder = tmp_path / str(number)
        folder.mkdir()
        server = FaultServer(folder, start=False)
        try:
            outcomes[play(server, case, held, chance)] += 1
        except Exception as error:
            problems.append(f"{case}: {type(error).__name__}: {error}"[:1500])
        finally:
            server.end()
            shutil.rmtree(folder)
    assert not problems, f"{len(problems)} of {len(cases)}:\n" + "\n".join(problems[:100])
    return dict(outcomes)
