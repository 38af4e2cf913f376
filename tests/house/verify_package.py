"""The Debian package: its files, and a clean Debian root where it is installed, upgraded, used and
removed. The unit's command runs as the unit's user; there is no systemd inside a root folder."""

import os
import pathlib
import shutil
import socket
import subprocess
import time

import pytest
from loop_server import ROOT, free_port

CACHE = ROOT / "build/package"
SOURCES = pathlib.Path("/etc/apt/sources.list")


def run(*command, **more):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True,
                          **{"check": True, **more})


@pytest.fixture(scope="module")
def package():
    run("bash", ROOT / "tools/package.sh")
    return next(CACHE.glob("rondo_*.deb"))


def field(package, name):
    return run("dpkg-deb", "-f", package, name).stdout.strip()


def test_the_same_sources_give_the_same_bytes(package):
    before = package.read_bytes()
    run("bash", ROOT / "tools/package.sh")
    assert package.read_bytes() == before


def test_what_it_says_of_itself(package):
    version = run(ROOT / "build/release/rondo", "--version").stdout.strip()
    assert field(package, "Version") == version
    for library in ("libc6", "libssl3", "libsqlite3-0", "libnghttp2-14", "libyaml-cpp", "zlib1g"):
        assert library in field(package, "Depends")
    assert "libpq5" in field(package, "Recommends") and "libpq" not in field(package, "Depends")
    files = run("dpkg-deb", "-c", package).stdout
    for path in ("./usr/bin/rondo", "./lib/systemd/system/rondo.service", "./etc/rondo/rondo.toml",
                 "./usr/share/man/man1/rondo.1.gz"):
        assert path in files
    assert package.stat().st_size < 8_000_000
    if shutil.which("lintian"):
        done = run("lintian", "--fail-on", "error", "--allow-root", package, check=False)
        assert done.returncode == 0, done.stdout


def test_the_unit_is_hardened(tmp_path):
    unit = tmp_path / "rondo.service"
    unit.write_text((ROOT / "packaging/rondo.service").read_text().replace(
        "/usr/bin/rondo", str(ROOT / "build/release/rondo")))
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze here")
    done = run("systemd-analyze", "verify", unit, check=False)
    assert done.returncode == 0 and not done.stderr.strip(), done.stderr
    done = run("systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", unit,
               check=False)
    assert done.returncode == 0, done.stdout[-300:]


@pytest.fixture(scope="module")
def root(package):
    """A minimal Debian with what the package depends on, kept between runs; a copy of it to harm."""
    if os.geteuid() != 0 or not shutil.which("debootstrap"):
        pytest.skip("a clean root needs root and debootstrap")
    depends = [part.split()[0] for part in field(package, "Depends").split(",")]
    kept, stamp = CACHE / "root", " ".join(depends)
    if not (kept / ".complete").exists() or (kept / ".complete").read_text() != stamp:
        shutil.rmtree(kept, ignore_errors=True)
        run("debootstrap", "--variant=minbase", "--include=" + ",".join(
            sorted({*depends, "util-linux", "init-system-helpers", "libpq5"})), "bookworm", kept,
            mirror())
        (kept / ".complete").write_text(stamp)
    harmed = CACHE / "root-used"
    shutil.rmtree(harmed, ignore_errors=True)
    run("cp", "-a", "--reflink=auto", kept, harmed)
    shutil.copy(package, harmed / "rondo.deb")
    yield harmed
    shutil.rmtree(harmed, ignore_errors=True)


def mirror():
    """Where this machine's apt gets Debian itself from."""
    for path in [SOURCES, *sorted((SOURCES.parent / "sources.list.d").glob("*"))]:
        for stanza in (path.read_text() if path.is_file() else "").split("\n\n"):
            fields = dict(line.split(": ", 1) for line in stanza.splitlines() if ": " in line)
            if "bookworm" in fields.get("Suites", "").split():
                return fields["URIs"].split()[0]
            for line in stanza.splitlines():
                words = [word for word in line.split() if not word.startswith(("[", "signed-by"))]
                if words[:1] == ["deb"] and words[2:3] == ["bookworm"]:
                    return words[1]
    return "http://deb.debian.org/debian"


