"""Whatever is referred to can be read at all times, and at rest all garbage is gone: while threads
store, refer to and delete the same few contents, servers are killed, and rounds follow one another
with graces of nothing."""

import hashlib
import os
import random
import threading
import time
import uuid

import pytest
import s3
from conftest import ARTIFACTS, wait_for

SECONDS = float(os.environ.get("RONDO_COLLECTION_SECONDS", "8"))
LEASE = 6.0
# Enough contents that each is left alone for longer than a lease now and then, and comes again.
# Rounds without a pause; a removal that was cut short blocks its bytes for two seconds.
HURRY = ("--keep", f"period=100ms,grace=0,lease={int(LEASE)}s,removal=2s")
POOL = [f"content {i}\n".encode() * (1 + 997 * (i % 3)) for i in range(300)]


def digest(content):
    return hashlib.sha256(content).hexdigest()


class Worker(threading.Thread):
    """Has its own paths and its own dataset; shares all contents with the others."""

    def __init__(self, number, server, seed, until):
        super().__init__()
        self.server, self.until = server, until
        self.luck = random.Random(seed * 1000 + number)
        self.name = f"{number}"
        self.paths = {}  # path -> content, None when it is gone, or a set of what it may be
        self.versions = {}  # number -> {path: content}
        self.trees, self.unsure = set(), set()
        self.counts = {"put": 0, "delete": 0, "read": 0, "version": 0, "waited": 0}
        self.failure = None

    def run(self):
        try:
            while time.monotonic() < self.until:
                self.luck.choice([self.put, self.put, self.delete, self.read, self.read,
                                  self.upload, self.make_version])()
        except BaseException as failure:  # shown by the test
            self.failure = failure

    def call(self, method, path, **more):
        """None when it is not known whether it was done."""
        answer = self.server().call(method, path, **more)
        if answer is None or answer.status_code in (503, 504):
            self.counts["waited"] += 1
            time.sleep(0.05)
            return None
        return answer

    def put(self):
        path = f"w{self.name}/{self.luck.randrange(8)}"
        content = self.luck.choice(POOL)
        before = self.paths.get(path)
        answer = self.call("PUT", ARTIFACTS + path, data=content)
        if answer is None:
            may_be = before if isinstance(before, set) else {before}
            self.paths[path] = may_be | {content}
            return
        assert answer.status_code == 200, answer.text
        self.paths[path] = content
        self.counts["put"] += 1

    def delete(self):
        path = f"w{self.name}/{self.luck.randrange(8)}"
        if not isinstance(self.paths.get(path), bytes):
            return
        answer = self.call("DELETE", ARTIFACTS + path)
        if answer is None:
            self.paths[path] = {self.paths[path], None}
            return
        assert answer.status_code == 200, answer.text
        self.paths[path] = None
        self.counts["delete"] += 1

    def check_path(self, path):
        expected = self.paths[path]
        answer = self.call("GET", ARTIFACTS + path)
        if answer is None:
            return
        found = answer.content if answer.status_code == 200 else None
        assert found is not None or answer.status_code == 404, (path, answer.text)
        if isinstance(expected, set):
            assert found in expected, (path, answer.status_code, answer.text[:300])
            self.paths[path] = found
        else:
            assert found == expected, (path, answer.status_code, answer.text[:300])
        self.counts["read"] += 1

    def check_file(self, number, path):
        answer = self.call("GET", f"/api/rondo/v1/datasets/d{self.name}/versions/{number}/files/{path}")
        if answer is not None:
            assert answer.content == self.versions[number][path], (number, path, answer.text[:300])
            self.counts["read"] += 1

    def read(self):
        if self.versions and self.luck.random() < 0.5:
            number = self.luck.choice(list(self.versions))
            self.check_file(number, self.luck.choice(list(self.versions[number])))
        elif self.paths:
            self.check_path(self.luck.choice(list(self.paths)))

    def upload(self):
        self.call("POST", "/api/rondo/v1/blobs", data=self.luck.choice(POOL))

    def make_version(self):
        """Builds on what is said to be stored already, a while later."""
        if len(self.versions) >= 12:
            return
        own = uuid.UUID(int=self.luck.getrandbits(128)).bytes
        files = {"own": own, "a": self.luck.choice(POOL), "b": self.luck.choice(POOL)}
        begun = time.monotonic()
        known = self.call("POST", "/api/rondo/v1/blobs/known",
                          json={"digests": [digest(c) for c in files.values()]})
        if known is None:
            return
        for content in files.values():
            if digest(content) not in known.json()["digests"]:
                if self.call("POST", "/api/rondo/v1/blobs", data=content) is None:
                    return
        time.sleep(self.luck.random() * LEASE / 5)
        if time.monotonic() - begun > LEASE / 2.5:
            return  # a client this slow has to ask again
        self.unsure |= {digest(c) for c in files.values()}
        made = self.call("POST", f"/api/rondo/v1/datasets/d{self.name}/versions",
                         json={"entries": [{"path": p, "digest": digest(c)}
                                           for p, c in files.items()]})
        if made is None:
            return
        assert made.status_code == 200, made.text
        self.versions[made.json()["number"]] = files
        self.trees.add(made.json()["digest"])
        self.counts["version"] += 1


