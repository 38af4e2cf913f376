"""MLflow's basic-auth client and routes over our accounts: beside MLflow's own server, call by call,
and with its unmodified client. What newer MLflows have not any more is compared with what an older
one was recorded to answer (record_older.py)."""

import json
import pathlib

import mlflow_calls
import pytest
from conftest import PASSWORD, V1, House, with_password
from differential import Seen, Side, compare
from mlflow_calls import NAMES
from mlflow_peer import MlflowPeer, basic
from rondo_server import Server

CREDENTIALS = {"boss": basic("boss", PASSWORD), "wrong": basic("stranger", "not this one"),
               **{name: basic(name, PASSWORD) for name in NAMES}}


@pytest.fixture(scope="module")
def peer(tmp_path_factory):
    running = MlflowPeer(tmp_path_factory.mktemp("mlflow"), accounts=True)
    yield running
    running.stop()


@pytest.fixture
def fresh(tmp_path):
    """A house whose boss signs in by password, too."""
    server = Server(tmp_path)
    yield House(server)
    server.stop()


def all_used(allowed):
    return [each.why for each in allowed if each.used == 0]


def test_beside_mlflows_own_server(peer, fresh):
    allowed = mlflow_calls.allowed()
    calls = [*mlflow_calls.world(), *mlflow_calls.by_seed(20251, 250), *mlflow_calls.roles_by_seed(20263, 150),
             *mlflow_calls.scripted()]
    found = compare(calls, Side("peer", peer.url, CREDENTIALS), Side("ours", fresh.url, CREDENTIALS),
                    mlflow_calls.NORMAL, allowed)
    assert not found, "\n".join([f"{len(found)} differences", *found[:40]])
    assert all_used(allowed) == []


class Recorded(Side):
    def __init__(self, text):
        recorded = json.loads(text)
        self.rows = iter(row for row in recorded["rows"] if row[1])  # it was not asked the others
        self.saved = recorded["saved"]

    def play(self, call):
        name, seen = next(self.rows)
        assert name == str(call), "the calls are others than the recorded ones: record them again"
        return Seen(**seen)


def test_beside_an_older_mlflow(fresh):
    recorded = pathlib.Path(__file__).with_name("older_mlflow.json").read_text()
    allowed = mlflow_calls.older_allowed()
    found = compare(mlflow_calls.older(), Recorded(recorded), Side("ours", fresh.url, CREDENTIALS),
                    mlflow_calls.NORMAL, allowed)
    assert not found, "\n".join([f"{len(found)} differences", *found[:40]])
    assert all_used(allowed) == []


# --- the client as it is ----------------------------------------------------------------------

@pytest.fixture(params=["basic", "bearer"])
def client(request, house, monkeypatch):
    import mlflow.server

    for name in ("USERNAME", "PASSWORD", "TOKEN"):
        monkeypatch.delenv("MLFLOW_TRACKING_" + name, raising=False)
    if request.param == "basic":
        monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "boss")
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", PASSWORD)
    else:
        monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", house.secret_of("boss")[0])
    return mlflow.server.get_app_client("basic-auth", house.url), f"ann-{request.param}"


