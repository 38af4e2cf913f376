"""Deliveries to a receiver that may be well, slow, broken or gone; both engines."""

import re
import time

import pytest
from conftest import ENGINES, ROOT, until


def verifier():
    """The function that docs/formats/webhooks.md shows."""
    text = (ROOT / "docs/formats/webhooks.md").read_text()
    names = {}
    exec(re.search(r"```python\n(.*?)```", text, re.S)[1], names)
    return names["verify"]


def settled(house, name, count):
    """All deliveries of a webhook, once so many of them have ended."""
    def look():
        rows = house.deliveries(name)
        return rows if sum(row["state"] != "pending" for row in rows) == count else None
    return until(look, 40, f"{count} deliveries of {name}")


@pytest.mark.parametrize("engine", ENGINES)
def test_in_order_signed_and_written_down(engine, start, receiver):
    house = start(engine, receiver)
    made = house.webhook("hook", receiver.url("/ok"))
    for i in range(20):
        house.model(f"m{i}")
    rows = settled(house, "hook", 20)
    messages = receiver.messages("/ok")
    assert [m.json()["subject"] for m in messages] == [f"model/m{i}" for i in range(20)]
    verify = verifier()
    for message, row in zip(messages, reversed(rows)):
        assert verify(made["secret"], message.headers, message.body) == row["message_id"]
        assert message.json()["id"] == row["message_id"]
        assert message.json()["event"] == row["event"]
        assert row["state"] == "delivered" and row["status"] == 200 and row["answer"] == "thanks"
    later = str(int(messages[0].headers["webhook-timestamp"]) + 1)
    for bend in ({"webhook-id": "msg_x"}, {"webhook-timestamp": later}):
        with pytest.raises(ValueError):
            verify(made["secret"], {**messages[0].headers, **bend}, messages[0].body)
    with pytest.raises(ValueError):
        verify(made["secret"], messages[0].headers, messages[0].body + b" ")
    # While a secret is rotated both are good; an own one may be given.
    house.ask("POST", "webhooks/hook/secret", {"secret": "my-own-webhook-secret", "overlap": "1h"})
    house.model("more")
    message = until(lambda: receiver.messages("/ok")[20:])[0]
    assert verify(made["secret"], message.headers, message.body) == message.id
    assert verify("my-own-webhook-secret", message.headers, message.body) == message.id


@pytest.mark.parametrize("engine", ENGINES)
def test_t39_each_receiver_by_itself(engine, start, receiver, canary):
    """Whatever the others do, one that is well gets its messages at once."""
    receiver.elsewhere = f"http://127.0.0.1:{canary.port}/"
    house = start(engine, receiver)
    modes = ["slow", "500", "410", "endless", "endless500", "redirect", "broken", "headers",
             "bytes", "hangup"]
    for mode in modes:
        house.webhook(mode, receiver.url(f"/{mode}"), attempts=1)
    if engine == "sqlite":  # ten seconds are enough once
        house.webhook("never", receiver.url("/never"), attempts=1, subject="model/m0")
    house.webhook("busy", receiver.url("/busy"), attempts=3)
    house.webhook("ok", receiver.url("/ok"))
    house.webhook("again", receiver.url("/500/again"), attempts=3, subject="model/m0")
    for i in range(3):
        house.model(f"m{i}")
    last = time.monotonic()
    until(lambda: len(receiver.messages("/ok")) == 3)
    assert receiver.messages("/ok")[-1].at - last < 3  # some ten times what it takes
    ended = {mode: settled(house, mode, 1 if mode in ("410", "again") else 3)
             for mode in [*modes, "busy", "ok", "again"]}
    problem = {mode: rows[-1]["problem"] for mode, rows in ended.items()}
    state = {mode: {row["state"] for row in rows} for mode, rows in ended.items()}
    for mode in ("ok", "slow", "busy", "endless"):
        assert state[mode] == {"delivered"}, (mode, ended[mode])
    for mode in ("500", "endless500", "redirect", "broken", "headers", "bytes", "hangup", "again"):
        assert state[mode] == {"dead"}, (mode, ended[mode])
        assert problem[mode], mode
    assert ended["500"][0]["status"] == 500 and len(ended["500"][0]["answer"]) == 1024
    assert ended["500"][0]["answer"].startswith("no: xxx")
    assert len(ended["endless"][0]["answer"]) == 1024
    assert "redirects are not followed" in problem["redirect"] and canary.is_untouched()
    assert "<script>" in ended["bytes"][0]["answer"] and "\0" not in ended["bytes"][0]["answer"]
    assert all(row["attempts"] == 3 for row in ended["again"])
    assert len(receiver.messages("/500/again")) == 3
    assert len({message.id for message in receiver.messages("/500/again")}) == 1
    # What a busy receiver asked for.
    first, second = receiver.messages("/busy")[0], [
        m for m in receiver.messages("/busy") if m.id == receiver.messages("/busy")[0].id][1]
    assert second.at - first.at >= 1
    # Gone for good: disabled, with a reason; later events are not for it.
    gone = house.show("410")
    assert gone["state"] == "disabled" and "410" in gone["reason"]
    assert len(receiver.messages("/410")) == 1
    if engine != "sqlite":
        return
    # One that never answers is given up by the deadline, and has held up nobody until then.
    row = settled(house, "never", 1)[0]
    assert row["state"] == "dead" and row.get("status") is None and row["problem"]
    assert 9_000 < row["latency_ms"] < 20_000
    assert len(receiver.messages("/never")) == 1


