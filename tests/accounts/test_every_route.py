"""T17: every route with every kind of caller. What each may do is said here once more, apart from
the server's own table: a route whose row asks for too little fails."""

import re
import urllib.parse

import pytest

from conftest import V1, Caller, with_password, with_token

EVERYBODY = {"open", "optional"}
BY_ROLE = {"none": {"signed_in", "search"}}
BY_ROLE["viewer"] = BY_ROLE["none"] | {"read"}
BY_ROLE["editor"] = BY_ROLE["viewer"] | {"invoke", "write", "create"}
BY_ROLE["maintainer"] = BY_ROLE["editor"] | {"manage", "operate"}
BY_ROLE["admin"] = BY_ROLE["maintainer"] | {"admin"}
BY_SCOPE = {"invoke": {"signed_in", "invoke"}, "read": {"signed_in", "read", "search"}}
BY_SCOPE["write"] = BY_SCOPE["read"] | {"invoke", "write", "create", "manage"}
BY_SCOPE["operate"] = BY_SCOPE["write"] | {"operate"}
BY_SCOPE["admin"] = BY_SCOPE["operate"] | {"admin"}

# What these are good for by their very names, whatever their rows say.
KNOWN = {
    ("POST", "/api/2.0/mlflow/experiments/create"): "create",
    ("GET", "/api/2.0/mlflow/experiments/get"): "read",
    ("POST", "/api/2.0/mlflow/runs/search"): "search",
    ("POST", "/api/2.0/mlflow/runs/log-metric"): "write",
    ("POST", "/api/2.0/mlflow/runs/delete"): "manage",
    ("POST", "/api/2.0/mlflow/experiments/delete"): "manage",
    ("DELETE", "/api/2.0/mlflow/registered-models/delete"): "manage",
    ("DELETE", "/api/2.0/mlflow-artifacts/artifacts/{path}"): "manage",
    ("PUT", "/api/2.0/mlflow-artifacts/artifacts/{path}"): "write",
    ("POST", "/api/2.0/mlflow-artifacts/mpu/create/{artifact_path}"): "write",
    ("POST", "/api/2.0/mlflow-artifacts/mpu/complete/{artifact_path}"): "write",
    ("POST", "/ajax-api/2.0/mlflow-artifacts/mpu/abort/{artifact_path}"): "write",
    ("GET", "/api/2.0/mlflow-artifacts/presigned/{path}"): "read",
    ("POST", "/api/2.0/mlflow/artifacts/presigned-download-url"): "read",
    ("POST", "/api/2.0/mlflow/artifacts/presigned-upload-url"): "write",
    ("POST", "/endpoints/{name}/invocations"): "invoke",
    ("POST", "/v2/models/{name}/infer"): "invoke",
    ("PUT", "/api/rondo/v1/endpoints/{name}"): "operate",
    ("PUT", "/api/rondo/v1/endpoints/{name}/policy"): "operate",
    ("POST", "/api/rondo/v1/endpoints/{name}/rollouts/abort"): "operate",
    ("POST", "/api/rondo/v1/pipelines/{name}/runs"): "operate",
    ("GET", "/api/rondo/v1/users"): "admin",
    ("PATCH", "/api/rondo/v1/users/{name}"): "admin",
    ("GET", "/api/rondo/v1/audit"): "admin",
    ("POST", "/api/2.0/mlflow/users/create"): "admin",
    ("PATCH", "/api/2.0/mlflow/users/update-admin"): "admin",
    ("DELETE", "/ajax-api/2.0/mlflow/users/delete"): "admin",
    ("POST", "/api/3.0/mlflow/roles/assign"): "admin",
    ("DELETE", "/api/3.0/mlflow/roles/unassign"): "admin",
    ("GET", "/api/3.0/mlflow/roles/users/list"): "admin",
    ("POST", "/api/3.0/mlflow/roles/create"): "admin",
    ("PATCH", "/ajax-api/3.0/mlflow/roles/update"): "admin",
    ("DELETE", "/api/3.0/mlflow/roles/delete"): "admin",
    ("POST", "/api/3.0/mlflow/roles/permissions/add"): "admin",
    ("PATCH", "/api/3.0/mlflow/roles/permissions/update"): "admin",
    ("DELETE", "/api/3.0/mlflow/roles/permissions/remove"): "admin",
    ("GET", "/api/rondo/v1/roles"): "admin",
    ("PATCH", "/api/rondo/v1/roles/{role}"): "admin",
    ("PUT", "/api/rondo/v1/roles/{role}/grants"): "admin",
    ("DELETE", "/api/rondo/v1/roles/{role}/users/{user}"): "admin",
    ("GET", "/metrics"): "read",
}
OPEN = {"/", "/livez", "/readyz", "/health", "/version", "/openapi.json", "/favicon.svg",
        "/licenses.txt", "/assets/{path}", "/v2", "/v2/health/live", "/v2/health/ready",
        "/api/3.0/mlflow/server-info", "/ajax-api/3.0/mlflow/server-info", "/api/rondo/v1/sign-in"}


def sample(schema, document):
    """The least value that a schema takes."""
    if "$ref" in schema:
        found = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return sample(found, document)
    for part in schema.get("allOf", []) + schema.get("anyOf", []) + schema.get("oneOf", []):
        return sample(part, document)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return {name: sample(schema["properties"][name], document)
                for name in schema.get("required", [])}
    if schema.get("format") == "date-time":
        return "2026-01-01T00:00:00Z"
    return {"integer": 999999, "number": 1.5, "boolean": False, "array": []}.get(kind, "x")