def referred(workers, server):
    """Digests by what the servers say, all of it read once more."""
    found = set()
    for worker in workers:
        for path in worker.paths:
            wait_for(lambda: worker.check_path(path) or not isinstance(worker.paths[path], set))
            if worker.paths[path] is not None:
                found.add(digest(worker.paths[path]))
        for number, files in worker.versions.items():
            for path in files:
                worker.check_file(number, path)
    for dataset in server.api("GET", "datasets")["datasets"]:
        for version in server.api("GET", f"datasets/{dataset}/versions?limit=1000")["versions"]:
            found.add(version["digest"])
            one = server.api("GET", f"datasets/{dataset}/versions/{version['number']}")
            found |= {entry["digest"] for entry in one["entries"]}
    return found


def race(servers, stored, seed, kill):
    until = time.monotonic() + SECONDS
    workers = [Worker(i, lambda i=i: servers[i % len(servers)], seed, until)
               for i in range(4 * len(servers))]
    for worker in workers:
        worker.start()
    luck, kills = random.Random(seed), 0
    while kill and time.monotonic() < until - 3:
        time.sleep(1.5 + luck.random())
        victim = luck.choice(servers)
        victim.kill()
        kills += 1
        victim.start()
    for worker in workers:
        worker.join()
    for worker in workers:
        if worker.failure:
            raise worker.failure
    expected = referred(workers, servers[0])
    wait_for(lambda: stored() == expected, 60)
    assert referred(workers, servers[-1]) == expected
    totals = servers[0].api("GET", "collection")["totals"]
    counts = {key: sum(w.counts[key] for w in workers) for key in workers[0].counts}
    print(f"proof: seed {seed}, {kills} kills, {counts}, {totals['rounds']} rounds, "
          f"{totals['removed']['objects']} removed, {len(expected)} left")
    assert counts["put"] > 10 and counts["read"] > 10 and counts["version"] > 0
    assert totals["removed"]["objects"] > 0 and totals["rounds"] > 3


def seed():
    return int(os.environ.get("RONDO_SEED", random.randrange(1 << 30)))


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_one_server_that_is_killed(make, engine):
    server = make(engine, *HURRY)
    race([server], server.stored, seed(), kill=True)


def test_two_servers_on_one_bucket(make, service):
    bucket = "b" + uuid.uuid4().hex[:12]
    service.client().create_bucket(Bucket=bucket)
    flags = ("--blobs", f"s3://{bucket}/house", *HURRY)
    env = s3.environment(service.endpoint)
    first = make("postgres", *flags, env=env)
    second = make("postgres", *flags, env=env, database=first.database)

    def stored():
        return {key.rsplit("/", 1)[1] for key in service.keys(bucket, "house/objects/")}

    race([first, second], stored, seed(), kill="RONDO_COLLECTION_SECONDS" in os.environ)
