"""MLflow's webhooks: its routes and its deliveries beside those of MLflow's own server, call by call
and event by event, and its unmodified client."""

import datetime
import random

import pytest
from conftest import until
from differential import Allowed, Call, Normal, Side, compare
from mlflow_peer import MlflowPeer

ALL = "/api/2.0/mlflow/webhooks"
MODEL = {"entity": "REGISTERED_MODEL", "action": "CREATED"}
VERSION = {"entity": "MODEL_VERSION", "action": "CREATED"}
NORMAL = Normal(lambda key, parent: "hook" if key == "webhook_id" else None,
                volatile={"creation_timestamp", "last_updated_timestamp", "next_page_token",
                          "error_message"})


@pytest.fixture(scope="module")
def peer(tmp_path_factory):
    """On an own network, as the receivers of the tests are."""
    running = MlflowPeer(tmp_path_factory.mktemp("mlflow"),
                         MLFLOW_WEBHOOK_ALLOWED_SCHEMES="http,https",
                         MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS="true",
                         MLFLOW_WEBHOOK_REQUEST_MAX_RETRIES="0",
                         MLFLOW_WEBHOOK_CACHE_TTL="0")
    yield running
    running.stop()


def sides(peer, house):
    return (Side("peer", peer.url, {}), Side("ours", house.url, {"boss": "Bearer " + house.token()}))


def new(name, receiver, **more):
    return {"name": name, "url": receiver.url("/ok/" + name), "events": [MODEL], **more}


def crud(receiver):
    calls = []

    def call(verb, path, message=None, **more):
        calls.append(Call("boss", verb, ALL + path, message, **more))

    def only(side, message):
        """What one of the two takes goes again, so that they stay alike."""
        call("POST", "", message, save={"hook:extra": "webhook.webhook_id"})
        call("DELETE", "/{hook:extra}", {}, only=side)
    for name, more in (("a", {}), ("b", {"secret": "s3cret", "description": "of b"}),
                       ("c", {"status": "DISABLED", "events": [VERSION, MODEL]})):
        call("POST", "", new(name, receiver, **more), save={f"hook:{name}": "webhook.webhook_id"})
        call("GET", f"/{{hook:{name}}}")
    call("GET", "")
    call("GET", "?max_results=2", save={"token:1": "next_page_token"})
    call("GET", "?max_results=2&page_token={token:1}")
    for query in ("max_results=0", "max_results=-1", "max_results=1001", "max_results=x",
                  "page_token=nonsense"):
        call("GET", "?" + query)
    for missing in ("name", "url", "events"):
        call("POST", "", {k: v for k, v in new("d", receiver).items() if k != missing})
    for name in ("", "-x", "x-", "a b", "x" * 63, "x" * 64, "ü", "x/y"):
        call("POST", "", new(name, receiver) | {"url": receiver.url("/ok/z")})
    for url in ("", "ftp://example.com/", "example.com", "http://", "https:///x"):
        call("POST", "", {"name": "d", "url": url, "events": [MODEL]})
        call("PATCH", "/{hook:a}", {"url": url})
    for events in ([], [{"entity": "MODEL_VERSION", "action": "SET"}], [{"entity": "CASTLE", "action": "SET"}],
                   [{"entity": "MODEL_VERSION"}], [{}], "MODEL_VERSION"):
        call("POST", "", new("e", receiver) | {"events": events})
        call("PATCH", "/{hook:b}", {"events": events})
    only("ours", new("e", receiver) | {"events": [MODEL, MODEL]})
    only("peer", new("e", receiver) | {"events": [{"entity": "BUDGET_POLICY", "action": "EXCEEDED"}]})
    for status in ("OFF", "active", ""):
        only("peer", new("f", receiver) | {"status": status})
        call("PATCH", "/{hook:a}", {"status": status})
    for change in ({}, {"name": "a2"}, {"description": "new"}, {"description": ""}, {"status": "DISABLED"},
                   {"status": "ACTIVE"}, {"events": [VERSION]}, {"secret": "another"}, {"secret": ""},
                   {"url": receiver.url("/ok/elsewhere")}):
        call("PATCH", "/{hook:a}", change)
        call("GET", "/{hook:a}")
    for message in ({}, {"event": MODEL}, {"event": {"entity": "PROMPT", "action": "CREATED"}},
                    {"event": {"entity": "MODEL_VERSION", "action": "SET"}}):
        call("POST", "/{hook:b}/test", message)
    call("PATCH", "/{hook:b}", {"url": receiver.url("/500/b")})
    call("POST", "/{hook:b}/test", {})
    for verb, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/test")):
        call(verb, "/424242" + path, None if verb == "GET" else {})
        call(verb, "/no-such" + path, None if verb == "GET" else {})
    call("DELETE", "/{hook:c}", {})
    call("DELETE", "/{hook:c}", {})
    call("GET", "/{hook:c}")
    call("GET", "")
    r = random.Random(7)
    for _ in range(60):
        hook = r.choice("ab")
        calls.append(r.choice((
            Call("boss", "PATCH", f"{ALL}/{{hook:{hook}}}", {"description": r.choice("xyz")}),
            Call("boss", "PATCH", f"{ALL}/{{hook:{hook}}}", {"status": r.choice(("ACTIVE", "DISABLED"))}),
            Call("boss", "PATCH", f"{ALL}/{{hook:{hook}}}", {"events": r.sample((MODEL, VERSION), r.choice((1, 2)))}),
            Call("boss", "PATCH", f"{ALL}/{{hook:{hook}}}", {"name": hook + r.choice("123")}),
            Call("boss", "GET", f"{ALL}/{{hook:{hook}}}"),
            Call("boss", "GET", ALL))))
    return calls