def inside(root, *command, **more):
    return run("chroot", root, *command, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                                              "DEBIAN_FRONTEND": "noninteractive"}, **more)


def test_install_use_upgrade_remove(root, tmp_path):
    inside(root, "dpkg", "-i", "/rondo.deb")
    status = inside(root, "dpkg-query", "-W", "-f", "${Status} ${Conffiles}", "rondo").stdout
    assert "install ok installed" in status and "/etc/rondo/rondo.toml" in status
    data, settings = root / "var/lib/rondo", root / "etc/rondo/rondo.toml"
    owner = inside(root, "id", "-u", "rondo").stdout.strip()
    assert str(data.stat().st_uid) == owner and data.stat().st_mode & 0o777 == 0o700
    assert settings.stat().st_mode & 0o777 == 0o640
    assert (root / "etc/systemd/system/multi-user.target.wants/rondo.service").is_symlink()

    port = free_port()
    settings.write_text(settings.read_text().replace("port = 5000", f"port = {port}"))
    unit = dict(line.split("=", 1) for line in
                (root / "lib/systemd/system/rondo.service").read_text().splitlines()
                if line.startswith(("ExecStart=", "User=")))
    # As systemd would: its user, its command, and a socket that hears when it is ready.
    heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    heard.bind(str(root / "var/lib/rondo/notify"))
    os.chmod(root / "var/lib/rondo/notify", 0o666)
    heard.settimeout(20)
    log = open(tmp_path / "log", "w+b")
    server = subprocess.Popen(
        [shutil.which("chroot"), root, "setpriv", f"--reuid={unit['User']}", f"--regid={unit['User']}",
         "--clear-groups", "--no-new-privs", "--bounding-set=-all", *unit["ExecStart"].split()],
        stderr=log, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "NOTIFY_SOCKET": "/var/lib/rondo/notify",
                         "WATCHDOG_USEC": "400000"})
    try:
        assert heard.recv(100) == b"READY=1"
        begun = time.monotonic()
        assert heard.recv(100) == b"WATCHDOG=1" and time.monotonic() - begun < 2
        told = inside(root, "rondo", "doctor", "--data", "/var/lib/rondo", "--url",
                      f"http://127.0.0.1:{port}")
        assert "ok  server: answers" in told.stdout and "PROBLEM" not in told.stdout
        (root / "rows").mkdir()
        (root / "rows/a.csv").write_text("x\n1\n")
        inside(root, "rondo", "data", "push", "homes", "/rows", "--url", f"http://127.0.0.1:{port}")
        assert "homes" in inside(root, "rondo", "data", "list", "--url",
                                 f"http://127.0.0.1:{port}").stdout
        inside(root, "rondo", "backup", "/backups", "--data", "/var/lib/rondo")
        server.send_signal(15)
        said = b""
        while said != b"STOPPING=1":
            said = heard.recv(100)
        assert server.wait(30) == 0
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()
        log.close()
    assert all(path.stat().st_uid == int(owner) for path in data.rglob("*")
               if path.name not in ("notify", "last-backup"))

    changed = settings.read_text()
    inside(root, "dpkg", "-i", "/rondo.deb")  # an upgrade keeps what the administrator wrote
    assert settings.read_text() == changed
    inside(root, "dpkg", "-r", "rondo")
    assert settings.exists() and (data / "rondo.db").exists()
    assert not (root / "usr/bin/rondo").exists()
    purged = inside(root, "dpkg", "-P", "rondo")
    assert not settings.exists() and (data / "rondo.db").exists()
    assert "/var/lib/rondo is kept" in purged.stdout + purged.stderr
