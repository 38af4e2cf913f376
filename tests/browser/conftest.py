"""The page in Debian's chromium, served by the real binary whose small loop has been played."""

import contextlib
import os
import pathlib
import sys

import pytest
from playwright.sync_api import sync_playwright

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

from rondo_server import Server  # noqa: E402
from small_loop import SmallLoop  # noqa: E402
from team import Team  # noqa: E402
from tracked import Tracked  # noqa: E402

CHROMIUM = os.environ.get("RONDO_CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]

# What the page must not do is collected before its first script runs.
WATCH = """
window.violations = [];
addEventListener('securitypolicyviolation',
  (e) => violations.push(`${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`));
"""


@contextlib.contextmanager
def server_in(folder):
    # Fixed keys: units fall into the same arms in every run.
    (folder / "data/keys").mkdir(parents=True)
    for name in ("assignment", "prediction"):
        (folder / "data/keys" / name).write_text("5" * 64)
    os.environ["RONDO_ENVIRONMENT"] = f"default={sys.executable}"
    server = Server(folder)
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def loop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    with server_in(folder) as server:
        small = SmallLoop(server.url, (folder / "data/token").read_text().strip())
        small.play()
        small.url = server.url
        yield small


@pytest.fixture(scope="session")
def team(tmp_path_factory):
    """A server with accounts of every role, and something that they may see or not."""
    with server_in(tmp_path_factory.mktemp("team")) as server:
        yield Team(server)


@pytest.fixture(scope="session")
def tracked(tmp_path_factory):
    """Experiments and runs that MLflow's client has logged."""
    folder = tmp_path_factory.mktemp("tracked")
    with server_in(folder) as server:
        found = Tracked(server.url)
        found.log(folder)
        yield found


@pytest.fixture(scope="session")
def many(tmp_path_factory):
    """An experiment of ten thousand runs, on a server of its own."""
    with server_in(tmp_path_factory.mktemp("many")) as server:
        found = Tracked(server.url)
        found.log_many()
        yield found


@pytest.fixture
def bare(tmp_path):
    """A server with nothing on it, and its folder."""
    with server_in(tmp_path) as server:
        yield server, tmp_path


@pytest.fixture(scope="session")
def browser():
    if not pathlib.Path(CHROMIUM).exists():
        pytest.skip(f"{CHROMIUM} is not installed; RONDO_CHROMIUM names another")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def open_page(browser):
    """Opens addresses in fresh profiles. At the end no page may have met an error, a violation of
    its policy, or a host other than its own. Answers of the statuses that a test expects are
    written to the console by the browser itself."""
    opened = []

    def open_at(url, path="/", width=1280, height=900, scheme="light", grants=(), statuses=(),
                cookies=()):
        context = browser.new_context(viewport={"width": width, "height": height},
                                      color_scheme=scheme, permissions=list(grants))
        context.add_cookies(list(cookies))
        page = context.new_page()
        problems = []
        page.on("console", lambda m: m.type in ("error", "warning") and
                not any(f"status of {s}" in m.text for s in statuses) and problems.append(m.text))
        page.on("pageerror", lambda e: problems.append(str(e)))
        page.on("request", lambda r: r.url.startswith((url + "/", "data:")) or
                problems.append("a request left the host: " + r.url))
        page.add_init_script(WATCH)
        page.goto(url + path)
        opened.append((context, page, problems))
        return page

    yield open_at
    for context, page, problems in opened:
        assert page.evaluate("violations") == [], page.url
        assert problems == [], page.url
        context.close()