@pytest.mark.parametrize("engine", ENGINES)
def test_filters(engine, start, receiver):
    house = start(engine, receiver)
    house.webhook("one", receiver.url("/ok/one"), subject="model/m1")
    house.webhook("tags", receiver.url("/ok/tags"), events=["registry.*_tag_*"])
    house.webhook("alarms", receiver.url("/ok/alarms"), events=["*"], only_alarms=True)
    for i in range(3):
        house.model(f"m{i}")
    status, _ = house.request("POST", "/api/2.0/mlflow/registered-models/set-tag",
                              {"name": "m2", "key": "k", "value": "v"})
    assert status == 200
    until(lambda: receiver.messages("/ok/tags"))
    settled(house, "one", 1)
    assert [m.json()["subject"] for m in receiver.messages("/ok/one")] == ["model/m1"]
    assert [m.json()["kind"] for m in receiver.messages("/ok/tags")] == ["registry.model_tag_set"]
    assert house.deliveries("alarms") == []


def test_dialects_over_the_wire(start, receiver):
    from mlflow.webhooks.delivery import _generate_hmac_signature

    house = start("sqlite", receiver)
    secret = "the-secret-of-mlflow"
    house.webhook("mlflow", receiver.url("/ok/mlflow"), dialect="mlflow", secret=secret,
                  events=["registry.model_created"])
    house.webhook("binary", receiver.url("/ok/binary"), dialect="cloudevents-binary")
    house.webhook("structured", receiver.url("/ok/structured"), dialect="cloudevents")
    house.webhook("slack", receiver.url("/ok/slack/T0/B0"), dialect="slack")
    house.webhook("alerts", receiver.url("/"), dialect="alertmanager")
    house.model("flights")
    message = until(lambda: receiver.messages("/ok/mlflow"))[0]
    h = message.headers
    assert h["x-mlflow-signature"] == _generate_hmac_signature(
        secret, h["x-mlflow-delivery-id"], h["x-mlflow-timestamp"], message.body.decode())
    assert message.json()["entity"] == "registered_model"
    assert message.json()["data"] == {"name": "flights", "tags": {}, "description": ""}
    binary = until(lambda: receiver.messages("/ok/binary"))[0]
    structured = until(lambda: receiver.messages("/ok/structured"))[0]
    assert structured.headers["content-type"] == "application/cloudevents+json"
    assert binary.json() == structured.json()["data"] and binary.json()["name"] == "flights"
    assert binary.headers["ce-type"] == structured.json()["type"] == "rondo.registry.model_created"
    assert binary.headers["ce-id"] == binary.id
    slack = until(lambda: receiver.messages("/ok/slack/T0/B0"))[0]
    assert "model/flights" in slack.json()["text"]
    assert house.show("slack")["url"] == receiver.url("/") + "..."
    alert = until(lambda: receiver.messages("/api/v2/alerts"))[0]
    assert alert.json()[0]["labels"]["subject"] == "model/flights"
