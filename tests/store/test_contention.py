"""Many clients that write the same row of PostgreSQL: each transaction is in the others' way."""

import http.client
import json
import threading
import time
import urllib.parse

from rondo_server import Postgres, Server

API = "/api/2.0/mlflow/"
CLIENTS, SECONDS = 16, 4


def test_one_tag_of_one_run_by_many(tmp_path):
    """Nobody is refused. A commit that waits for the disk makes the others meet it surely."""
    cluster = Postgres(())
    server = Server(tmp_path, cluster.new_database("same"))
    try:
        statuses, retries, writes = hammer(server)
        print(f"\n{len(statuses)} writes, {retries} transactions run again, in {writes} commits")
        assert set(statuses) == {200}
        assert len(statuses) > 200
        # A group that met others twice goes alone, and is not met a third time.
        assert retries <= 3 * writes
    finally:
        server.stop()
        cluster.stop()


def hammer(server):
    address = urllib.parse.urlsplit(server.url)
    statuses, until = [], time.monotonic() + SECONDS

    def call(connection, path, body):
        connection.request("POST", API + path, json.dumps(body), {"content-type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    def connect():
        return http.client.HTTPConnection(address.hostname, address.port, timeout=60)

    _, made = call(connect(), "runs/create", {"experiment_id": "0"})
    run = made["run"]["info"]["run_id"]

    def client(number):
        connection, i = connect(), 0
        while time.monotonic() < until:
            statuses.append(call(connection, "runs/set-tag", {
                "run_id": run, "key": "progress", "value": f"{number}: {i}"})[0])
            i += 1

    threads = [threading.Thread(target=client, args=(n,)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    connection = connect()
    connection.request("GET", "/metrics")
    lines = dict(line.rsplit(" ", 1) for line in connection.getresponse().read().decode().splitlines()
                 if not line.startswith("#"))
    return (statuses, int(float(lines["rondo_database_retries_total"])),
            int(float(lines["rondo_database_transactions_total"])))
