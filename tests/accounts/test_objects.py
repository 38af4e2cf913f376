"""T18, T19: what is another's stays so, in bodies, lists, searches, counts and by detours."""

import socket
import urllib.parse

import pytest

from conftest import ML, V1

ART = "/api/2.0/mlflow-artifacts/artifacts/"


@pytest.fixture(scope="module")
def world(house):
    """Two experiments, each with a run, a file, a logged model; a model of each; who may see one."""
    out = {}
    for name in ("mine", "theirs"):
        e = house.admin.call("POST", ML + "experiments/create", {"name": name})["experiment_id"]
        run = house.admin.call("POST", ML + "runs/create", {"experiment_id": e})["run"]
        run_id = run["info"]["run_id"]
        house.admin.call("POST", ML + "runs/log-metric",
                         {"run_id": run_id, "key": "m", "value": 1, "timestamp": 1})
        path = run["info"]["artifact_uri"].split(":/", 1)[1].lstrip("/")
        assert house.admin.ask("PUT", ART + path + "/secret.txt", raw=name.encode()).status == 200
        logged = house.admin.call("POST", ML + "logged-models", {"experiment_id": e, "name": "lm"})
        house.admin.call("POST", ML + "registered-models/create", {"name": name})
        house.admin.call("POST", ML + "model-versions/create",
                         {"name": name, "source": f"runs:/{run_id}/m", "run_id": run_id})
        out[name] = {"id": e, "run": run_id, "path": path, "uri": run["info"]["artifact_uri"],
                     "logged": logged["model"]["info"]["model_id"]}
    out["guest"] = house.user("guest")  # no role, one experiment and one model
    house.grant("guest", "experiment", out["mine"]["id"], "edit")
    house.grant("guest", "model", "mine", "edit")
    out["editor"] = house.user("almost", "editor")  # everything but one
    house.grant("almost", "experiment", out["theirs"]["id"], "none")
    house.grant("almost", "model", "theirs", "none")
    return out


@pytest.fixture(params=["guest", "editor"])
def caller(world, request):
    return world[request.param]


def test_T18_single_objects(world, caller):
    mine, theirs = world["mine"], world["theirs"]
    for what, fine in ((mine, 200), (theirs, 403)):
        for verb, path, message in [
                ("GET", f"{ML}experiments/get?experiment_id={what['id']}", None),
                ("GET", f"{ML}runs/get?run_id={what['run']}", None),
                ("GET", f"{ML}runs/get?run_uuid={what['run']}", None),
                ("GET", f"{ML}metrics/get-history?run_id={what['run']}&metric_key=m", None),
                ("GET", f"{ML}artifacts/list?run_id={what['run']}", None),
                ("GET", f"/get-artifact?run_id={what['run']}&path=secret.txt", None),
                ("GET", f"{ART}{what['path']}/secret.txt", None),
                ("GET", f"{ART[:-1]}?path={what['path']}", None),
                ("GET", f"{ML}logged-models/{what['logged']}", None),
                ("POST", ML + "runs/log-metric",
                 {"run_id": what["run"], "key": "n", "value": 1, "timestamp": 1}),
                ("POST", ML + "runs/set-tag", {"run_uuid": what["run"], "key": "k", "value": "v"}),
                ("POST", ML + "runs/create", {"experiment_id": what["id"]})]:
            answer = caller.ask(verb, path, message)
            assert answer.status == fine, (verb, path, message, answer)


def test_T18_one_allowed_id_opens_no_other(world, caller):
    mine, theirs = world["mine"], world["theirs"]
    for verb, path, message in [
            ("GET", f"{ML}runs/get?run_id={mine['run']}&run_uuid={theirs['run']}", None),
            ("GET", f"{ML}metrics/get-history-bulk?run_id={mine['run']}&run_id={theirs['run']}"
                    "&metric_key=m", None),
            ("GET", f"{ML}metrics/get-history-bulk-interval?run_ids={mine['run']}"
                    f"&run_ids={theirs['run']}&metric_key=m", None),
            ("POST", ML + "runs/log-metric", {"run_id": mine["run"], "key": "k", "value": 1,
                                              "timestamp": 1, "model_id": theirs["logged"]}),
            ("POST", ML + "runs/log-batch",
             {"run_id": mine["run"], "metrics": [{"key": "k", "value": 1, "timestamp": 1},
                                                 {"key": "k", "value": 1, "timestamp": 2,
                                                  "model_id": theirs["logged"]}]}),
            ("POST", ML + "model-versions/create",
             {"name": "mine", "source": f"runs:/{theirs['run']}/m", "run_id": theirs["run"]}),
            ("POST", ML + "model-versions/create",
             {"name": "mine", "source": theirs["uri"] + "/m", "run_id": mine["run"]}),
            ("POST", ML + "model-versions/create", {"name": "mine", "source": "models:/theirs/1"}),
            ("POST", ML + "model-versions/create",
             {"name": "mine", "source": f"models:/{theirs['logged']}"}),
            ("POST", ML + "logged-models",
             {"experiment_id": mine["id"], "name": "x", "source_run_id": theirs["run"]})]:
        answer = caller.ask(verb, path, message)
        assert answer.status == 403, (verb, path, message, answer)


