"""What tests against the real binary stand on: a server, and a private PostgreSQL.

RONDO_BUILD names the folder of binaries, build/release by default."""

import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("RONDO_BUILD", ROOT / "build/release")) / "rondo"
POSTGRES = pathlib.Path("/usr/lib/postgresql/15/bin")
START_SECONDS = 30


class Server:
    """A running server with a data folder of its own."""

    verb = "server"

    def __init__(self, folder: pathlib.Path, database: str = "", arguments=()):
        self.log, self.data = folder / "log", folder / "data"
        command = [BINARY, self.verb, "--data", self.data, "--port", "0", *arguments]
        if database:
            command += ["--database", database]
        # A sanitizer keeps freed memory for a while; tests of memory need it to let go.
        env = {"ASAN_OPTIONS": "quarantine_size_mb=8", **os.environ}
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, stderr=log, env=env)
        self.url = self._wait_for_url()

    def _wait_for_url(self) -> str:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            for line in self.log.read_text(errors="replace").splitlines():
                if line.startswith("{") and json.loads(line).get("what") == "listening":
                    return json.loads(line)["url"]
            time.sleep(0.01)
        raise AssertionError("the server does not start: " + self.log.read_text(errors="replace"))

    def token(self) -> str:
        return (self.data / "token").read_text().strip()

    def stop(self):
        """A crash or a sanitizer's finding fails the test."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(START_SECONDS)
        text = self.log.read_text(errors="replace")
        assert status == 0 and "Sanitizer" not in text, f"exit {status}\n{text[-5000:]}"


class Postgres:
    """A cluster in a temporary folder: no durability unless the settings say so, no network but its
    own port on loopback. PostgreSQL refuses to run as root, so root runs it as nobody."""

    def __init__(self, settings=("fsync=off", "full_page_writes=off")):
        self.settings = settings
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rondo-pg-"))
        self.user = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        if os.geteuid() == 0:
            shutil.chown(self.folder, self.user)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._run("initdb", "-D", self.folder / "data", "-U", "rondo", "-A", "trust", "-E", "UTF8",
                  "--locale", "C", "--no-sync")
        self.start()

    def start(self):
        """Also after stop_server(): the same cluster on the same port."""
        self.process = subprocess.Popen(
            [POSTGRES / "postgres", "-D", self.folder / "data", "-k", self.folder,
             "-p", str(self.port), "-h", "127.0.0.1",
             *(f"--{setting}" for setting in (*self.settings, "max_connections=60"))],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder, **self._as_user())
        until = time.monotonic() + START_SECONDS
        while subprocess.run([POSTGRES / "pg_isready", "-q", "-h", self.folder, "-p",
                              str(self.port)]).returncode != 0:
            assert time.monotonic() < until, "PostgreSQL does not start"
            time.sleep(0.05)

    def _as_user(self) -> dict:
        if os.geteuid() != 0:
            return {}
        entry = pwd.getpwnam(self.user)
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

    def _run(self, tool: str, *arguments):
        subprocess.run([POSTGRES / tool, *map(str, arguments)], check=True, cwd=self.folder,
                       stdout=subprocess.DEVNULL, **self._as_user())

    def new_database(self, name: str) -> str:
        self._run("createdb", "-h", self.folder, "-p", self.port, "-U", "rondo", "-T", "template0",
                  "--lc-collate", "C", name)
        return f"postgresql://rondo@127.0.0.1:{self.port}/{name}"

    def processes(self) -> list:
        """The ids of all its processes, the first one first."""
        first = self.process.pid
        children = pathlib.Path(f"/proc/{first}/task/{first}/children").read_text().split()
        return [first, *map(int, children)]

    def sql(self, database: str, text: str) -> str:
        return subprocess.run([POSTGRES / "psql", "-h", self.folder, "-p", str(self.port), "-U",
                               "rondo", "-d", database, "-v", "ON_ERROR_STOP=1", "-qAt", "-f", "-"],
                              input=text, check=True, cwd=self.folder, text=True,
                              stdout=subprocess.PIPE, **self._as_user()).stdout.strip()

    def stop_server(self, how: int = signal.SIGINT):
        """SIGINT ends it in order, SIGQUIT as a crash does; its data stay."""
        self.process.send_signal(how)
        self.process.wait(START_SECONDS)

    def stop(self):
        self.stop_server()
        shutil.rmtree(self.folder, ignore_errors=True)
