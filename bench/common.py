"""What the benchmarks share: servers that are started, measured and ended, load, and the table.

CPU time is what a server's processes used, children included, from utime and stime in /proc: on a
machine that others load too it is steadier than requests a second, which stand beside it. Every
figure is the median of three runs after one that does not count."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = pathlib.Path(os.environ.get("RONDO_BUILD", ROOT / "build/release")).resolve()
SECONDS = 3  # of load in one run
RUNS = 3
START_SECONDS = 120
STOP_SECONDS = 15
TICK = os.sysconf("SC_CLK_TCK")
MLFLOW = [sys.executable, "-m", "mlflow"]


def say(text):
    """Progress; the table alone goes to stdout."""
    print(f"   {text}", file=sys.stderr, flush=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(**more):
    """For every server: one OpenMP thread, no access log, and Python may keep what it compiled."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    programs = f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**kept, "PATH": programs, "OMP_NUM_THREADS": "1", "UVICORN_ACCESS_LOG": "false",
            "MLFLOW_DISABLE_TELEMETRY": "true", **more}


def processes():
    """{pid: (parent, session, ticks of CPU)}; ticks count children that ended and were awaited."""
    found = {}
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
        except OSError:  # gone meanwhile
            continue
        found[int(path.parent.name)] = (int(fields[1]), int(fields[3]),
                                        sum(map(int, fields[11:15])))
    return found


class Server:
    """A server in a session and a folder of its own, ready to answer `path` with 200."""

    def __init__(self, name, command, folder, port, path, env=None, scheme="http"):
        self.name, self.port, self.folder, self.refused = name, port, folder, 0
        self.scheme = scheme
        folder.mkdir(parents=True, exist_ok=True)
        self.log = folder / "server.log"
        begun = time.monotonic()
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([*map(str, command)], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, cwd=folder,
                                            env=env or environment(), start_new_session=True)
        try:
            self.wait(path, begun + START_SECONDS)
        except BaseException:
            self.stop()
            raise
        self.start_seconds = time.monotonic() - begun

    def wait(self, path, until):
        while time.monotonic() < until and self.process.poll() is None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=START_SECONDS)
            if self.scheme == "https":
                connection = http.client.HTTPSConnection("127.0.0.1", self.port,
                                                         timeout=START_SECONDS,
                                                         context=ssl._create_unverified_context())
            with contextlib.suppress(OSError, http.client.HTTPException):
                connection.request("GET", path)
                if connection.getresponse().status == 200:
                    return
            connection.close()
            time.sleep(0.001)
        raise SystemExit(f"{self.name} does not answer {path} with 200:\n" + self.log_end())

    def log_end(self):
        return self.log.read_text(errors="replace")[-3000:]

    def tree(self):
        """The ids of its processes: its session, and whoever descends from it."""
        table, mine = processes(), {self.process.pid}
        while True:
            more = {pid for pid, (parent, session, _) in table.items()
                    if parent in mine or session == self.process.pid} - mine
            if not more:
                return mine
            mine |= more

    def cpu(self):
        """Seconds of CPU so far."""
        table = processes()
        return sum(table[pid][2] for pid in self.tree() if pid in table) / TICK

    def sleeps(self):
        """How often its threads have gone to sleep so far."""
        total = 0
        for pid in self.tree():
            for status in pathlib.Path(f"/proc/{pid}/task").glob("*/status"):
                with contextlib.suppress(OSError):
                    total += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)",
                                           status.read_text(), re.M)[1])
        return total

    def rss(self):
        """Resident bytes of the first process."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", text)[1]) * 1024

    def pss(self):
        """Proportional bytes of all processes: shared pages count once."""
        total = 0
        for pid in self.tree():
            with contextlib.suppress(OSError):
                text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
                total += int(re.search(r"^Pss:\s+(\d+) kB", text, re.M)[1]) * 1024
        return total

    def client(self):
        return Client(self.port)

    def stop(self):
        left = self.tree()
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_SECONDS)
        for pid in left & set(processes()):  # a worker that outlived its parent
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()


class Client:
    """One kept-alive connection; an answer other than 2xx ends the benchmark."""

    def __init__(self, port, token=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.headers = {"content-type": "application/json"}
        if token:
            self.headers["authorization"] = f"Bearer {token}"

    def send(self, method, path, body=None):
        self.connection.request(method, path, body, self.headers)
        answer = self.connection.getresponse()
        data = answer.read()
        assert answer.status < 300, f"{path}: {answer.status} {data[:500]}"
        return data

    def call(self, method, path, message=None):
        body = None if message is None else json.dumps(message).encode()
        return json.loads(self.send(method, path, body) or b"null")


class Bench:
    """A temporary folder and the servers of one benchmark; leaves neither behind."""

    def __enter__(self):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rondo-bench-"))
        self.servers, self.count = [], 0
        return self

    def __exit__(self, *_):
        for server in reversed(self.servers):
            server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def new_folder(self):
        self.count += 1
        folder = self.folder / str(self.count)
        folder.mkdir()
        return folder

    def start(self, name, command, path, port=None, folder=None, env=None, scheme="http"):
        """`command` is a list, or takes the port and gives a list."""
        port = port or free_port()
        command = command(port) if callable(command) else command
        server = Server(name, command, folder or self.new_folder(), port, path, env,
                        scheme)
        self.servers.append(server)
        return server

    def rondo(self, *flags, name="rondo", scheme="http"):
        folder = self.new_folder()
        server = self.start(name, lambda port: [
            BUILD / "rondo", "server", "--data", folder / "data", "--port", port,
            "--log-level", "warning", *flags], "/readyz", folder=folder, scheme=scheme)
        server.data = folder / "data"
        return server

    def uvicorn(self, name, text, *flags, path="/livez"):
        """An application of its own, given as text; it is called `app`."""
        folder = self.new_folder()
        (folder / "app.py").write_text(text)
        return self.start(name, lambda port: [
            sys.executable, "-m", "uvicorn", "app:app", "--port", port, "--app-dir", folder,
            "--log-level", "warning", *flags], path, folder=folder)

    def stop(self, server):
        server.stop()
        self.servers.remove(server)

    def wrk(self, path, bodies=None, connections=16, seconds=SECONDS, pinned=False):
        """A load for `measure`: GET, or POST of the bodies in turn; @N@ in a body is a number
        that no other request has. Pinned: each connection has a body of its own, and a thread."""
        script = self.folder / f"load{len(list(self.folder.glob('load*')))}.lua"
        script.write_text(LUA % {"bodies": ", ".join(f"[==[{body}]==]" for body in bodies or [])})
        numbers = iter(range(1, 1_000_000_000, 10_000_000))

        def load(server):
            command = ["wrk", f"-t{connections if pinned else 1}", f"-c{connections}",
                       f"-d{seconds}s", "--timeout", "60s"]
            if bodies:
                command += ["-s", script]
            command.append(f"{server.scheme}://127.0.0.1:{server.port}{path}")
            if bodies:
                command += ["--", str(next(numbers)), "pinned" if pinned else ""]
            done = subprocess.run(command, capture_output=True, text=True)
            out = done.stdout
            refused = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
            refused = int(refused[1]) if refused else 0
            assert done.returncode == 0 and "Socket errors" not in out, \
                f"{server.name}: {out}{done.stderr}{server.log_end()}"
            assert not refused or not server.name.startswith("rondo"), out
            server.refused += refused
            return int(re.search(r"(\d+) requests in", out)[1]) - refused

        return load


LUA = """
local bodies, made, numbered = { %(bodies)s }, {}, false
local headers, count, threads = { ["content-type"] = "application/json" }, 0, 0
function setup(thread)
    thread:set("id", threads)
    threads = threads + 1