def test_T3_T18_a_location_in_another_experiment(world):
    """Who makes an experiment whose files lie in another's would read them through its own runs."""
    theirs = world["theirs"]
    for location in (f"mlflow-artifacts:/{theirs['path']}", f"mlflow-artifacts:/{theirs['id']}",
                     f"mlflow-artifacts:///{theirs['path']}", f"mlflow-artifacts:{theirs['path']}/x"):
        answer = world["editor"].ask("POST", ML + "experiments/create",
                                     {"name": "detour", "artifact_location": location})
        assert answer.status in (400, 403), (location, answer)
        assert answer.status == 403 or b"location" in answer.body, (location, answer)


def test_T18_searches_neither_list_nor_count(world, caller):
    mine, theirs = world["mine"], world["theirs"]
    found = caller.call("GET", ML + "experiments/search?max_results=100")["experiments"]
    names = {e["name"] for e in found}
    assert "mine" in names and "theirs" not in names
    one_by_one, token = [], ""
    while True:  # a page holds what may be read, and no gap tells of what may not
        page = caller.call("POST", ML + "experiments/search",
                           {"max_results": 1, "page_token": token, "filter": "name LIKE '%e%'"})
        one_by_one += [e["name"] for e in page.get("experiments", [])]
        token = page.get("next_page_token", "")
        if not token:
            break
        assert len(page["experiments"]) == 1
    assert "theirs" not in one_by_one and "mine" in one_by_one
    runs = caller.call("POST", ML + "runs/search",
                       {"experiment_ids": [mine["id"], theirs["id"]]}).get("runs", [])
    assert {r["info"]["experiment_id"] for r in runs} == {mine["id"]}
    logged = caller.call("POST", ML + "logged-models/search",
                         {"experiment_ids": [mine["id"], theirs["id"]]})["models"]
    assert {m["info"]["experiment_id"] for m in logged} == {mine["id"]}
    models = caller.call("GET", ML + "registered-models/search")["registered_models"]
    assert "mine" in {m["name"] for m in models} and "theirs" not in {m["name"] for m in models}
    versions = caller.call("GET", ML + "model-versions/search")["model_versions"]
    assert "theirs" not in {v["name"] for v in versions}
    by_run = caller.call("GET", ML + f"model-versions/search?filter=run_id%3D'{theirs['run']}'")
    assert not by_run.get("model_versions")


def test_T18_guests_cannot_tell_what_is_there(world):
    """For who has no role, another's object and none at all are one answer."""
    guest = world["guest"]
    for there, not_there in [
            (f"{ML}runs/get?run_id={world['theirs']['run']}", f"{ML}runs/get?run_id={'0' * 32}"),
            (f"{ML}experiments/get-by-name?experiment_name=theirs",
             f"{ML}experiments/get-by-name?experiment_name=none"),
            (f"{ML}registered-models/get?name=theirs", f"{ML}registered-models/get?name=none"),
            (f"{ART}{world['theirs']['path']}/secret.txt", f"{ART}9999/x/secret.txt")]:
        one, other = guest.ask("GET", there), guest.ask("GET", not_there)
        assert (one.status, one.body) == (other.status, other.body), (one, other)
    for name in ("theirs", "none"):
        answer = guest.ask("PUT", V1 + "grants", {"user": "guest", "object": "model", "name": name,
                                                  "level": "read"})
        assert answer.status == 403 and b"has to manage it" in answer.body, answer


def test_who_creates_manages_and_shares(house, world):
    editor, guest = world["editor"], world["guest"]
    e = editor.call("POST", ML + "experiments/create", {"name": "own"})["experiment_id"]
    assert guest.ask("GET", f"{ML}experiments/get?experiment_id={e}").status == 403
    editor.call("PUT", V1 + "grants",
                {"user": "guest", "object": "experiment", "name": e, "level": "read"})
    guest.call("GET", f"{ML}experiments/get?experiment_id={e}")
    assert guest.ask("POST", ML + "experiments/delete", {"experiment_id": e}).status == 403
    editor.call("POST", V1 + "grants/revoke", {"user": "guest", "object": "experiment", "name": e})
    assert guest.ask("GET", f"{ML}experiments/get?experiment_id={e}").status == 403
    # An editor edits what is others', and deletes what is its own.
    assert editor.ask("POST", ML + "experiments/delete",
                      {"experiment_id": world["mine"]["id"]}).status == 403
    editor.call("POST", ML + "experiments/delete", {"experiment_id": e})


