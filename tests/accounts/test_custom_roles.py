"""Roles that administrators make: what they open and close, in requests, lists and searches; who may
change them; and that what is taken away is gone, on all servers, within a second (T18, T19, T22)."""

import os
import shutil
import subprocess
import time

import pytest
from conftest import ML, V1, Caller, House
from rondo_server import BINARY, Server

ROLES = V1 + "roles"


@pytest.fixture(scope="module")
def world(house):
    """Three experiments, models and datasets: red, green, blue."""
    out = {}
    stored = house.admin.ask("POST", V1 + "blobs", raw=b"rows").json
    for name in ("red", "green", "blue"):
        e = house.admin.call("POST", ML + "experiments/create", {"name": name})["experiment_id"]
        run = house.admin.call("POST", ML + "runs/create", {"experiment_id": e})["run"]["info"]["run_id"]
        house.admin.call("POST", ML + "registered-models/create", {"name": name})
        house.admin.call("POST", f"{V1}datasets/{name}/versions",
                         {"entries": [{"path": "a", "digest": stored["digest"], "size": stored["size"]}]})
        out[name] = {"id": e, "run": run}
    return out


def role(house, name, *rules, users=()):
    house.admin.call("POST", ROLES, {"name": name})
    for kind, on, level in rules:
        house.admin.call("PUT", f"{ROLES}/{name}/grants", {"object": kind, "name": on, "level": level})
    for user in users:
        house.admin.call("PUT", f"{ROLES}/{name}/users/{user}")
    return name


def seen(caller):
    """(experiments, models, datasets, experiments of runs) that lists and searches show."""
    experiments = caller.call("POST", ML + "experiments/search", {"max_results": 100}).get("experiments", [])
    every = [e["experiment_id"] for e in experiments]
    models = caller.call("GET", ML + "registered-models/search").get("registered_models", [])
    datasets = caller.call("GET", V1 + "datasets")["datasets"]
    return ({e["name"] for e in experiments} - {"Default"}, {m["name"] for m in models}, set(datasets), every)


def status(caller, world, name, change=False):
    if change:
        return caller.ask("POST", ML + "runs/log-metric",
                          {"run_id": world[name]["run"], "key": "m", "value": 1, "timestamp": 1}).status
    return caller.ask("GET", f"{ML}runs/get?run_id={world[name]['run']}").status


def test_T18_a_role_opens_what_it_says_and_nothing_else(house, world):
    ann = house.user("ann")
    role(house, "reds", ("experiment", "red", "edit"), ("model", "red", "read"), ("dataset", "red", "read"),
         users=["ann"])
    assert seen(ann)[:3] == ({"red"}, {"red"}, {"red"})
    assert [status(ann, world, name) for name in ("red", "green", "blue")] == [200, 403, 403]
    assert [status(ann, world, name, change=True) for name in ("red", "green")] == [200, 403]
    ids = [world[name]["id"] for name in ("red", "green", "blue")]
    runs = ann.call("POST", ML + "runs/search", {"experiment_ids": ids})["runs"]
    assert {r["info"]["experiment_id"] for r in runs} == {world["red"]["id"]}
    # Not there, or another's: one answer.
    one = ann.ask("GET", ML + "experiments/get?experiment_id=" + world["blue"]["id"])
    other = ann.ask("GET", ML + "experiments/get?experiment_id=999999")
    assert (one.status, one.body) == (other.status, other.body) and one.status == 403
    assert ann.ask("POST", ML + "experiments/create", {"name": "anns"}).status == 403


def test_T18_the_first_object_is_not_every_object(house, world):
    """The experiment Default has the number 0."""
    lou = house.user("lou")
    role(house, "defaults", ("experiment", "0", "manage"), users=["lou"])
    assert house.admin.call("GET", ROLES + "/defaults")["grants"] == [
        {"object": "experiment", "name": "Default", "level": "manage"}]
    assert seen(lou)[3] == ["0"] and status(lou, world, "red") == 403
    role(house, "no-default", ("experiment", "*", "read"), ("experiment", "Default", "none"))
    house.admin.call("DELETE", ROLES + "/defaults", {})
    house.admin.call("PUT", ROLES + "/no-default/users/lou")
    assert "0" not in seen(lou)[3] and status(lou, world, "red") == 200


