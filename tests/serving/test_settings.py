"""Where a setting comes from: flags win over RONDO_* variables, those over the file."""

import os
import subprocess

import pytest
from loop_server import BINARY, free_port
from serving import Http, wait_for


@pytest.fixture
def run(tmp_path):
    """Starts a server with these flags, variables and file; stops it in the end."""
    started = []

    def start(flags=(), variables=None, file=""):
        config = tmp_path / "rondo.toml"
        config.write_text(file)
        log = open(tmp_path / f"log-{len(started)}", "w+")
        clean = {name: value for name, value in os.environ.items()
                 if not name.startswith("RONDO_")}
        started.append((subprocess.Popen(
            [BINARY, "server", "--config", config, *map(str, flags)], stderr=log, cwd=tmp_path,
            env={**clean, **{n: str(v) for n, v in (variables or {}).items()}}), log))
        return started[-1]

    yield start
    for process, log in started:
        process.terminate()
        process.wait(30)
        log.close()


def settings(process, log, folders, ports):
    """The port, folder and level that the server really runs with."""
    def port():
        assert process.poll() is None, text(log)
        for candidate in ports:
            try:
                if Http(f"http://127.0.0.1:{candidate}").get("/readyz").status == 200:
                    return candidate
            except OSError:
                pass
    found = wait_for(port)
    level = "info" if '"listening"' in text(log) else "quiet"
    return found, [folder for folder in folders if (folder / "token").exists()], level


def text(log):
    log.seek(0)
    return log.read()


CASES = {  # what each source says, by setting, and which one rules
    "file": ("", "", "file"),
    "variable over file": ("", "variable", "variable"),
    "flag over both": ("flag", "variable", "flag"),
    "flag over file": ("flag", "", "flag"),
}


@pytest.mark.parametrize("section", ["", "[server]\n"])
@pytest.mark.parametrize("case", CASES)
def test_precedence(run, tmp_path, case, section):
    flag, variable, rules = CASES[case]
    ports = {source: free_port() for source in ("flag", "variable", "file")}
    folders = {source: tmp_path / source for source in ports}
    # The level of whoever rules is info, which shows; the others would keep quiet.
    levels = {source: "info" if source == rules else "error" for source in ports}
    started = run(
        flags=["--port", ports["flag"], "--data", folders["flag"], "--log-level", levels["flag"]]
        if flag else [],
        variables={"RONDO_PORT": ports["variable"], "RONDO_DATA": folders["variable"],
                   "RONDO_LOG_LEVEL": levels["variable"]} if variable else {},
        file=f'{section}port = {ports["file"]}\ndata = "{folders["file"]}"\n'
             f'log-level = "{levels["file"]}"\n')
    assert settings(*started, folders.values(), ports.values()) == (
        ports[rules], [folders[rules]], "info")


def test_each_setting_on_its_own(run, tmp_path):
    """One from each source at once."""
    port = free_port()
    started = run(flags=["--port", port], variables={"RONDO_DATA": tmp_path / "there"},
                  file='log-level = "error"\nenvironment = ["default=/usr/bin/python3"]\n')
    assert settings(*started, [tmp_path / "there"], [port]) == (
        port, [tmp_path / "there"], "quiet")


@pytest.mark.parametrize("file, words", [
    ("prot = 5", "'prot' in "), ("port = \"high\"", "--port"), ("log-level = \"loud\"", "loud"),
    ("[other]\nport = 5", "'other.port' in ")])
def test_a_wrong_file_is_wrong_usage(run, file, words):
    process, log = run(file=file)
    assert process.wait(10) == 2
    assert words in text(log)


def test_a_missing_file_is_wrong_usage(tmp_path):
    done = subprocess.run([BINARY, "server", "--config", tmp_path / "none.toml"],
                          capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 2 and "none.toml" in done.stderr
    assert list(tmp_path.iterdir()) == []
