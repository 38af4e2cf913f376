"""The command line's noun `webhook`, doctor and the metrics; and the units on PostgreSQL."""

import json
import os
import subprocess

from conftest import BINARY, until


def test_the_life_of_a_webhook(start, receiver, tmp_path):
    house = start("sqlite", receiver)
    rondo = house.rondo
    secret = tmp_path / "secret"
    secret.write_text("a-secret-of-our-own\n")
    out = rondo("webhook", "create", "ops", "--to", receiver.url("/ok"), "--events",
                "registry.*,rollout.*", "--events", "gate.failed", "--dialect", "cloudevents")
    assert "created: active" in out and "secret whsec_" in out
    out = rondo("webhook", "create", "flights", "--to", receiver.url("/500"), "--events", "*",
                "--endpoint", "flights", "--secret-file", secret, "--alarms", "--attempts", 2)
    assert "whsec_" not in out
    assert "exists already" in rondo("webhook", "create", "ops", "--to", receiver.url("/ok"),
                                     "--events", "*", code=5)
    assert "matches no kind" in rondo("webhook", "create", "x", "--to", receiver.url("/ok"),
                                      "--events", "nothing.*", code=1)
    out = rondo("webhook", "list")
    assert "registry.*,rollout.*,gate.failed" in out and "endpoint/flights" in out
    out = rondo("webhook", "test", "ops")
    assert out.startswith("delivered") and "status     200" in out and "answer     thanks" in out
    assert receiver.messages("/ok")[0].json()["type"] == "rondo.webhook.test"
    out = rondo("webhook", "test", "flights", code=10)
    assert out.startswith("not delivered: answered 500") and "no: xxx" in out
    assert json.loads(rondo("webhook", "test", "ops", "--json"))["delivered"] is True
    assert "monitor.breach" in rondo("webhook", "events")
    # Disabled ones get nothing.
    assert "disabled: by hand" in rondo("webhook", "disable", "ops")
    house.model("early")
    assert "active" in rondo("webhook", "enable", "ops")
    house.model("late")
    until(lambda: house.deliveries("ops") and house.deliveries("ops")[0]["state"] == "delivered")
    assert "model/late" in rondo("webhook", "show", "ops")
    assert "model/early" not in rondo("webhook", "deliveries", "ops")
    assert "whsec_" in rondo("webhook", "rotate", "ops", "--overlap", "1h")
    assert "the one before is good until" in rondo("webhook", "show", "ops")
    # Given up, and sent again.
    rondo("webhook", "update", "ops", "--to", receiver.url("/500/ops"), "--attempts", 1)
    house.model("lost")
    until(lambda: house.show("ops")["dead"] == 1)
    out = rondo("webhook", "deliveries", "ops", "--failed")
    assert "model/lost" in out and "answered 500" in out and "model/late" not in out
    doctor = rondo("doctor", "--data", house.data, code=10)
    assert "PROBLEM  webhook ops: 1 message could not be delivered" in doctor
    assert "rondo webhook redeliver --all ops" in doctor
    rondo("webhook", "update", "ops", "--to", receiver.url("/ok/ops"))
    number = house.deliveries("ops", state="dead")[0]["id"]
    assert "on its way again" in rondo("webhook", "redeliver", number)
    until(lambda: receiver.messages("/ok/ops"))
    assert house.show("ops")["dead"] == 0
    assert receiver.messages("/ok/ops")[0].id == receiver.messages("/500/ops")[0].id
    assert "0 deliver" in rondo("webhook", "redeliver", "--all", "ops")
    assert "name a delivery" in rondo("webhook", "redeliver", code=1)
    assert "not found" in rondo("webhook", "redeliver", 12345, code=3)
    rondo("webhook", "delete", "ops")
    assert "not found" in rondo("webhook", "show", "ops", code=3)
    rondo("webhook", "create", "ops", "--to", receiver.url("/ok"), "--events", "*")
    assert house.deliveries("ops") == []
    metrics = house.request("GET", "/metrics")[1]
    assert 'rondo_webhook_attempts_total{outcome="delivered"} 2' in metrics
    assert 'rondo_webhook_attempts_total{outcome="failed"} 1' in metrics
    assert "rondo_webhook_dead_letters_total 1" in metrics
    for name in ("queue", "queue_oldest_seconds", "dead_letters", "in_flight"):
        assert f"\nrondo_webhook_{name} " in metrics


def test_units_on_postgresql(postgres):
    done = subprocess.run(
        [BINARY.parent / "rondo_tests", "--source-file=*/notify/*"], text=True,
        env={**os.environ, "RONDO_TEST_POSTGRES": postgres.new_database("notify_units")},
        capture_output=True, timeout=120)
    assert done.returncode == 0, done.stdout[-5000:]
    assert int(done.stdout.split("test cases:")[1].split("|")[1].split()[0]) >= 20
