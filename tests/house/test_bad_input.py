"""What an administrator may get wrong: the server says in one line what it is and what to do, and does
not start."""

import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess

import pytest
from conftest import place, rondo
from loop_server import BINARY, LoopServer, free_port
from serving import wait_for
from test_doctor import make_certificate


def start(*arguments, inside=(), env=None):
    """A server that must not start: (exit code, what it said)."""
    done = subprocess.run([*map(str, inside), str(BINARY), "server", *map(str, arguments)],
                          capture_output=True, text=True, timeout=60,
                          env={"PATH": os.environ["PATH"], **(env or {})})
    assert done.returncode != 0, "it started"
    said = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    assert len(said) == 1, done.stderr
    return done.returncode, said[0]


def refused(words, *arguments, code=None, **more):
    got, said = start(*arguments, **more)
    for word in words:
        assert word in said, said
    assert code is None or got == code, (got, said)
    return said


@pytest.fixture(scope="module")
def used(tmp_path_factory):
    """A data folder that a server has used."""
    server = LoopServer(tmp_path_factory.mktemp("used"))
    server.stop()
    return server.data


@pytest.fixture
def data(used, tmp_path):
    shutil.copytree(used, tmp_path / "data")
    return tmp_path / "data"


def make_newer(data):
    with sqlite3.connect(data / "rondo.db") as db:
        db.execute("INSERT INTO schema_migrations VALUES (9999, 'later', 'x', 1)")
    db.close()


def test_a_newer_schema(data):
    make_newer(data)
    before = (data / "rondo.db").read_bytes()
    refused(["schema 9999", "newer program"], "--data", data, "--port", 0, code=5)
    assert (data / "rondo.db").read_bytes() == before
    done = rondo("backup", data.parent / "backups", "--data", data, code=5)
    assert "schema 9999" in done.stderr


def test_a_newer_schema_on_postgres(postgres, tmp_path):
    url = postgres.new_database("newer")
    server = LoopServer(tmp_path / "first", url)
    server.stop()
    psql(url, "INSERT INTO schema_migrations VALUES (9999, 'later', 'x', 1)")
    refused(["schema 9999", "newer program"], *place(server.data, url), "--port", 0, code=5)


def psql(url, sql):
    from rondo_server import POSTGRES
    subprocess.run([POSTGRES / "psql", "-Xq", "-d", url, "-c", sql], check=True, capture_output=True)


def test_postgres_that_does_not_let_us_in(postgres, tmp_path):
    """A wrong password, no such database, no such server, a read-only one."""
    url = postgres.new_database("refusing")
    hba = postgres.folder / "data/pg_hba.conf"
    trusting = hba.read_text()
    psql(url, "CREATE ROLE guarded LOGIN PASSWORD 'right'")
    hba.write_text("host all guarded 127.0.0.1/32 scram-sha-256\n" + trusting)
    psql(url, "SELECT pg_reload_conf()")
    guarded = url.replace("rondo@", "guarded:wrong@")
    said = wait_for(lambda: (s := start(*place(tmp_path / "a", guarded), "--port", 0)[1])
                    and "password" in s and s)
    assert "wrong" not in said and "cannot reach PostgreSQL" in said
    hba.write_text(trusting)
    psql(url, "SELECT pg_reload_conf()")
    refused(['"nothing" does not exist'], *place(tmp_path / "a", url.rsplit("/", 1)[0] + "/nothing"),
            "--port", 0, code=6)
    refused(["Connection refused"], "--data", tmp_path / "a", "--database",
            f"postgresql://rondo@127.0.0.1:{free_port()}/x", "--port", 0, code=6)
    psql(url, "ALTER DATABASE refusing SET default_transaction_read_only = on")
    refused(["read-only"], *place(tmp_path / "a", url), "--port", 0, code=4)
    refused(["sqlite:PATH or postgresql://"], *place(tmp_path / "a", "mysql://x"), "--port", 0, code=1)


