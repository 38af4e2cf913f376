"""The unmodified client through a mirror before MLflow's own server: what it reads is the upstream's, and
what Rondo has afterwards is the same, by the same ids."""

import os
import pathlib
import re
import sqlite3
import sys
import threading
import time

import mlflow
import pytest
from conftest import Mirror, ask, rondo
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from mlflow.tracking._tracking_service import utils as mlflow_utils
from rondo_server import Server

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "move"))
import rich  # noqa: E402


class NothingLocal:
    """Whose experiments have their artifacts where they say."""
    search_experiments = staticmethod(lambda **_: [])


def client_of(server):
    return MlflowClient(tracking_uri=server.url, registry_uri=server.url)


class Registering(MlflowClient):
    """Names the logged model that a version is made of, as MLflow's server asks for."""

    def create_model_version(self, name, source, run_id=None, **more):
        model = re.search("m-[0-9a-f]{32}", source)[0]
        return super().create_model_version(name, f"models:/{model}", run_id, model_id=model, **more)


def no_differences(mirror):
    report = mirror.settled()
    bad = mirror.differences("differing")
    assert report["differing"] == 0, "\n".join(map(str, bad[:5]))
    return report


def one_run(client, name, points=20):
    """A run with a bit of everything; its id."""
    run = client.create_run("0", run_name=name, tags={"a": "b"}).info.run_id
    client.log_batch(run, [Metric("loss", 1 / (i + 1), 1_700_000_000_000 + i, i) for i in range(points)],
                     [Param("lr", "0.1")], [RunTag("note", "x")])
    client.log_metric(run, "loss", 0.5)
    client.set_tag(run, "later", "yes")
    client.set_terminated(run)
    return run


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_rich_store_passes_and_is_the_same_here(empty_peer, start, tmp_path, monkeypatch, engine, request):
    monkeypatch.chdir(tmp_path)
    database = ""
    if engine == "postgresql":
        database = request.getfixturevalue("postgres").new_database("mirror")
    mirror = start(empty_peer.url, *(["--database", database] if database else []))
    client = Registering(mirror.url, mirror.url)
    rich.write(client, "mlflow-artifacts:/rich", tmp_path)
    through, direct = rich.whole(client), rich.whole(client_of(empty_peer))
    assert not rich.differences(direct, through), "the client reads the upstream through the mirror"
    report = no_differences(mirror)
    assert report["mirrored"] > 150 and report["equal"] > 0.8 * report["mirrored"], report
    assert report["unknown_here"] == report["not_mirrored"] == report["not_offered"] == 0, report
    assert report["passed_on"] >= report["mirrored"] and report["unreachable"] == 0
    assert 0 < report["rondo_latency"]["p50_ms"] and 0 < report["upstream_latency"]["p50_ms"]
    print(f"proof: {report['mirrored']} requests mirrored, {report['equal']} equal, {report['on_purpose']} on purpose, "
          f"{report['overlapped']} overlapped; p50 upstream {report['upstream_latency']['p50_ms']:.2f} ms, "
          f"rondo {report['rondo_latency']['p50_ms']:.2f} ms")
    mirror.stop()
    alone = Server(tmp_path, database)  # on the same data
    try:
        ours = rich.whole(client_of(alone))
        # Times that the upstream's clock set are told with some writes only, and a list in JSON has blanks there.
        found = [line for line in rich.differences(rich.moved(direct, NothingLocal), ours)
                 if not re.search(r"/(creation|last_updated?)_time|/tags/mlflow.modelVersions: ", line)]
        assert not found, "\n".join(found[:20])
        mlflow_utils._artifact_repos_cache.clear()  # the client remembers where files were before
        rich.check_files(client_of(alone), direct)
    finally:
        alone.stop()


def test_a_difference_is_shown(peer, start):
    """Made by changing what Rondo has behind its back."""
    mirror = start(peer.url)
    client = client_of(mirror)
    run = one_run(client, "to be changed")
    client.set_tag(run, "api_token", "s3cr3t-value")
    no_differences(mirror)
    with sqlite3.connect(mirror.data / "rondo.db", timeout=20) as db:
        changed = db.execute("UPDATE run_tags SET value = 'another' WHERE key IN ('note', 'api_token')").rowcount
    assert changed == 2
    assert client.get_run(run).data.tags["note"] == "x", "the client gets the upstream's"
    assert mirror.settled()["differing"] == 1
    [found] = mirror.differences("differing")
    assert found["endpoint"] == "GET /api/2.0/mlflow/runs/get" and run in found["path"]
    assert found["upstream_status"] == found["rondo_status"] == 200
    shown = {place["path"]: (place["upstream"], place["rondo"]) for place in found["places"]}
    assert ('"x"', '"another"') in shown.values() and all(p.startswith("$.run.data.tags[") for p in shown), shown
    assert "s3cr3t" not in str(found) and ("***", "***") in shown.values()
    text = rondo("mirror", "report", "--url", mirror.url).stdout
    assert 'upstream "x", rondo "another"' in text and "differing   1" in text, text
    assert '"differences"' in rondo("mirror", "report", "--url", mirror.url, "--json").stdout
    metrics = ask(mirror.url, "GET", "/metrics").body.decode()
    assert 'outcome="differing"} 1' in metrics and 'rondo_mirror_latency_seconds{side="rondo"' in metrics
    # And it is there after the next start.
    mirror.stop()
    again = start(peer.url)
    assert again.report()["differing"] == 1 and again.differences("differing")[0]["path"] == found["path"]
    with sqlite3.connect(mirror.data / "rondo.db") as db:
        assert "s3cr3t" not in "".join(text for text, in db.execute("SELECT found FROM mirror_differences"))