def test_T18_every_object_of_a_kind_and_what_closes_one(house, world):
    bob = house.user("bob")
    role(house, "readers", ("experiment", "*", "read"), ("dataset", "*", "edit"), users=["bob"])
    assert seen(bob)[:3] == ({"red", "green", "blue"}, set(), {"red", "green", "blue"})
    assert status(bob, world, "blue") == 200 and status(bob, world, "blue", change=True) == 403
    # What is not there is not there, for who may read every one: clients ask before they create.
    assert bob.ask("GET", ML + "experiments/get-by-name?experiment_name=new").status == 404
    assert bob.ask("GET", ML + "registered-models/get?name=new").status == 403
    assert bob.ask("POST", ML + "experiments/create", {"name": "new"}).status == 403
    role(house, "creators", ("workspace", "*", "use"), users=["bob"])
    made = bob.call("POST", ML + "experiments/create", {"name": "bobs"})["experiment_id"]
    bob.call("POST", ML + "experiments/delete", {"experiment_id": made})
    # A role that closes one thing counts against all roles, but not against a grant.
    role(house, "not-blue", ("experiment", "blue", "none"), users=["bob"])
    assert "blue" not in seen(bob)[0] and status(bob, world, "blue") == 403
    assert bob.ask("GET", ML + "experiments/get-by-name?experiment_name=new").status == 404
    house.grant("bob", "experiment", world["blue"]["id"], "edit")
    assert "blue" in seen(bob)[0] and status(bob, world, "blue", change=True) == 200
    house.grant("bob", "experiment", world["red"]["id"], "none")
    assert seen(bob)[0] == {"green", "blue"} and status(bob, world, "red") == 403


def test_T18_beside_a_fixed_role_the_greater_counts(house, world):
    vic = house.user("vic", "viewer")
    assert status(vic, world, "green", change=True) == 403
    role(house, "green-editors", ("experiment", "green", "edit"), ("experiment", "red", "none"), users=["vic"])
    assert status(vic, world, "green", change=True) == 200 and status(vic, world, "blue") == 200
    assert status(vic, world, "red") == 403
    assert seen(vic)[:2] == ({"green", "blue"}, {"red", "green", "blue"})
    role(house, "no-models", ("model", "*", "none"), users=["vic"])
    assert seen(vic)[1] == set()
    assert vic.ask("GET", ML + "registered-models/get?name=red").status == 403
    house.grant("vic", "model", "red", "read")
    assert seen(vic)[1] == {"red"}
    # To who may not read everything, no digest is known.
    stored = house.admin.ask("POST", V1 + "blobs", raw=b"rows").json
    assert vic.call("POST", V1 + "blobs/known", {"digests": [stored["digest"]]})["digests"] == []


def test_T19_nobody_but_who_administers_accounts(house, world):
    eve = house.user("eve", "maintainer")
    role(house, "of-eve", ("experiment", "*", "manage"), ("pipeline", "*", "manage"), ("endpoint", "*", "manage"),
         users=["eve"])
    house.user("joe")
    house.admin.call("PUT", f"{ROLES}/of-eve/users/joe")
    for caller in (eve, house.token_of("joe"), house.token_of("boss", "operate"), house.token_of("boss", "write")):
        for verb, path, message in (
                ("GET", ROLES, None), ("GET", ROLES + "/of-eve", None), ("POST", ROLES, {"name": "mine"}),
                ("PATCH", ROLES + "/of-eve", {"name": "mine"}), ("DELETE", ROLES + "/of-eve", {}),
                ("PUT", ROLES + "/of-eve/grants", {"object": "model", "name": "*", "level": "manage"}),
                ("POST", ROLES + "/of-eve/grants/revoke", {"object": "experiment", "name": "*"}),
                ("PUT", ROLES + "/of-eve/users/eve", {}), ("DELETE", ROLES + "/of-eve/users/eve", {})):
            assert caller.ask(verb, path, message).status == 403, (verb, path)
    # Managing every endpoint and pipeline neither runs code nor moves traffic.
    joe = house.token_of("joe")
    assert joe.ask("PUT", V1 + "endpoints/x", {}).status == 403
    assert joe.ask("POST", V1 + "pipelines/x/runs", {}).status == 403
    assert joe.ask("GET", V1 + "users").status == 403
    # A token's scope stays what it is.
    reader, caller = house.token_of("joe", "read"), house.token_of("joe", "invoke")
    assert status(reader, world, "red") == 200 and status(reader, world, "red", change=True) == 403
    assert status(caller, world, "red") == 403
    # Who administers accounts changes no administrator of the server.
    chief = house.user("chief", "admin")
    assert chief.ask("PUT", ROLES + "/of-eve/users/boss").status == 403
    chief.call("DELETE", ROLES + "/of-eve/users/joe")


def test_T18_roles_tell_nobody_what_others_have(house, world):
    """Custom roles name objects: in MLflow's routes each sees the own ones."""
    mia = house.user("mia")
    role(house, "of-mia", ("model", "red", "read"), users=["mia"])
    role(house, "secret", ("model", "blue", "read"))
    listed = {r["name"]: r for r in mia.call("GET", "/api/3.0/mlflow/roles/list")["roles"]}
    assert "of-mia" in listed and "secret" not in listed and "viewer" in listed
    number = {r["name"]: r["id"] for r in house.admin.call("GET", "/api/3.0/mlflow/roles/list")["roles"]}
    answers = [mia.ask("GET", f"/api/3.0/mlflow/roles/{path}?role_id={n}")
               for path in ("get", "permissions/list") for n in (number["secret"], 987654)]
    assert {a.status for a in answers} == {403} and len({a.body for a in answers}) == 1
    assert mia.ask("GET", f"/api/3.0/mlflow/roles/get?role_id={number['of-mia']}").status == 200