def allowed():
    def says(call, *words):
        return any(word in str(call.message) for word in words)

    return [
        Allowed("what is wrong in a message is told, never a 500",
                lambda call, a, b: a.status == 500 and b.status == 400),
        Allowed("an event that is named twice counts once",
                lambda call, a, b: a.code == "BAD_REQUEST" and b.status == 200 and
                call.message.get("events") == [MODEL, MODEL]),
        Allowed("of an answer the first 1,024 bytes are kept", path="/test$",
                theirs=lambda b: {"result": {k: v[:1024] if k == "response_body" else v
                                             for k, v in b["result"].items()}}),
        Allowed("there are no budgets", lambda call, a, b: says(call, "BUDGET") and b.status == 400),
        Allowed("an unknown status is told, not left out",
                lambda call, a, b: says(call, "'status': 'OFF'", "'status': 'active'", "'status': ''") and
                (a.status, b.status) == (200, 400)),
    ]


def test_routes_beside_mlflows_own_server(peer, start, receiver):
    house = start("sqlite", receiver)
    differ = allowed()
    found = compare(crud(receiver), *sides(peer, house), NORMAL, differ)
    assert not found, "\n".join([f"{len(found)} differences", *found[:40]])
    assert [each.why for each in differ if not each.used] == []


EVENTS = [{"entity": e, "action": a} for e, a in (
    ("REGISTERED_MODEL", "CREATED"), ("MODEL_VERSION", "CREATED"), ("MODEL_VERSION_TAG", "SET"),
    ("MODEL_VERSION_TAG", "DELETED"), ("MODEL_VERSION_ALIAS", "CREATED"), ("MODEL_VERSION_ALIAS", "DELETED"),
    ("PROMPT", "CREATED"), ("PROMPT_VERSION", "CREATED"), ("PROMPT_TAG", "SET"), ("PROMPT_TAG", "DELETED"),
    ("PROMPT_VERSION_TAG", "SET"), ("PROMPT_VERSION_TAG", "DELETED"), ("PROMPT_ALIAS", "CREATED"),
    ("PROMPT_ALIAS", "DELETED"))]