def requests(document):
    """(verb, path, reach, target, message) of every row."""
    for path, verbs in document["paths"].items():
        for verb, operation in verbs.items():
            verb = verb.upper()
            target = re.sub(r"\{(\w+)\}", lambda m: "999999" if m[1] == "id" else "x", path)
            query = {p["name"]: sample(p["schema"], document) for p in operation["parameters"]
                     if p["in"] == "query" and p["required"]}
            if query:
                target += "?" + urllib.parse.urlencode(query)
            content = operation.get("requestBody", {}).get("content", {})
            message = None
            if "application/json" in content:
                message = sample(content["application/json"]["schema"], document)
            elif verb in ("POST", "PUT", "PATCH", "DELETE") and not content:
                message = {}
            yield verb, path, operation["x-reach"], target, message


@pytest.fixture(scope="module")
def document(house):
    return house.nobody.call("GET", "/openapi.json")


@pytest.fixture(scope="module")
def callers(house):
    """name -> (caller, the reaches that let it in, or None for nobody)"""
    for role in ("viewer", "editor", "maintainer", "admin"):
        house.user(role, role)
    elsewhere = house.user("elsewhere")
    experiment = house.admin.call("POST", "/api/2.0/mlflow/experiments/create", {"name": "theirs"})
    house.grant("elsewhere", "experiment", experiment["experiment_id"], "edit")
    house.local.call("POST", V1 + "users", {"name": "robot", "kind": "service", "role": "editor"})
    locked = house.user("locked", "admin")
    house.local.call("PATCH", V1 + "users/locked", {"disabled": True})
    gone, gone_id = house.secret_of("boss")
    house.local.call("DELETE", f"{V1}tokens/{gone_id}")
    expired, _ = house.secret_of("boss", expires_in="1ms")
    good, _ = house.secret_of("boss")
    out = {
        "none": (house.nobody, None),
        "a word": (with_token(house.url, "secret"), None),
        "mistyped": (with_token(house.url, good[:-1] + ("a" if good[-1] != "a" else "b")), None),
        "revoked": (with_token(house.url, gone), None),
        "expired": (with_token(house.url, expired), None),
        "locked": (locked, None),
        "not understood": (Caller(house.url, authorization="Digest x"), None),
        "elsewhere": (elsewhere, BY_ROLE["none"]),
        "service": (house.token_of("robot", "write"), BY_ROLE["editor"]),
        "by password": (with_password(house.url, "editor"), BY_ROLE["editor"]),
        "by key": (Caller(house.url, x_api_key=house.secret_of("viewer")[0]), BY_ROLE["viewer"]),
        "local": (house.local, BY_ROLE["admin"]),
    }
    for role in ("viewer", "editor", "maintainer", "admin"):
        out[role] = (house.token_of(role), BY_ROLE[role])
    for scope, reaches in BY_SCOPE.items():
        out["scope " + scope] = (house.token_of("boss", scope), reaches)
    return out


def test_T17_rows_ask_for_what_their_names_say(document):
    reaches = {(verb, path): reach for verb, path, reach, _, _ in requests(document)}
    for row, reach in KNOWN.items():
        assert reaches[row] == reach, row
    found = {path for (verb, path), reach in reaches.items() if reach == "open"}
    assert found == OPEN
    for (verb, path), reach in reaches.items():
        if verb != "GET" and "sign-in" not in path:
            only_reads = any(word in path for word in ("/get", "known", "presigned-download"))
            assert reach not in EVERYBODY | {"read"} or only_reads, (verb, path)


def test_T17_every_route_with_every_caller(document, callers):
    asked = 0
    for verb, path, reach, target, message in requests(document):
        if path.endswith("/sign-out"):
            continue  # would end who asks next
        for name, (caller, reaches) in callers.items():
            if reach == "create" and message and "name" in message:
                message = message | {"name": f"made {asked}"}  # who makes a thing manages it
            answer = caller.ask(verb, target, message)
            asked += 1
            told = (name, verb, target, reach, answer)
            if reach == "open":
                assert answer.status not in (401, 403) or path.endswith("/sign-in"), told
            elif reaches is None:
                fine = reach == "optional" and name == "none"
                assert (answer.status == 401) != fine, told
            elif reach in reaches | EVERYBODY:
                # Who may not share an object, or look at an account, is told so by the handler.
                by_handler = ("/grants", "/tokens", "/permissions/", "/mlflow/users/", "/mlflow/roles/")
                assert answer.status not in (401, 403) or any(p in path for p in by_handler), told
                assert answer.status != 401, told
            else:
                assert answer.status == 403, told
            assert answer.status < 500 or answer.status in (501, 503), told
    print(f"{asked} requests")
    assert asked > 1500


def test_T17_odd_spellings_of_a_path_open_nothing(house, document):
    """A spelling either is the route, with its guard, or none at all."""
    for verb, path, reach, target, message in requests(document):
        if reach in EVERYBODY:
            continue
        for odd in (target.replace("/api/", "//api/", 1), target + "/", "/." + target, target.upper(),
                    target.replace("/", "/%2e/", 1), target.replace("api", "%61pi", 1),
                    "/x/.." + target, target + ";x=1", target + "%00", "/\\" + target[1:]):
            answer = house.nobody.ask(verb, odd, message)
            assert answer.status in (400, 401, 404, 405), (verb, odd, answer)


def test_T17_grpc_is_behind_the_same_guard(house):
    """Health is open on both protocols; a method that is none stays none."""
    import grpc
    from urllib.parse import urlsplit
    channel = grpc.insecure_channel(urlsplit(house.url).netloc)
    call = channel.unary_unary("/grpc.health.v1.Health/Check")
    assert call(b"", timeout=10) == b"\x08\x01"
    with pytest.raises(grpc.RpcError) as refused:
        channel.unary_unary("/rondo.v1.Accounts/List")(b"", timeout=10)
    assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED
