"""What is changed on one server is live on the other in under a second, with and without NOTIFY."""

import http.client
import subprocess
import threading
import time

import pytest
from loop_server import BINARY, LoopServer, free_port
from serving import Http, wait_for
from tiny_model import Mlflow

LIVE_SECONDS = 1.0
ROW = {"dataframe_split": {"columns": ["x", "<img src=x onerror=window.hostile=1>"],
                           "data": [[0.1, 1.0]]}}


@pytest.fixture(params=["notify", "poll"])
def pair(request, make_pair):
    return make_pair(["--no-notify"] if request.param == "poll" else [])


def http_of(server):
    return Http(server.url, server.client().token)


def measured(what):
    """Seconds until it is true."""
    begun = time.monotonic()
    wait_for(what, every=0.005)
    return time.monotonic() - begun


def define(server, name):
    return http_of(server).call("PUT", f"/api/rondo/v1/endpoints/{name}",
                                {"name": name, "model": f"models:/{name}@champion"})


def register(server, name, low=0.25):
    mlflow = Mlflow(server.url)
    run_id, uri = mlflow.log(low, 0.75, {}, {})
    try:
        mlflow.post("registered-models/create", {"name": name})
    except Exception:  # it exists
        pass
    return mlflow.register(name, run_id, uri)


def point(server, name, version):
    Mlflow(server.url).post("registered-models/alias",
                            {"name": name, "alias": "champion", "version": str(version)})


def answers_by(http, name, version):
    answer = http.predict(name, ROW)
    return answer.status == 200 and answer.headers["x-rondo-model-version"] == str(version)


def test_changes_on_one_are_live_on_the_other(pair, capsys):
    a, b = pair.servers
    took = []
    for here, there, name in ((a, b, "first"), (b, a, "second")):
        far = http_of(there)
        path = f"/api/rondo/v1/endpoints/{name}"
        define(here, name)
        took.append(measured(lambda: far.get(path).status == 200))
        one, two = register(here, name), register(here, name, 0.3)
        point(here, name, one)
        wait_for(lambda: answers_by(far, name, one))
        point(here, name, two)  # an alias leads to a route
        took.append(measured(lambda: answers_by(far, name, two)))
        point(there, name, one)  # whichever server decides
        took.append(measured(lambda: answers_by(http_of(here), name, one)))
        http_of(here).call("PUT", path, {"name": name, "model": f"models:/{name}@champion",
                                         "maturation": "2d"})
        took.append(measured(lambda: far.call("GET", path)["spec"]["maturation"] == "2d"))
        rollout = {"version": two, "spec": {"stages": [
            {"mode": "canary", "share": 0.5, "promote": {"evidence": 20, "min_days": 3}}]}}
        http_of(here).call("POST", path + "/rollouts", rollout)
        # Told that it is in force, the caller finds it on every server at once.
        mine = {http_of(there).predict(name, ROW, x_rondo_unit_id=f"u{i}")
                .headers["x-rondo-model-version"] for i in range(40)}
        assert mine == {str(one), str(two)}
        http_of(there).call("POST", path + "/rollouts/abort", {"reason": "enough"})
        assert all(answers_by(http_of(here), name, one) for _ in range(20))
    assert max(took) < LIVE_SECONDS, took
    with capsys.disabled():
        print(f"proof: a change on one server is live on the other after at most {max(took):.3f} s")


def test_events_reach_live_pages_of_the_other(pair):
    a, b = pair.servers
    heard = threading.Event()

    def listen():
        connection = http.client.HTTPConnection("127.0.0.1", b.port, timeout=20)
        connection.request("GET", "/api/rondo/v1/events",
                           headers={"authorization": f"Bearer {b.client().token}"})
        answer = connection.getresponse()
        while line := answer.fp.readline():
            if b"endpoint/live" in line:
                heard.set()
                return

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    # The stream begins with "now": events are made until one is heard of.
    deadline, number = time.monotonic() + 20, 0
    while not heard.is_set():
        assert time.monotonic() < deadline
        number += 1
        begun = time.monotonic()
        define(a, f"live{number}")
        heard.wait(LIVE_SECONDS)
    assert time.monotonic() - begun < LIVE_SECONDS


def test_servers_and_leases_are_shown(pair):
    a, b = pair.servers
    cluster = http_of(b).call("GET", "/api/rondo/v1/cluster")
    assert sorted(s["state"] for s in cluster["servers"]) == ["running", "running"]
    assert {s["address"] for s in cluster["servers"]} == {a.url, b.url}
    owners = {lease["job"]: lease for lease in cluster["leases"]}
    assert owners["loop"]["held"] and owners["executor"]["held"]
    metrics = [http_of(s).get("/metrics").body.decode() for s in (a, b)]
    assert sum('rondo_lease_held{job="loop"} 1' in text for text in metrics) == 1
    wait_for(lambda: all("rondo_servers_running 2" in http_of(s).get("/metrics").body.decode()
                         for s in (a, b)))
    found = subprocess.run([BINARY, "doctor", "--data", b.data, "--url", b.url, "--token-file",
                            b.data / "token"], capture_output=True, text=True)
    assert "job loop: done by" in found.stdout, found.stdout
    b.stop()  # says good-bye: no time goes by until the other has everything
    wait_for(lambda: all(lease["held"] for lease in
                         http_of(a).call("GET", "/api/rondo/v1/cluster")["leases"]), seconds=2)
    states = {s["address"]: s["state"]
              for s in http_of(a).call("GET", "/api/rondo/v1/cluster")["servers"]}
    assert states == {a.url: "running", b.url: "stopped"}
    b.start()
    b.kill()
    wait_for(lambda: "dead" in [s["state"] for s in
                                http_of(a).call("GET", "/api/rondo/v1/cluster")["servers"]])
    b.start()


def test_keys_are_the_same_or_refused(postgres, make_pair, tmp_path):
    pair = make_pair()  # both with the same keys in their folders
    other = tmp_path / "other"
    (other / "data/keys").mkdir(parents=True)
    (other / "data/keys/prediction").write_text("6" * 64 + "\n")
    database = pair.servers[0].database
    refused = subprocess.run(
        [BINARY, "server", "--data", other / "data", "--port", "0", "--database", database],
        capture_output=True, text=True, timeout=30)
    assert refused.returncode != 0
    assert "is not the key that the database has" in refused.stderr
    # A folder without keys takes the database's: ids of one server are known to the other.
    (other / "data/keys/prediction").unlink()
    third = subprocess.Popen(
        [BINARY, "server", "--data", other / "data", "--port", str(port := free_port()),
         "--database", database, "--blobs", pair.folder / "blobs"], stderr=subprocess.DEVNULL)
    try:
        first = http_of(pair.servers[0])
        define(pair.servers[0], "keyed")
        version = register(pair.servers[0], "keyed")
        point(pair.servers[0], "keyed", version)
        wait_for(lambda: answers_by(first, "keyed", version))
        prediction = first.predict("keyed", ROW).json["prediction_ids"][0]
        url = f"http://127.0.0.1:{port}"
        token = other / "data/token"
        wait_for(lambda: token.exists())

        def up():
            try:
                return Http(url, token.read_text().strip()).get("/readyz").status == 200
            except OSError:
                return False
        wait_for(up)
        accepted = Http(url, token.read_text().strip()).call(
            "POST", "/api/rondo/v1/endpoints/keyed/feedback",
            {"labels": [{"prediction_id": prediction, "value": 1}]})
        assert accepted["accepted"] == 1
        assert not (other / "data/keys/prediction").exists()
    finally:
        third.terminate()
        assert third.wait(30) == 0
