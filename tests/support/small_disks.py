"""Small disks under a server's data folder: each a tmpfs in a mount namespace of the server's own, so
they go when the server goes."""

import os
import pathlib
import subprocess

import pytest
from loop_server import LoopServer
from serving import Http


def _mounted(data, size, parts):
    """The command that runs another one with a disk of that many bytes at each of the folders."""
    unshare = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
    script = "; ".join(f"mkdir -p '{folder}' && mount -t tmpfs -o size={size} none '{folder}'"
                       for folder in (data / part for part in parts))
    return [*unshare, "sh", "-ec", script + '; exec "$@"', "sh"]


class SmallDisks:
    """A server whose parts of the data folder ("" is all of it) are disks of `size` bytes."""

    def __init__(self, folder, size, parts=("",)):
        (folder / "probe").mkdir()
        probe = subprocess.run([*_mounted(folder / "probe", size, parts), "true"],
                               capture_output=True, text=True)
        if probe.returncode != 0:
            pytest.skip("no small disks can be mounted here: " + probe.stderr)
        data = folder / "data"
        self.parts = parts
        self.server = LoopServer(folder, inside=_mounted(data, size, parts))
        self.data = pathlib.Path(f"/proc/{self.server.process.pid}/root{data}")
        self.http = Http(self.server.url, (self.data / "token").read_text().strip())

    def fill(self, part=""):
        """To the last byte."""
        with open(self.data / part / "fill", "ab", buffering=0) as file:
            for piece in (bytes(1 << 20), bytes(4096), bytes(1)):
                try:
                    while file.write(piece) == len(piece):
                        pass
                except OSError:
                    pass

    def empty(self, part=""):
        (self.data / part / "fill").unlink(missing_ok=True)

    def stop(self):
        for part in self.parts:
            self.empty(part)
        self.server.stop()