def story():
    """Each of the events, of a model and of a prompt."""
    calls = []
    prompt = [{"key": "mlflow.prompt.is_prompt", "value": "true"}]
    for name, tags, text in (("flights", [{"key": "k", "value": "v"}], []),
                             ("greeting", [{"key": "k", "value": "v"}, *prompt],
                              [*prompt, {"key": "mlflow.prompt.text", "value": "Hello {{name}}"},
                               {"key": "_mlflow_prompt_type", "value": "text"}])):
        for verb, path, message in (
                ("POST", "registered-models/create", {"name": name, "tags": tags, "description": "of " + name}),
                ("POST", "model-versions/create", {"name": name, "source": "dummy-source" if text else
                                                   "s3://bucket/model", "tags": [*text, {"key": "a", "value": "b"}]}),
                ("POST", "registered-models/set-tag", {"name": name, "key": "t", "value": "u"}),
                ("DELETE", "registered-models/delete-tag", {"name": name, "key": "t"}),
                ("POST", "model-versions/set-tag", {"name": name, "version": "1", "key": "t", "value": "ü<&>"}),
                ("DELETE", "model-versions/delete-tag", {"name": name, "version": "1", "key": "t"}),
                ("POST", "registered-models/alias", {"name": name, "alias": "champion", "version": "1"}),
                ("DELETE", "registered-models/alias", {"name": name, "alias": "champion"})):
            calls.append(Call("boss", verb, "/api/2.0/mlflow/" + path, message))
        calls.append(Call("boss", "POST", "/api/2.0/mlflow/registered-models/create", {"name": name + "-bare",
                          "tags": prompt if text else []}))
        calls.append(Call("boss", "POST", "/api/2.0/mlflow/model-versions/create",
                          {"name": name + "-bare", "source": "dummy-source" if text else "s3://bucket/model",
                           "description": "with words", "tags": text}))
        calls.append(Call("boss", "POST", "/api/2.0/mlflow/model-versions/create",
                          {"name": name + "-bare", "source": "dummy-source" if text else "s3://bucket/model",
                           "description": "", "tags": text}))
    return calls


def said(messages):
    """What they say, without when; MLflow sends side by side, so in any order."""
    out = []
    for message in messages:
        body = message.json()
        moment = datetime.datetime.fromisoformat(body.pop("timestamp"))
        assert moment.utcoffset() == datetime.timedelta(0)
        out.append(body)
    return sorted(out, key=str)


def test_deliveries_beside_mlflows_own_server(peer, start, receiver):
    from mlflow.webhooks.delivery import _generate_hmac_signature

    house = start("sqlite", receiver)
    theirs, ours = sides(peer, house)
    for side in (theirs, ours):
        for name, secret in (("signed", "s3cret"), ("bare", "")):
            made = side.play(Call("boss", "POST", ALL, {
                "name": f"{side.name}-{name}", "url": receiver.url(f"/ok/{side.name}/{name}"),
                "secret": secret, "events": EVENTS}))
            assert made.status == 200 and "s3cret" not in str(made.body)
        for call in story():
            seen = side.play(call)
            assert seen.status == 200, f"{side.name}: {call} -> {seen}"
    count = len(EVENTS) + 6
    for name in ("signed", "bare"):
        paths = [f"/ok/{side}/{name}" for side in ("peer", "ours")]
        until(lambda: all(len(receiver.messages(p)) >= count for p in paths), what=name)
        a, b = (receiver.messages(p) for p in paths)
        assert said(b) == said(a)
        kinds = {(m.json()["entity"], m.json()["action"]) for m in b}
        assert kinds == {(e["entity"].lower(), e["action"].lower()) for e in EVENTS}
        for message in (*a, *b):
            h = message.headers
            assert h["content-type"] == "application/json" and int(h["x-mlflow-timestamp"]) > 0
            if name == "bare":
                assert "x-mlflow-signature" not in h
            else:
                assert h["x-mlflow-signature"] == _generate_hmac_signature(
                    "s3cret", h["x-mlflow-delivery-id"], h["x-mlflow-timestamp"], message.body.decode())
        mine = {h for m in b for h in m.headers if h.startswith("x-mlflow")}
        assert mine == {h for m in a for h in m.headers if h.startswith("x-mlflow")}