def test_what_was_there_before_is_unknown_until_it_is_imported(peer, start, tmp_path):
    direct = client_of(peer)
    experiment = direct.create_experiment("there before")
    old = direct.create_run(experiment, run_name="old").info.run_id
    direct.log_metric(old, "loss", 1.0)
    direct.log_text(old, "there before", "note.txt")
    direct.create_registered_model("old model")

    mirror = start(peer.url)
    client = client_of(mirror)
    client.get_run(old)
    client.log_metric(old, "loss", 0.5)
    client.search_runs([experiment])
    client.get_registered_model("old model")
    report = no_differences(mirror)
    unknown = report["unknown_here"]
    assert unknown >= 4 and "rondo import mlflow" in report["hint"], report
    # What is new in an old experiment is here, once a client has looked at it.
    assert client.get_experiment(experiment).name == "there before"
    new = client.create_run(experiment, run_name="new").info.run_id
    client.get_run(new)
    assert no_differences(mirror)["unknown_here"] == unknown
    mirror.stop()

    rondo("import", "mlflow", f"sqlite:///{peer.folder}/mlflow.db", "--data", mirror.data,
          "--artifacts", peer.folder / "artifacts")
    mirror = start(peer.url)
    client = client_of(mirror)
    client.get_run(old)
    client.get_metric_history(old, "loss")
    client.search_runs([experiment])
    client.get_registered_model("old model")
    client.log_metric(old, "loss", 0.25)
    client.get_run(old)
    assert no_differences(mirror)["unknown_here"] == unknown, mirror.settled()


def test_refusals_have_no_effect_here(peer, start):
    mirror = start(peer.url)
    client = client_of(mirror)
    client.create_experiment("taken")
    # Only the upstream has it: what it refuses is refused, whatever Rondo would say.
    client_of(peer).create_experiment("only there")
    with pytest.raises(mlflow.MlflowException, match="already exists"):
        client.create_experiment("only there")
    with pytest.raises(mlflow.MlflowException, match="already exists"):
        client.create_experiment("taken")
    mirror.settled()
    found = [d for d in mirror.differences() if d["outcome"] == "differing"]
    assert [(d["upstream_status"], d["rondo_status"]) for d in found] == [(400, 200)], found
    with sqlite3.connect(mirror.data / "rondo.db") as db:
        assert db.execute("SELECT count(*) FROM experiments WHERE name = 'only there'").fetchone() == (0,)


def test_pages_of_a_search_agree(peer, start):
    mirror = start(peer.url)
    client = client_of(mirror)
    experiment = client.create_experiment("pages")
    for i in range(7):
        client.create_run(experiment, run_name=f"run {i}", start_time=1_700_000_000_000 + i)
    seen, token = 0, None
    while token or not seen:
        page = client.search_runs([experiment], max_results=3, page_token=token, order_by=["start_time"])
        seen, token = seen + len(page), page.token
    assert seen == 7
    assert no_differences(mirror)["unknown_here"] == 0


def test_a_killed_mirror_loses_nothing_of_the_upstream(peer, start):
    mirror = start(peer.url)
    client = client_of(mirror)
    run = client.create_run("0", run_name="survives").info.run_id
    written, stop = [], threading.Event()

    def log(name):
        i = 0
        while not stop.is_set():
            try:
                answer = ask(mirror.url, "POST", "/api/2.0/mlflow/runs/set-tag",
                             {"run_id": run, "key": f"{name}.{i}", "value": "1"})
            except OSError:
                return
            if answer.status == 200:
                written.append(f"{name}.{i}")
            i += 1

    threads = [threading.Thread(target=log, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    while len(written) < 30:
        time.sleep(0.01)
    mirror.process.kill()
    mirror.process.wait()
    stop.set()
    for thread in threads:
        thread.join()
    tags = client_of(peer).get_run(run).data.tags
    assert not [key for key in written if key not in tags], "each answered write is the upstream's"
    again = start(peer.url)
    assert again.report()["cut_off"] == 1
    assert client_of(again).get_run(run).info.run_name == "survives"
    again.settled()
    print(f"proof: {len(written)} writes answered before kill -9, all of them the upstream's")


def cpu_seconds(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_what_it_adds(peer, start):
    """Latency of the same request with the mirror between and without, in turns; and its CPU."""
    mirror = start(peer.url)
    run = one_run(client_of(mirror), "timed")
    mirror.settled()
    path, rounds = f"/api/2.0/mlflow/runs/get?run_id={run}", 150
    took = {peer.url: [], mirror.url: []}
    before = cpu_seconds(mirror.process)
    for _ in range(rounds):
        for url, times in took.items():
            begun = time.perf_counter()
            assert ask(url, "GET", path).status == 200
            times.append(time.perf_counter() - begun)
    mirror.settled()
    cpu = (cpu_seconds(mirror.process) - before) / rounds
    median = {url: sorted(times)[rounds // 2] * 1e3 for url, times in took.items()}
    added = median[mirror.url] - median[peer.url]
    print(f"proof: p50 direct {median[peer.url]:.2f} ms, through the mirror {median[mirror.url]:.2f} ms "
          f"({added:+.2f} ms), CPU of the mirror {cpu * 1e3:.2f} ms a request, its own answer included")
    assert added < 20, median
    no_differences(mirror)
