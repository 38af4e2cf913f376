"""T51: one bit falls over in what lies on the disk. Where there is a digest or a checksum the damage is
named with what to do, and no answer is silently wrong; nowhere does the server crash, and what is not
damaged is still served. SQLite's own pages have no checksum: there a flipped bit is named when it breaks
the page's form (and by SQLite's integrity check), but a value may come back changed."""

import pathlib
import shutil
import sqlite3

import pytest
from conftest import SEED, WHOLE, http_of
from faults import FaultServer
from ledger import AWAY, Artifact, LogBatch, NewExperiment, NewRun, Push
from serving import serve_tiny, wait_for
from tiny_model import Mlflow

FLIPS = 150 if WHOLE else 12  # in the database and in its log
READS = ["/readyz", "/api/2.0/mlflow/experiments/get-by-name?experiment_name=e",
         "/api/rondo/v1/endpoints", "/api/rondo/v1/datasets", "/api/2.0/mlflow/registered-models/search"]


def flip(path, chance, first=0, last=None, bits=range(8)):
    """Turns one bit over; says which."""
    path = pathlib.Path(path)
    content = bytearray(path.read_bytes())
    at = chance.randrange(first, last or len(content))
    content[at] ^= 1 << chance.choice(bits)
    path.write_bytes(content)
    return f"{path.name} byte {at}"


class Filled:
    """A data folder with some of everything, at rest, to be copied."""

    def __init__(self, folder, chance):
        server = FaultServer(folder)
        http, mlflow = http_of(server), Mlflow(server.url)
        run = NewRun("r")
        self.writes = [NewExperiment("e"), run]
        assert all(write.send(http) for write in self.writes)
        self.small = Artifact(run, "small.bin", chance.randbytes(1000))
        self.large = Artifact(run, "large.bin", chance.randbytes(700_000))
        self.push = Push("d", "first", {"a.bin": chance.randbytes(300_000)})
        self.batches = [LogBatch(run, f"k{i}", [float(i)] * 50) for i in range(10)]
        for write in (self.small, self.large, self.push, *self.batches):
            assert write.send(http), write.answer
            self.writes.append(write)
        serve_tiny(http, mlflow, "live")
        for number in range(50):
            assert http.predict("live", {"instances": [[1, 1]]}, x_rondo_unit_id=f"u{number}").status == 200
        wait_for(lambda: http.status("live")["champion"]["logged"] == 50)
        self.data = folder / "killed"
        server.process.kill()  # so that the write-ahead log still holds all of it
        server.process.wait()
        shutil.copytree(server.data, self.data)

    def copy(self, folder):
        """A server on a copy, not started yet."""
        server = FaultServer(folder, start=False)
        shutil.rmtree(server.data)
        shutil.copytree(self.data, server.data)
        return server

    def checkpointed(self, folder):
        """The same with everything in the database's file, nothing in its log."""
        server = self.copy(folder)
        db = sqlite3.connect(server.data / "rondo.db")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()
        return server


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    import random
    return Filled(tmp_path_factory.mktemp("filled"), random.Random(SEED))


@pytest.fixture
def server(filled, tmp_path):
    """A server on a copy of the filled folder."""
    copy = filled.copy(tmp_path)
    yield copy
    copy.end()


def blob_path(server, write):
    content = write.digest if isinstance(write, Artifact) else None
    return server.data / "blobs/objects" / content[:2] / content


def is_up(http):
    return all(http.get(path).status == 200 for path in READS)


def test_a_stored_file(filled, server, chance):
    flip(blob_path(server, filled.small), chance)
    flip(blob_path(server, filled.large), chance)
    server.start()
    http = http_of(server)
    answer = http.get(filled.small.path)
    assert answer.status == 500 and "are damaged" in answer.message and "backup" in answer.message, answer
    with pytest.raises(AWAY):  # cut before its end, because the end shows the damage
        http.get(filled.large.path)
    wait_for(lambda: server.log.read_text().count("are damaged") >= 2)
    assert filled.push.count(http) == 1 and is_up(http)
    # The remedy that the message names: storing the same bytes again.
    for write in (filled.small, filled.large):
        assert write.send(http) and write.count(http) == 1
    server.stop()