def test_T19_nobody_assigns_what_is_not_theirs(house, world):
    guest = world["guest"]
    for message in ({"name": "x", "password": "p" * 12, "id": 1}, {"name": "x", "created": "2020-01-01"}):
        assert house.local.ask("POST", V1 + "users", message).status == 400
    for message in ({"admin": True}, {"role": "admin"}, {"disabled": False}):
        assert guest.ask("PATCH", V1 + "users/guest", message).status == 403
    # The name in the body of one's own password changes nobody else's.
    answer = guest.ask("PUT", V1 + "me/password", {"name": "boss", "password": "another password",
                                                   "old_password": "correct horse battery"})
    assert answer.status == 200, answer
    assert house.nobody.ask("POST", V1 + "sign-in", {"name": "boss", "password": "another password"}
                            ).status == 401
    # A token never leads to more than what it was made with.
    limited = house.token_of("boss", "write")
    assert limited.ask("POST", V1 + "tokens", {"scope": "admin"}).status == 403
    assert limited.ask("POST", V1 + "tokens", {"scope": "read", "user": "almost"}).status == 403
    assert limited.ask("POST", V1 + "tokens", {"scope": "read"}).status == 200
    # A workspace's administrator makes no administrator of the server.
    chief = house.user("chief", "admin")
    assert chief.ask("POST", V1 + "users", {"name": "more", "password": "p" * 12, "admin": True}
                     ).status == 403
    assert chief.ask("PATCH", V1 + "users/chief", {"admin": True}).status == 403
    assert chief.ask("PUT", V1 + "users/boss/password", {"password": "p" * 12}).status == 403
    assert chief.ask("POST", V1 + "tokens", {"user": "boss", "scope": "admin"}).status == 403
    assert chief.ask("DELETE", V1 + "users/boss").status == 403


def test_T18_already_stored_is_told_to_readers_only(house, world):
    """The digest of another's bytes proves nothing: who may not read them all has to send them."""
    house.user("allbut", "editor")
    stored = house.admin.ask("POST", V1 + "blobs", raw=b"rows of others").json
    for name in ("theirs", "open"):
        house.admin.call("POST", f"{V1}datasets/{name}/versions",
                         {"entries": [{"path": "a", "digest": stored["digest"], "size": stored["size"]}]})
    caller = house.token_of("allbut")
    assert caller.call("POST", V1 + "blobs/known", {"digests": [stored["digest"]]})["digests"]
    house.grant("allbut", "dataset", "theirs", "none")
    assert caller.call("POST", V1 + "blobs/known", {"digests": [stored["digest"]]})["digests"] == []
    assert caller.call("GET", V1 + "datasets")["datasets"] == ["open"]


def test_T18_the_stream_of_events(house, world):
    """Only events about what may be read come: of two changes, the one that may be seen."""
    address = urllib.parse.urlsplit(house.url)
    for caller in (world["guest"], world["editor"]):
        with socket.create_connection((address.hostname, address.port), timeout=20) as peer:
            peer.sendall(f"GET {V1}events?after=0 HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
                         f"{caller.headers['authorization']}\r\n\r\n".encode())
            text, seen = b"", 0
            for _ in range(2):  # what was there before, and what happens now
                while text.count(b'"model/mine"') == seen:
                    piece = peer.recv(65536)
                    assert piece, text[-500:]
                    text += piece
                seen = text.count(b'"model/mine"')
                for name in ("theirs", "mine"):
                    house.admin.call("PATCH", ML + "registered-models/update",
                                     {"name": name, "description": "changed"})
        assert b"model/theirs" not in text
        assert b"endpoint/" not in text or caller is world["editor"]


def test_T22_a_stream_ends_with_its_credentials(house):
    """A request that lasts is no way to keep a right that was taken away."""
    house.user("watcher", "viewer")
    secret, number = house.secret_of("watcher", "read")
    address = urllib.parse.urlsplit(house.url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as peer:
        peer.sendall(f"GET {V1}events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret}"
                     "\r\n\r\n".encode())
        text = b""
        while b"retry: 2000" not in text:
            text += peer.recv(65536)
        house.local.call("DELETE", f"{V1}tokens/{number}")
        house.admin.call("POST", ML + "registered-models/create", {"name": "after the end"})
        while piece := peer.recv(65536):
            text += piece
    assert b"after the end" not in text