def as_nobody():
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")


@needs_root
def test_files_that_may_not_be_written(data):
    """As a user that may only read."""
    for path in [data, *data.rglob("*")]:
        os.chown(path, 65534, 65534)
    # The folders above are pytest's own, closed to others.
    for parent in [data.parent, *data.parent.parents]:
        if parent == pathlib.Path("/tmp"):
            break
        parent.chmod(0o755)
    (data / "rondo.db").chmod(0o400)
    refused(["rondo.db", "read"], "--data", data, "--port", 0, inside=as_nobody(), code=4)
    (data / "rondo.db").chmod(0o000)
    refused(["rondo.db", "open"], "--data", data, "--port", 0, inside=as_nobody(), code=4)
    (data / "rondo.db").chmod(0o600)
    (data / "token").chmod(0o000)
    refused(["token", "Permission denied"], "--data", data, "--port", 0, inside=as_nobody(), code=4)
    (data / "token").chmod(0o600)
    for path in [data, *data.rglob("*")]:
        os.chown(path, 0, 0)
    refused(["data", "Permission denied"], "--data", data, "--port", 0, inside=as_nobody(), code=4)


@needs_root
def test_a_read_only_mount(data):
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c",
         f"mount --bind {data} {data} && mount -o remount,bind,ro {data} && "
         f"exec {BINARY} server --data {data} --port 0"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 4 and "Read-only file system" in done.stderr


@needs_root
def test_a_full_disk_at_start(data, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c",
         f"mount -t tmpfs -o size=1m tmpfs {disk} && mkdir {disk}/data && "
         f"(head -c 2m /dev/zero > {disk}/fill; true) 2>/dev/null; "
         f"exec {BINARY} server --data {disk}/data --port 0"],
        capture_output=True, text=True, timeout=60)
    assert done.returncode == 1, (done.returncode, done.stderr)
    said = done.stderr.strip().splitlines()[-1]
    assert "No space left" in said and "free some space" in said


def test_two_servers_on_one_folder(tmp_path):
    server = LoopServer(tmp_path)
    refused(["another server", "--data"], "--data", server.data, "--port", 0, code=5)
    server.stop()


def test_a_port_in_use(data, tmp_path):
    server = LoopServer(tmp_path / "other")
    refused([str(server.port), "in use", "--port"], "--data", data, "--port", server.port, code=5)
    server.stop()


@pytest.mark.parametrize("damage, words", [
    ("text", ["rondo.db", "damaged", "restore a backup"]),
    ("key", ["keys/prediction", "damaged", "backup"])])
def test_damaged_files(data, damage, words):
    if damage == "text":
        (data / "rondo.db").write_text("this is no database" * 100)
        for rest in ("rondo.db-wal", "rondo.db-shm"):
            (data / rest).unlink(missing_ok=True)
    else:
        (data / "keys/prediction").write_text("short\n")
    refused(words, "--data", data, "--port", 0)


@pytest.mark.parametrize("text, words", [
    ("port = \n = 5", ["rondo.toml"]), ("port", ["rondo.toml", "port"]),
    ("[server\nport = 1", ["rondo.toml"]), ("\x00\x01\x02", ["rondo.toml"])])
def test_a_malformed_file_of_settings(tmp_path, text, words):
    (tmp_path / "rondo.toml").write_text(text)
    done = subprocess.run([BINARY, "server", "--config", tmp_path / "rondo.toml", "--data",
                           tmp_path / "data", "--port", "0"], capture_output=True, text=True,
                          timeout=30)
    assert done.returncode == 2 and all(word in done.stderr for word in words), done.stderr
    assert not (tmp_path / "data").exists()