def test_the_unmodified_client(client, house):
    from mlflow.exceptions import RestException

    client, name = client
    made = client.create_user(name, PASSWORD)
    assert (made.username, made.is_admin) == (name, False)
    assert client.get_user(name).id == made.id
    with pytest.raises(RestException) as refused:
        client.create_user(name, PASSWORD)
    assert refused.value.error_code == "RESOURCE_ALREADY_EXISTS"
    with pytest.raises(RestException) as refused:
        client.get_user("nobody")
    assert refused.value.error_code == "RESOURCE_DOES_NOT_EXIST"

    ann = with_password(house.url, name)
    get = "/api/2.0/mlflow/experiments/get?experiment_id="
    exp = house.admin.call("POST", "/api/2.0/mlflow/experiments/create", {"name": "of " + name})["experiment_id"]
    assert ann.ask("GET", get + exp).status == 403
    client.grant_user_permission(name, "experiment", exp, "READ")
    assert ann.ask("GET", get + exp).status == 200
    found = client.get_user_permission(name, "experiment", exp)
    assert (found.allowed, found.permission) == (False, "READ")
    with pytest.raises(RestException) as refused:
        client.grant_user_permission(name, "experiment", exp, "EDIT")
    assert refused.value.error_code == "RESOURCE_ALREADY_EXISTS"
    client.revoke_user_permission(name, "experiment", exp)
    assert ann.ask("GET", get + exp).status == 403

    roles = {role.name: role for role in client.list_roles("default")}
    assert list(roles)[:4] == ["viewer", "editor", "maintainer", "admin"]
    assert list(roles) == [r.name for r in client.list_all_roles()]
    client.assign_role(name, roles["viewer"].id)
    assert ann.ask("GET", get + exp).status == 200
    client.grant_user_permission(name, "experiment", exp, "DENY")
    assert ann.ask("GET", get + exp).status == 403
    assert [r.name for r in client.list_user_roles(name)] == ["viewer"]
    assert made.id in [a.user_id for a in client.list_role_users(roles["viewer"].id)]
    assert client.list_role_permissions(roles["editor"].id)[0].permission == "EDIT"
    assert client.get_role(roles["admin"].id).permissions[-1].resource_type == "workspace"
    client.unassign_role(name, roles["viewer"].id)
    client.revoke_user_permission(name, "experiment", exp)
    assert ann.ask("GET", get + exp).status == 403
    custom_roles(client, house, name, exp)

    client.update_user_admin(name, True)
    assert client.get_user(name).is_admin
    client.update_user_admin(name, False)
    client.update_user_password(name, "another password")
    assert ann.ask("GET", "/api/2.0/mlflow/users/current").status == 401
    with pytest.raises(RestException):
        client.delete_user("nobody")
    client.delete_user(name)
    with pytest.raises(RestException):
        client.get_user(name)


def custom_roles(client, house, name, exp):
    """A role's whole life, and what it opens meanwhile."""
    ann = with_password(house.url, name)

    def may(path="/api/2.0/mlflow/experiments/get?experiment_id=" + exp):
        return ann.ask("GET", path).status == 200
    role = client.create_role("default", "painters of " + name, "who paint")
    assert (role.name, role.workspace, role.description, role.permissions) == (
        "painters of " + name, "default", "who paint", [])
    client.assign_role(name, role.id)
    assert not may()
    read = client.add_role_permission(role.id, "experiment", exp, "READ")
    assert (read.role_id, read.resource_type, read.resource_pattern, read.permission) == (
        role.id, "experiment", exp, "READ")
    assert may()
    rename = {"experiment_id": exp, "new_name": "by " + name}
    assert ann.ask("POST", "/api/2.0/mlflow/experiments/update", rename).status == 403
    assert client.update_role_permission(read.id, "EDIT").permission == "EDIT"
    assert ann.ask("POST", "/api/2.0/mlflow/experiments/update", rename).status == 200
    assert [(p.id, p.permission) for p in client.list_role_permissions(role.id)] == [(read.id, "EDIT")]
    assert client.update_role(role.id, description="who draw").description == "who draw"
    assert client.update_role(role.id, name="drawers of " + name).name == "drawers of " + name
    found = client.get_role(role.id)
    assert (found.name, found.description, len(found.permissions)) == ("drawers of " + name, "who draw", 1)
    assert role.id in [r.id for r in client.list_roles("default")]
    assert [r.name for r in client.list_user_roles(name)] == ["drawers of " + name]
    assert [a.role_id for a in client.list_role_users(role.id)] == [role.id]
    everything = client.add_role_permission(role.id, "experiment", "*", "DENY")
    assert not may()
    assert client.get_user_permission(name, "experiment", exp).permission == "DENY"
    client.remove_role_permission(everything.id)
    assert may()
    for kind in ("endpoint", "pipeline", "dataset"):  # of ours
        assert client.add_role_permission(role.id, kind, "*", "READ").resource_type == kind
    client.unassign_role(name, role.id)
    assert not may()
    client.assign_role(name, role.id)
    assert may()
    client.delete_role(role.id)
    assert not may()
    assert client.list_user_roles(name) == []
    for gone in (lambda: client.get_role(role.id), lambda: client.assign_role(name, role.id),
                 lambda: client.add_role_permission(role.id, "experiment", "*", "READ"),
                 lambda: client.remove_role_permission(read.id)):
        with pytest.raises(Exception) as refused:
            gone()
        assert refused.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    for kind, words in (("scorer", "scorer"), ("gateway_secret", "gateway_secret"), ("run", "run"),
                        ("prompt", "registered model")):
        with pytest.raises(Exception) as refused:
            client.add_role_permission(role.id, kind, "*", "READ")
        assert refused.value.error_code == "INVALID_PARAMETER_VALUE" and words in str(refused.value)
    for fixed in (lambda: client.delete_role(1), lambda: client.update_role(2, name="x"),
                  lambda: client.add_role_permission(3, "experiment", "*", "READ"),
                  lambda: client.remove_role_permission(10)):
        with pytest.raises(Exception) as refused:
            fixed()
        assert "is fixed" in str(refused.value)