def test_what_is_wrong_is_told(house, world):
    role(house, "plain")
    for verb, path, message, code, words in (
            ("POST", "", {"name": "plain"}, 409, "already"),
            ("POST", "", {"name": "Viewer"}, 409, "fixed"),
            ("POST", "", {"name": ""}, 400, "1 to 255"),
            ("POST", "", {"name": "x" * 256}, 400, "1 to 255"),
            ("POST", "", {"name": "x", "description": "d" * 1025}, 400, "1,024"),
            ("PATCH", "/plain", {}, 400, "name, description"),
            ("PATCH", "/none-such", {"name": "x"}, 404, "rondo role list"),
            ("PATCH", "/viewer", {"name": "x"}, 409, "fixed"),
            ("PUT", "/plain/grants", {"object": "experiment", "name": "none-such", "level": "read"}, 404, "none-such"),
            ("PUT", "/plain/grants", {"object": "castle", "name": "*", "level": "read"}, 400, "castle"),
            ("PUT", "/plain/grants", {"object": "run", "name": "*", "level": "read"}, 400, "run"),
            ("PUT", "/plain/grants", {"object": "workspace", "name": "*", "level": "manage"}, 400, "admin"),
            ("PUT", "/plain/grants", {"object": "workspace", "name": "other", "level": "use"}, 400, "one workspace"),
            ("PUT", "/plain/grants", {"object": "model", "name": "*", "level": "own"}, 400, "level"),
            ("POST", "/plain/grants/revoke", {"object": "model", "name": "*"}, 404, "says nothing"),
            ("PUT", "/plain/users/nobody", {}, 404, "nobody"),
            ("DELETE", "/plain/users/boss", {}, 404, "does not have")):
        answer = house.admin.ask(verb, ROLES + path, message)
        assert answer.status == code and words in answer.body.decode(), (verb, path, message, answer)
    # Names as people write them.
    odd = "Ünï — 50 % of /all"
    house.admin.call("POST", ROLES, {"name": odd})
    path = ROLES + "/" + "".join(f"%{b:02x}" for b in odd.encode())
    assert house.admin.call("GET", path)["name"] == odd
    house.admin.call("DELETE", path, {})


def test_what_is_deleted_takes_its_grants_along(house):
    house.admin.call("POST", ML + "registered-models/create", {"name": "passing"})
    zoe = house.user("zoe")
    role(house, "of-zoe", ("model", "passing", "read"), users=["zoe"])
    house.admin.call("POST", ML + "registered-models/rename", {"name": "passing", "new_name": "by another name"})
    assert zoe.ask("GET", ML + "registered-models/get?name=by%20another%20name").status == 200
    assert house.admin.call("GET", ROLES + "/of-zoe")["grants"] == [
        {"object": "model", "name": "by another name", "level": "read"}]
    house.admin.call("DELETE", ML + "registered-models/delete", {"name": "by another name"})
    assert house.admin.call("GET", ROLES + "/of-zoe").get("grants", []) == []
    house.admin.call("POST", ML + "registered-models/create", {"name": "by another name"})
    assert zoe.ask("GET", ML + "registered-models/get?name=by%20another%20name").status == 403


def test_each_change_is_in_the_trail(house):
    house.user("kim")
    role(house, "traced", ("model", "*", "read"), users=["kim"])
    house.admin.call("PATCH", ROLES + "/traced", {"name": "traced2"})
    house.admin.call("POST", ROLES + "/traced2/grants/revoke", {"object": "model", "name": "*"})
    house.admin.call("DELETE", ROLES + "/traced2/users/kim", {})
    house.admin.call("DELETE", ROLES + "/traced2", {})
    rows = house.admin.call("GET", V1 + "audit?limit=7")["rows"][::-1]
    assert [(r["action"], r["object"]) for r in rows] == [
        ("create_role", "role traced"), ("change_role_grant", "role traced"), ("assign_role", "user kim"),
        ("change_role", "role traced"), ("revoke_role_grant", "role traced2"), ("unassign_role", "user kim"),
        ("delete_role", "role traced2")]
    assert rows[1]["detail"] == '{"object":"model","name":"*","level":"read"}'
    assert {r["actor"] for r in rows} == {"boss"}
    assert house.admin.call("GET", V1 + "audit/check")["whole"]