def test_a_file_of_a_dataset_and_its_list(filled, server, chance):
    files = sorted((server.data / "blobs/objects").rglob("*"), key=lambda p: p.stat().st_size)
    content = next(p for p in files if p.is_file() and p.stat().st_size == 300_000)
    tree = next(p for p in files if p.is_file() and p.read_bytes().endswith(b" 300000 a.bin\n"))
    whole = content.read_bytes()
    flip(content, chance)
    server.start()
    http = http_of(server)
    path = "/api/rondo/v1/datasets/d/versions/1"
    with pytest.raises(AWAY):
        http.get(f"{path}/files/a.bin")
    wait_for(lambda: "are damaged" in server.log.read_text())
    content.write_bytes(whole)
    assert http.get(f"{path}/files/a.bin").body == whole
    flip(tree, chance)
    answer = http.get(path)
    assert answer.status == 500 and "are damaged" in answer.message, answer
    assert is_up(http)
    server.stop()


@pytest.mark.parametrize("where", ["header", "row"])
def test_a_prediction_log(server, chance, where):
    path, = server.data.glob("predictions/*/*.log")
    header = 12 + int.from_bytes(path.read_bytes()[8:12], "little") + 4
    flipped = flip(path, chance, *((0, header) if where == "header" else (header, None)))
    before = path.read_bytes()
    server.start()
    http = http_of(server)
    arm = http.status("live")["champion"]
    assert arm["answered"] == 50 and arm["logged"] + arm["lost"] == 50, (flipped, arm)
    assert arm["lost"] == (50 if where == "header" else 1), (flipped, arm)
    aside = path.with_name(path.name + ".damaged")
    # The last row may as well be one that a kill tore.
    if aside.exists():
        assert aside.read_bytes() == before
        assert "a prediction log is damaged" in server.log.read_text()
    else:
        assert where == "row" and http.timeline("live", "predictions.lost")
    for number in range(10):
        assert http.predict("live", {"instances": [[1, 1]]}, x_rondo_unit_id=f"v{number}").status == 200
    wait_for(lambda: http.status("live")["champion"]["logged"] == arm["logged"] + 10)
    server.stop()
    server.start()
    assert http_of(server).status("live")["champion"] == {
        "answered": 60, "logged": arm["logged"] + 10, "lost": arm["lost"]}
    server.stop()


@pytest.mark.parametrize("bits", [range(8), [0]])  # the last bit of a digit makes another digit
@pytest.mark.parametrize("key", ["assignment", "prediction"])
def test_a_key(server, chance, key, bits):
    flipped = flip(server.data / "keys" / key, chance, 0, 64, bits)
    assert not server.try_start(), flipped
    assert server.process.returncode == 1
    said = server.words()
    assert f"keys/{key}' is " in said and "backup" in said, said


def test_the_write_ahead_log(filled, tmp_path, chance):
    """Whatever is lost is named; what is there is right."""
    named = harmless = 0
    for number in range(FLIPS):
        folder = tmp_path / str(number)
        folder.mkdir()
        server = filled.copy(folder)
        try:
            wal = server.data / "rondo.db-wal"
            # Not in the last frame, whose mark is what tells it from an older one.
            flipped = flip(wal, chance, 0, wal.stat().st_size - 24 - 4096)
            up = server.try_start()
            said = server.log.read_text()
            if not up:  # the schema itself is gone
                assert server.process.returncode == 1 and "rondo: " in said, (flipped, said)
            assert "the write-ahead log of the database is damaged" in said, (flipped, said[-1000:])
            assert (server.data / "rondo.db-wal.damaged").exists()
            named += 1
            if up:
                assert http_of(server).get("/readyz").status == 200
                server.stop()
        finally:
            server.end()
        shutil.rmtree(folder)
    print(f"proof: {named} flipped bits in the write-ahead log, each named, seed {SEED}")


def test_the_database(filled, tmp_path, chance):
    """No crash, no hang; what breaks a page is named with what to do."""
    outcomes = {"no start": 0, "named": 0, "unseen": 0}
    for number in range(FLIPS):
        folder = tmp_path / str(number)
        folder.mkdir()
        server = filled.checkpointed(folder)
        try:
            flipped = flip(server.data / "rondo.db", chance)
            if not server.try_start():
                said = server.words()
                assert server.process.returncode == 1 and "rondo: " in said, (flipped, said)
                outcomes["no start"] += 1
                continue
            http, words = http_of(server), []
            for write in filled.writes:
                try:
                    write.count(http)
                except AssertionError as error:  # Half, and answers that are refusals
                    words.append(str(error))
            for path in READS:
                answer = http.get(path)
                if answer.status >= 500:
                    words.append(answer.message)
            outcomes["named" if any("damaged" in word for word in words) else "unseen"] += 1
            assert server.process.poll() is None, flipped
            server.stop()
        finally:
            server.end()
            shutil.rmtree(folder)
    print(f"proof: {FLIPS} flipped bits in the database: {outcomes}, no crash, seed {SEED}")
