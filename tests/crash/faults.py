"""A server with tests/crash/faults.c preloaded: the plan of faults is written and read while it runs."""

import errno
import mmap
import os
import pathlib
import struct

from loop_server import BINARY, LoopServer

LIBRARY = BINARY.parent / "libcrash_faults.so"
KINDS = ["write", "sync", "rename", "open", "truncate", "map", "remove", "folder", "thread", "send"]
ON_FILES = [kind for kind in KINDS if kind not in ("thread", "send")]
FAIL, SHORT, KILL_BEFORE, KILL_AFTER = 1, 2, 3, 4
FOREVER = 1 << 62
_NUMBERS = 16 * 8  # behind the calls by kind
_FIELDS = ["armed", "kinds", "first", "times", "action", "error", "matches", "fired", "clock_shift_ns"]
_PART = _NUMBERS + len(_FIELDS) * 8
_ROOT, _FIRED_AT = _PART + 256, _PART + 256 + 1024
_BYTES = _FIRED_AT + 1024


class Plan:
    """The mapped file that both sides see."""

    def __init__(self, path, root):
        assert LIBRARY.exists(), f"{LIBRARY} is not built (target crash_faults)"
        self.path = pathlib.Path(path)
        self.path.write_bytes(bytes(_BYTES))
        with open(self.path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), _BYTES)
        self.below(root)

    def below(self, folder):
        """Which files the plan is about."""
        self._text(_ROOT, 1024, os.path.realpath(folder) + "/")

    def _text(self, at, size, text):
        self.memory[at:at + size] = text.encode().ljust(size, b"\0")

    def __getitem__(self, field):
        return struct.unpack_from("<q", self.memory, _NUMBERS + 8 * _FIELDS.index(field))[0]

    def __setitem__(self, field, value):
        struct.pack_into("<q", self.memory, _NUMBERS + 8 * _FIELDS.index(field), value)

    def seen(self, kind):
        return struct.unpack_from("<q", self.memory, 8 * KINDS.index(kind))[0]

    def arm(self, kinds, nth, action=FAIL, error=errno.EIO, times=1, part=""):
        """From the nth matching call on (from 1), `times` calls meet the action."""
        self.disarm()
        self._text(_PART, 256, part)
        self._text(_FIRED_AT, 1024, "")
        for field, value in (("kinds", sum(1 << KINDS.index(kind) for kind in kinds)), ("first", nth),
                             ("times", times), ("action", action), ("error", error),
                             ("matches", 0), ("fired", 0)):
            self[field] = value
        self["armed"] = 1

    def count(self, kinds=ON_FILES, part=""):
        """Counts matching calls and harms none."""
        self.arm(kinds, FOREVER, part=part)

    def disarm(self):
        self["armed"] = 0

    @property
    def fired(self):
        return self["fired"]

    @property
    def fired_at(self):
        return self.memory[_FIRED_AT:_FIRED_AT + 1024].rstrip(b"\0").decode()

    def environment(self):
        return [f"LD_PRELOAD={LIBRARY}", f"RONDO_FAULTS={self.path}"]


class FaultServer(LoopServer):
    """A server whose calls go through the plan. It need not come up: see `try_start`."""

    def __init__(self, folder, database="", start=True):
        folder = pathlib.Path(folder)
        (folder / "data").mkdir(parents=True, exist_ok=True)
        self.plan = Plan(folder / "faults", folder / "data")
        self.wants_start = start
        super().__init__(folder, database, inside=["env", *self.plan.environment()])
        self.wants_start = True

    def start(self):
        if self.wants_start:
            super().start()

    def try_start(self):
        """True when it is up; else the process has ended by itself."""
        try:
            super().start()
            return True
        except AssertionError:
            if self.process.poll() is None:
                raise
            return False

    def words(self):
        """What it has said since it was last asked."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        new, self.said = text[getattr(self, "said", 0):], len(text)
        return new

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def end(self):
        """Whatever it does, it is gone."""
        process = getattr(self, "process", None)
        if process and process.poll() is None:
            process.kill()
            process.wait()