def certificates(folder):
    """What may be wrong with a certificate: (name, certificate, key, words)."""
    make_certificate(folder)
    make_certificate(folder, name="other")
    subprocess.run(["openssl", "req", "-new", "-key", folder / "server.key", "-subj", "/CN=localhost",
                    "-out", folder / "request"], check=True, capture_output=True)
    for name, begin, end in (("expired", "20200101000000Z", "20210101000000Z"),
                             ("future", "20990101000000Z", "20991231000000Z")):
        signed(folder, name, begin, end)
    (folder / "nothing.pem").write_text("no PEM\n")
    (folder / "empty.pem").write_text("")
    subprocess.run(["openssl", "pkey", "-in", folder / "server.key", "-aes256", "-passout", "pass:x",
                    "-out", folder / "locked.key"], check=True, capture_output=True)
    good, key = folder / "server.pem", folder / "server.key"
    return [(folder / "expired.pem", key, ["expired on 2021-01-01"]),
            (folder / "future.pem", key, ["not valid before 2099", "clock"]),
            (good, folder / "other.key", ["other.key", "does not belong", "server.pem"]),
            (folder / "none.pem", key, ["none.pem", "No such file"]),
            (good, folder / "none.key", ["none.key", "No such file"]),
            (folder / "nothing.pem", key, ["nothing.pem", "PEM"]),
            (folder / "empty.pem", key, ["empty.pem", "PEM"]),
            (good, folder / "nothing.pem", ["nothing.pem", "private key"]),
            (good, folder / "locked.key", ["locked.key", "passphrase"])]


def signed(folder, name, begin, end):
    config = folder / "ca.cnf"
    config.write_text(f"[ca]\ndefault_ca=x\n[x]\nnew_certs_dir={folder}\ndatabase={folder}/index\n"
                      f"serial={folder}/serial\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n")
    (folder / "index").write_text("")
    (folder / "serial").write_text("01\n")
    subprocess.run(["openssl", "ca", "-batch", "-config", config, "-selfsign", "-keyfile",
                    folder / "server.key", "-in", folder / "request", "-startdate", begin, "-enddate",
                    end, "-out", folder / f"{name}.pem", "-notext"], check=True, capture_output=True)


def test_certificates(data, tmp_path):
    """Refused at the start; at a reload the old one stays, and the log says why."""
    cases = certificates(tmp_path)
    for certificate, key, words in cases:
        refused(words, "--data", data, "--port", 0, "--tls-cert", certificate, "--tls-key", key)
    refused(["belong together"], "--data", data, "--port", 0, "--tls-cert", tmp_path / "server.pem")

    live = tmp_path / "live"
    live.mkdir()
    shutil.copy(tmp_path / "server.pem", live / "c.pem")
    shutil.copy(tmp_path / "server.key", live / "c.key")
    log, port = open(tmp_path / "log", "w+"), free_port()
    process = subprocess.Popen([BINARY, "server", "--data", data, "--port", str(port), "--tls-cert",
                                live / "c.pem", "--tls-key", live / "c.key"], stderr=log)

    def said():
        return [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]

    def served():
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}"], text=True,
                              input="", capture_output=True, timeout=20)
        return done.stdout[done.stdout.find("-----BEGIN"):done.stdout.find("-----END")]
    try:
        wait_for(lambda: any(line["what"] == "listening" for line in said()))
        first = served()
        assert first
        for number, (certificate, key, words) in enumerate(cases, 1):
            for source, target in ((certificate, "c.pem"), (key, "c.key")):
                (live / target).unlink(missing_ok=True)
                if source.exists():
                    shutil.copy(source, live / target)
            process.send_signal(signal.SIGHUP)
            wait_for(lambda: sum(line["what"] == "certificates" for line in said()) == number)
            assert said()[-1]["level"] == "error" and served() == first
        shutil.copy(tmp_path / "other.pem", live / "c.pem")
        shutil.copy(tmp_path / "other.key", live / "c.key")
        process.send_signal(signal.SIGHUP)
        wait_for(lambda: served() not in ("", first))
    finally:
        process.terminate()
        assert process.wait(30) == 0
        log.close()