def test_the_unmodified_client(start, receiver, monkeypatch):
    from mlflow import MlflowClient
    from mlflow.entities.webhook import WebhookEvent
    from mlflow.exceptions import MlflowException

    house = start("sqlite", receiver)
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", house.token())
    client = MlflowClient(house.url, house.url)
    made = client.create_webhook("hook", receiver.url("/ok/hook"), ["model_version.created"],
                                 description="of a test", secret="s3cret")
    assert (made.name, made.description, str(made.status)) == ("hook", "of a test", "ACTIVE")
    assert [str(e) for e in made.events] == ["model_version.created"] and made.secret is None
    assert client.get_webhook(made.webhook_id).url == receiver.url("/ok/hook")
    for i in range(4):
        client.create_webhook(f"more{i}", receiver.url("/ok/more"), ["registered_model.created"])
    page = client.list_webhooks(max_results=3)
    rest = client.list_webhooks(max_results=3, page_token=page.token)
    assert [w.name for w in (*page, *rest)] == ["more3", "more2", "more1", "more0", "hook"]
    assert not rest.token
    tested = client.test_webhook(made.webhook_id)
    assert tested.success and tested.response_status == 200 and tested.response_body == "thanks"
    tested = client.test_webhook(made.webhook_id, WebhookEvent("prompt", "created"))
    assert tested.success
    assert [m.json()["entity"] for m in receiver.messages("/ok/hook")] == ["model_version", "prompt"]
    changed = client.update_webhook(made.webhook_id, name="renamed", status="DISABLED",
                                    events=["registered_model.created"])
    assert (changed.name, str(changed.status), len(changed.events)) == ("renamed", "DISABLED", 1)
    assert house.show("renamed")["has_secret"]
    client.delete_webhook(made.webhook_id)
    with pytest.raises(MlflowException) as refused:
        client.get_webhook(made.webhook_id)
    assert refused.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_T38_the_same_policy_and_the_same_administrators(start, receiver, canary):
    house = start("sqlite", receiver)
    for url in (f"http://127.0.0.1:{canary.port}/", f"http://[::1]:{canary.port}/",
                "http://169.254.169.254/latest", f"http://[::ffff:127.0.0.1]:{canary.port}/"):
        status, answer = house.request("POST", ALL, {"name": "x", "url": url, "events": [MODEL]})
        assert (status, answer["error_code"]) == (400, "INVALID_PARAMETER_VALUE"), (url, answer)
    # A name is looked at when it is connected to.
    status, made = house.request("POST", ALL, {"name": "x", "url": f"http://localhost:{canary.port}/",
                                               "events": [MODEL]})
    assert status == 200
    status, tested = house.request("POST", f"{ALL}/{made['webhook']['webhook_id']}/test", {})
    assert status == 200 and not tested["result"]["success"] and tested["result"]["error_message"]
    assert canary.is_untouched()
    # A webhook of another form is none of MLflow's, and a secret stays with its host.
    house.webhook("ours", receiver.url("/ok/ours"))
    assert [w["name"] for w in house.request("GET", ALL)[1]["webhooks"]] == ["x"]
    _, made = house.request("POST", ALL, new("y", receiver, secret="s3cret"))
    one = f"{ALL}/{made['webhook']['webhook_id']}"
    status, answer = house.request("PATCH", one, {"url": "http://example.com/"})
    assert status == 400 and "bound to its host" in answer["message"]
    assert house.request("PATCH", one, {"url": "http://example.com/?key=hidden", "secret": "t"})[0] == 200
    assert "hidden" not in str(house.request("GET", one)) and "hidden" not in str(house.request("GET", ALL))