def test_what_it_changes_is_audited(house):
    """By the rows that the command line and the page leave."""
    house.user("amy")
    exp = house.admin.call("POST", "/api/2.0/mlflow/experiments/create", {"name": "audited"})["experiment_id"]
    amy = {"experiment_id": exp, "username": "amy"}
    house.admin.call("POST", "/api/2.0/mlflow/experiments/permissions/create", {**amy, "permission": "EDIT"})
    house.admin.call("DELETE", "/ajax-api/2.0/mlflow/experiments/permissions/delete", amy)
    house.admin.call("POST", "/api/3.0/mlflow/roles/assign", {"username": "amy", "role_id": 1})
    house.admin.call("PATCH", "/api/2.0/mlflow/users/update-password", {"username": "amy", "password": PASSWORD})
    rows = house.admin.call("GET", V1 + "audit?limit=4")["rows"]
    assert [r["action"] for r in rows] == ["set_password", "change_user", "revoke_grant", "grant"]
    assert {r["actor"] for r in rows} == {"boss"}
    assert json.loads(rows[3]["detail"]) == {"user": "amy", "level": "edit"}
    assert house.admin.call("GET", V1 + "audit/check")["whole"]


def test_scopes_of_tokens_count(house):
    """Who may only call models learns nothing of accounts and changes none."""
    house.user("eve", "maintainer")
    exp = house.admin.call("POST", "/api/2.0/mlflow/experiments/create", {"name": "scopes"})["experiment_id"]
    share = {"username": "eve", "resource_type": "experiment", "resource_id": exp}
    for scope, look, change in (("invoke", 403, 403), ("read", 200, 403), ("write", 200, 200)):
        eve = house.token_of("eve", scope)
        assert eve.ask("GET", "/api/2.0/mlflow/users/current").status == look
        granted = eve.ask("POST", "/api/3.0/mlflow/users/permissions/grant", {**share, "permission": "MANAGE"})
        assert granted.status == change, (scope, granted)
    reader = house.token_of("boss", "read")
    assert reader.ask("GET", "/api/2.0/mlflow/users/get?username=eve").status == 403


def test_without_accounts_each_route_says_how_to_make_one(tmp_path):
    from conftest import Caller, with_token

    server = Server(tmp_path)
    try:
        anybody, holder = Caller(server.url), with_token(server.url, server.token())
        document = anybody.call("GET", "/openapi.json")
        asked = 0
        message = {"username": "ann", "password": PASSWORD, "is_admin": True, "experiment_id": "0",
                   "name": "m", "permission": "READ", "resource_type": "experiment", "resource_id": "0",
                   "role_id": 1, "workspace": "default", "resource_pattern": "*", "role_permission_id": 1}
        query = "?" + "&".join(f"{k}={v}" for k, v in message.items() if k != "is_admin").replace(" ", "+")
        for path, verbs in document["paths"].items():
            if not any(word in path for word in ("mlflow/users/", "mlflow/roles/", "/permissions/")):
                continue
            for verb in map(str.upper, verbs):
                body = None if verb == "GET" else message
                for caller in (anybody, holder):
                    answer = caller.ask(verb, path + (query if verb == "GET" else ""), body)
                    assert answer.status in (400, 401), (verb, path, answer)
                    assert "rondo user create" in answer.json["message"], (verb, path, answer)
                    asked += 1
        assert asked == 2 * 2 * 33, asked
        assert not holder.call("GET", V1 + "me")["accounts"]
    finally:
        server.stop()