end
function init(arguments)
    count, pinned = tonumber(arguments[1]), arguments[2] == "pinned"
    if pinned then count = count + id * 100000 end
    for i, body in ipairs(bodies) do
        numbered = numbered or body:find("@N@", 1, true)
        made[i] = wrk.format("POST", nil, headers, body)
    end
end
function request()
    count = count + 1
    local i = (pinned and id or count) %% #bodies + 1
    if not numbered then return made[i] end
    return wrk.format("POST", nil, headers, (bodies[i]:gsub("@N@", count)))
end
"""


def repeat(call, seconds=SECONDS, least=5):
    """A load for `measure`: one call after another on one connection; call(client, i)."""
    def load(server):
        client, i, until = server.client(), 0, time.monotonic() + seconds
        while i < least or time.monotonic() < until:
            call(client, i)
            i += 1
        return i
    return load


def measure(server, load, runs=RUNS):
    """Median CPU us per request, and median requests per second. A load gives how many it sent."""
    load(server)
    costs, rates = [], []
    for _ in range(runs):
        cpu, begun, requests = server.cpu(), time.monotonic(), 0
        for _ in range(20):  # a slow peer may answer none in the seconds of one load
            requests += load(server)
            if requests:
                break
        else:
            sys.exit(f"{server.name} answered nothing")
        rates.append(requests / (time.monotonic() - begun))
        costs.append((server.cpu() - cpu) * 1e6 / requests)
    return statistics.median(costs), statistics.median(rates)


class Table:
    """Figures under headings. The first line under a heading is the measure for the others."""

    def __init__(self, title):
        self.title, self.rows, self.first, self.costs = title, [], {}, {}

    def add(self, what, who, cost, unit="us CPU", rate=None):
        self.costs[what, who] = cost
        base = self.first.setdefault(what, (cost, rate))
        ratio = f"{cost / base[0]:.3g} x" if base[0] else ""
        rates = [number(rate), f"{base[1] / rate:.3g} x"] if rate and base[1] else ["", ""]
        self.rows.append([what, who, number(cost), unit, ratio, *rates])
        say(" ".join(f"{what}: {who} {number(cost)} {unit} {ratio}".split()))

    def measure(self, what, server, load, runs=RUNS):
        server.refused = 0
        cost, rate = measure(server, load, runs)
        refused = f", refused {server.refused}" if server.refused else ""
        self.add(what, server.name + refused, cost, rate=rate)
        return cost

    def print(self):
        order = list(self.first)
        rows = sorted(self.rows, key=lambda row: order.index(row[0]))
        heads = ["", "", "cost", "", "/ rondo's", "requests/s", "rondo's /"]
        if not any(row[5] for row in rows):
            rows, heads = [row[:5] for row in rows], heads[:5]
        width = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]
        print(f"\n{self.title}\n")
        last = None
        for row in [heads, *rows]:
            shown = ["" if row[0] == last else row[0], *row[1:]]
            last = row[0]
            print("  ".join(text.ljust(size) if i in (0, 1, 3) else text.rjust(size)
                            for i, (text, size) in enumerate(zip(shown, width))).rstrip())
        sys.stdout.flush()


def profile(record, during=None):
    """Where CPU time goes, by perf, when it is there: perf record's own arguments, and what to do meanwhile."""
    perf = shutil.which("perf")
    if not perf:
        return print("    (no perf here to say where the time goes)")
    with tempfile.NamedTemporaryFile() as data:
        recording = subprocess.Popen([perf, "record", "-o", data.name, *map(str, record)],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if during:
            during()
            recording.send_signal(signal.SIGINT)
        recording.wait()
        said = subprocess.run([perf, "report", "-i", data.name, "--stdio", "--percent-limit", "3"], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    for line in said.splitlines():
        if line.strip() and not line.startswith("#"):
            print("    " + line.strip()[:110])


def number(value):
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.3f}"


# The model of the benchmarks of serving and of trees.
FEATURES, TREES, DEPTH = 30, 100, 6


def train():
    """A booster of 100 trees of depth 6 over 30 features, the same every time."""
    import numpy as np
    import xgboost as xgb
    random = np.random.default_rng(1)
    rows = random.normal(size=(20_000, FEATURES)).astype(np.float32)
    signal = (np.sin(2 * rows[:, 0]) + rows[:, 1] * rows[:, 2] + np.abs(rows[:, 3:9]).sum(1)
              + rows[:, 9:] @ random.normal(size=FEATURES - 9) / 5)
    labels = signal + random.normal(size=len(rows)) > np.median(signal)
    names = [f"feature_{i}" for i in range(FEATURES)]
    booster = xgb.train({"objective": "binary:logistic", "max_depth": DEPTH, "seed": 1,
                         "nthread": 1, "eta": 0.1, "tree_method": "hist"},
                        xgb.DMatrix(rows, labels, feature_names=names), TREES)
    booster.set_param({"nthread": 1})
    return booster


def asked_rows(count, missing=0.0):
    """Rows to predict; a share of the values is missing."""
    import numpy as np
    random = np.random.default_rng(2)
    rows = random.normal(size=(count, FEATURES)).astype(np.float32)
    rows[random.random(rows.shape) < missing] = np.nan
    return rows


def c_predict(booster, rows):
    """A function without arguments that predicts the rows through XGBoost's C interface."""
    import ctypes
    import xgboost as xgb
    library, data = xgb.core._LIB, rows.ctypes
    values = json.dumps({"data": [data.data, True], "shape": rows.shape, "typestr": "<f4",
                         "version": 3}).encode()
    config = json.dumps({"type": 0, "training": False, "iteration_begin": 0, "iteration_end": 0,
                         "strict_shape": False, "missing": float("nan"),
                         "cache_id": 0}).encode()
    shape = ctypes.POINTER(ctypes.c_uint64)()
    dims, out = ctypes.c_uint64(), ctypes.POINTER(ctypes.c_float)()
    call = library.XGBoosterPredictFromDense
    arguments = (booster.handle, ctypes.c_char_p(values), ctypes.c_char_p(config), None,
                 ctypes.byref(shape), ctypes.byref(dims), ctypes.byref(out))

    def predict():
        assert call(*arguments) == 0, "XGBoost refuses the rows"
        return out

    predict.rows = rows  # outlives the address in `values`
    return predict


def cpu_of(call, seconds=1.0, runs=RUNS):
    """CPU us of this process for one call: the best of several runs."""
    call()
    best = float("inf")
    for _ in range(runs):
        count, begun, until = 0, time.process_time(), time.monotonic() + seconds / runs
        while time.monotonic() < until:
            for _ in range(10):
                call()
            count += 10
        best = min(best, (time.process_time() - begun) * 1e6 / count)
    return best
