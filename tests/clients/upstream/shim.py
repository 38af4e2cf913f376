"""A pytest plugin that puts Rondo where MLflow's own tests start their server.

Those tests start a server in three ways, and each is met here without a change to them: a thread with
MLflow's application (`ServerThread`), a process (`_init_server`), and the command `mlflow server`. What
their folder has beside the tests (helpers, fixtures of conftest.py) is taken from there when it is there.

With RONDO_UPSTREAM_PEER, MLflow's own server runs in Rondo's place, a process with a folder of its own
for each test: what fails on both belongs to another version of MLflow."""

import contextlib
import importlib.util
import os
import pathlib
import shutil
import signal
import socket
import stat
import sys
import tempfile
import time
import types

import pytest

from rondo_server import BINARY, Server

LOCALHOST = "127.0.0.1"
# An empty store of the peer, because making one takes longer than a test.
MIGRATED = pathlib.Path(tempfile.gettempdir()) / f"rondo-upstream-{os.getpid()}.db"


@contextlib.contextmanager
def _peer(*_, **__):
    from peer import MlflowServer
    with tempfile.TemporaryDirectory(prefix="rondo-upstream-") as folder:
        if MIGRATED.exists():
            shutil.copy(MIGRATED, folder)
        server = MlflowServer(pathlib.Path(folder))
        try:
            if not MIGRATED.exists():
                shutil.copy(f"{folder}/mlflow.db", MIGRATED)
            yield server.url
        finally:
            server.stop()


@contextlib.contextmanager
def _rondo(*_, **__):
    with tempfile.TemporaryDirectory(prefix="rondo-upstream-") as folder:
        server = Server(pathlib.Path(folder))
        # Webhooks make this machine send: without accounts they need the token of the data folder.
        os.environ["MLFLOW_TRACKING_TOKEN"] = server.token()
        try:
            yield server.url
        finally:
            del os.environ["MLFLOW_TRACKING_TOKEN"]
            server.stop()


def _send(tracking_server_uri, api_path, json_payload, auth=None):
    import requests
    return requests.post(tracking_server_uri + api_path, json=json_payload, auth=auth, timeout=60)


def _await_up(port, timeout=60):
    until = time.monotonic() + timeout
    while True:
        try:
            return socket.create_connection((LOCALHOST, port), 1).close()
        except OSError:
            assert time.monotonic() < until, f"no server on port {port}"
            time.sleep(0.02)


def _free_port():
    with socket.socket() as free:
        free.bind((LOCALHOST, 0))
        return free.getsockname()[1]


def _kill(pid):
    """The command below is Rondo itself, a single process."""
    os.kill(pid, signal.SIGKILL)


def _run_cli(command, arguments, env=None):
    from click.testing import CliRunner
    done = CliRunner(env=env).invoke(command, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done


def _module(name, **members):
    module = types.ModuleType(name)
    vars(module).update(members)
    sys.modules[name] = module


def _there(name):
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _command_in(folder):
    """`mlflow server --port N --backend-store-uri ...`, as a command that starts Rondo on that port."""
    command = pathlib.Path(folder) / "mlflow"
    command.write_text(f"""#!{sys.executable}
import os, sys, tempfile
given = sys.argv[1:]
assert given[:1] == ["server"], given
port = given[given.index("--port") + 1]
data = tempfile.mkdtemp(prefix="rondo-upstream-")
os.execv({str(BINARY)!r}, ["rondo", "server", "--data", data, "--port", port])
""")
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    os.environ["PATH"] = f"{folder}:{os.environ['PATH']}"


def pytest_configure(config):
    config.addinivalue_line("markers", "allow_infer_pip_requirements_fallback: a mark of theirs")
    server = _peer if os.environ.get("RONDO_UPSTREAM_PEER") else _rondo
    _module("tests.tracking.integration_test_utils", ServerThread=server, _init_server=server,
            _send_rest_tracking_post_request=_send, _await_server_up_or_die=_await_up)
    if not _there("tests.helper_functions"):
        _module("tests.helper_functions", LOCALHOST=LOCALHOST, get_safe_port=_free_port,
                kill_process_tree=_kill)
    if not _there("tests.integration.utils"):
        _module("tests.integration.utils", invoke_cli_runner=_run_cli)
    # Their fixtures also open stores in this process, for the application that is not started here.
    from mlflow.server import handlers
    handlers.initialize_backend_stores = lambda *_, **__: None
    config.commands = tempfile.TemporaryDirectory(prefix="rondo-upstream-")
    _command_in(config.commands.name)


def pytest_unconfigure(config):
    config.commands.cleanup()
    MIGRATED.unlink(missing_ok=True)


def pytest_collection_modifyitems(config, items):
    """Their other store, a folder of files, is the same server here."""
    twice = [item for item in items
             if "file" in getattr(getattr(item, "callspec", None), "params", {}).values()]
    config.hook.pytest_deselected(items=twice)
    items[:] = [item for item in items if item not in twice]


@pytest.fixture
def db_uri(tmp_path):
    """A database for what their fixtures open beside the server; nothing reads it."""
    return f"sqlite:///{tmp_path}/beside.db"


@pytest.fixture(autouse=True)
def as_new(monkeypatch, tmp_path):
    """No run, experiment or address is left over from the test before."""
    import mlflow
    monkeypatch.chdir(tmp_path)
    # What the client leaves for processes that it starts.
    for left in ("MLFLOW_EXPERIMENT_ID", "MLFLOW_RUN_ID", "MLFLOW_REGISTRY_URI", "MLFLOW_TRACKING_URI"):
        os.environ.pop(left, None)
    yield
    while mlflow.active_run():
        mlflow.end_run()
    mlflow.set_tracking_uri(None)
    mlflow.set_registry_uri(None)
    mlflow.tracking.fluent._active_experiment_id = None