def test_T22_what_a_role_loses_is_gone_on_all_servers(tmp_path, postgres):
    database = postgres.new_database("roles_two")
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    one, two = Server(tmp_path / "one", database), None
    try:
        house = House(one)
        two = Server(tmp_path / "two", database)
        ada = Caller(two.url, **house.user("ada").headers)
        path = ML + "experiments/get?experiment_id=0"
        grants = ROLES + "/readers/grants"
        every = {"object": "experiment", "name": "*"}
        role(house, "readers")

        def counts_within_a_second(status, verb, path_of_change, message=None):
            time.sleep(0.6)  # until the other server remembers what has been so far
            house.local.call(verb, path_of_change, message or {})
            begun = time.monotonic()
            while ada.ask("GET", path).status != status or listed() != (status == 200):
                assert time.monotonic() - begun < 1, "a right outlives its end by a second"
            return time.monotonic() - begun

        def listed():
            return bool(ada.call("POST", ML + "experiments/search", {"max_results": 5}).get("experiments"))
        took = [counts_within_a_second(*change) for change in (
            (403, "PUT", ROLES + "/readers/users/ada"),
            (200, "PUT", grants, {**every, "level": "read"}),
            (403, "PUT", grants, {**every, "level": "none"}),
            (200, "PUT", grants, {**every, "level": "edit"}),
            (403, "POST", grants + "/revoke", every),
            (200, "PUT", grants, {"object": "experiment", "name": "Default", "level": "read"}),
            (403, "DELETE", ROLES + "/readers/users/ada"),
            (200, "PUT", ROLES + "/readers/users/ada"),
            (403, "DELETE", ROLES + "/readers"))]
        print(f"slowest: {max(took):.2f} s")
    finally:
        if two:
            two.stop()
        one.stop()


def test_a_backup_carries_them(tmp_path):
    """What a restored server holds is what the saved one held."""
    (tmp_path / "one").mkdir()
    server = Server(tmp_path / "one")
    try:
        house = House(server)
        ann = house.user("ann")
        role(house, "readers", ("experiment", "*", "read"), users=["ann"])
        before = house.admin.call("GET", ROLES)
        backup(server, tmp_path / "saved")
    finally:
        server.stop()
    (tmp_path / "two").mkdir()
    done = subprocess.run([BINARY, "restore", tmp_path / "saved", "--data", tmp_path / "two/data"],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done
    again = Server(tmp_path / "two")
    try:
        admin, ann = Caller(again.url, **house.admin.headers), Caller(again.url, **ann.headers)
        assert admin.call("GET", ROLES) == before
        assert ann.ask("GET", ML + "experiments/get?experiment_id=0").status == 200
        admin.call("POST", ROLES, {"name": "another"})  # numbers go on where they were
    finally:
        again.stop()


def backup(server, folder):
    shutil.rmtree(folder, ignore_errors=True)
    done = subprocess.run([BINARY, "backup", folder, "--data", server.data], capture_output=True, text=True,
                          timeout=120)
    assert done.returncode == 0, done


def test_the_command_line(house, tmp_path):
    house.user("lee")
    house.admin.call("POST", ML + "experiments/create", {"name": "fraud"})

    def rondo(*arguments, code=0):
        env = {"PATH": os.environ["PATH"], "RONDO_URL": house.url, "RONDO_TOKEN": house.server.token()}
        done = subprocess.run([BINARY, "role", *arguments], env=env, cwd=tmp_path, timeout=60,
                              capture_output=True, text=True)
        assert done.returncode == code, (arguments, done)
        return done.stdout
    rondo("create", "fraud team", "--description", "who look for it")
    rondo("create", "fraud team", code=5)
    rondo("allow", "fraud team", "experiment/fraud", "edit")
    rondo("allow", "fraud team", "model/*", "read")
    rondo("deny", "fraud team", "dataset/*")
    rondo("allow", "fraud team", "workspace/*", "use")
    rondo("allow", "fraud team", "fraud", "edit", code=1)
    rondo("assign", "fraud team", "lee")
    shown = rondo("show", "fraud team")
    for words in ("who look for it", "users: lee", "fraud", "edit", "dataset", "none"):
        assert words in shown, (words, shown)
    listed = rondo("list")
    assert "fraud team" in listed and "experiment/fraud edit" in listed
    lee = house.token_of("lee")
    assert {e["name"] for e in lee.call("POST", ML + "experiments/search",
                                        {"max_results": 100})["experiments"]} == {"fraud"}
    rondo("clear", "fraud team", "experiment/fraud")
    rondo("clear", "fraud team", "experiment/fraud", code=3)
    rondo("change", "fraud team", "--name", "others")
    rondo("change", "others", code=1)
    rondo("unassign", "others", "lee")
    rondo("delete", "others", code=1)
    rondo("delete", "others", "--yes")
    rondo("show", "others", code=3)
