"""Predictions are answered before they are written down. What a kill takes in between is known
afterwards, by arm, to the row; and nobody can make up a prediction's id."""

import pytest
from conftest import http_of
from serving import serve_tiny, wait_for
from tiny_model import Mlflow

BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
UNITS = 150
ROUNDS = 8
ARMS = {"1": "champion", "2": "candidate"}


@pytest.fixture
def canary(start):
    """A server whose endpoint sends half of its units to version 2."""
    server = start()
    http, mlflow = http_of(server), Mlflow(server.url)
    serve_tiny(http, mlflow, "small")
    run_id, uri = mlflow.log(0.2, 0.8, {}, {})
    assert mlflow.register("small", run_id, uri) == 2
    http.call("POST", "/api/rondo/v1/endpoints/small/rollouts", {
        "version": 2, "spec": {"paired": False, "stages": [{"mode": "canary", "share": 0.5}]}})
    return server


def predict_all(http, answered):
    """A prediction for each unit; counts who answered."""
    for unit in range(UNITS):
        answer = http.predict("small", {"instances": [[1, 1]]}, x_rondo_unit_id=f"unit-{unit}")
        assert answer.status == 200, answer
        answered[ARMS[answer.headers["x-rondo-model-version"]]] += 1


def counts(http):
    status = http.status("small")
    return {arm: status[arm] for arm in ARMS.values()}


def test_what_a_kill_took_is_known_by_arm(canary):
    answered, lost = {"champion": 0, "candidate": 0}, 0
    for _ in range(ROUNDS):
        http = http_of(canary)
        predict_all(http, answered)
        canary.kill()
        canary.start()
        http = http_of(canary)
        found = counts(http)
        for arm, count in answered.items():
            assert found[arm]["answered"] == count, arm
            assert found[arm]["logged"] + found[arm]["lost"] == count, found
        lost = sum(found[arm]["lost"] for arm in found)
        if lost > 0:
            break
    assert lost > 0, "never killed before a row was written: this proves nothing"
    assert min(answered.values()) > UNITS / 4
    events = http.timeline("small", "predictions.lost")
    for arm in ARMS.values():
        assert sum(event["data"][arm] for event in events) == found[arm]["lost"]
    # A second start finds nothing more.
    canary.kill()
    canary.start()
    assert counts(http_of(canary)) == found
    assert http_of(canary).timeline("small", "predictions.lost") == events


def test_a_stop_takes_nothing(canary):
    answered = {"champion": 0, "candidate": 0}
    predict_all(http_of(canary), answered)
    canary.stop()
    canary.start()
    assert counts(http_of(canary)) == {
        arm: {"answered": count, "logged": count, "lost": 0} for arm, count in answered.items()}


def test_counters_hold_their_space(server, http, tiny):
    """A hole in the mapped file would end the server at the first prediction on a full disk."""
    serve_tiny(http, tiny, "counted")
    files = sorted(server.data.glob("predictions/*/counters"))
    assert files and all(file.stat().st_blocks > 0 for file in files)


def test_an_id_cannot_be_made_up(server, http, tiny):
    serve_tiny(http, tiny, "ids")
    answer = http.predict("ids", {"instances": [[1, 1]]}).json
    real, = answer["prediction_ids"]
    forged = [real[:i] + BASE64URL[BASE64URL.index(c) ^ 1] + real[i + 1:]
              for i, c in enumerate(real)]
    forged += ["", real[:-1], real + "A", real[:24] + real[-24:], "ä", real.upper(), "A" * len(real)]
    for made_up in forged:
        answer = http.send("POST", "/api/rondo/v1/endpoints/ids/feedback",
                           {"labels": [{"prediction_id": made_up, "value": 1}]})
        assert answer.status == 400, made_up
        wanted = f"'{made_up}' is no prediction id of this server" if made_up else "needs a"
        assert wanted in answer.message, answer
    assert http.call("POST", "/api/rondo/v1/endpoints/ids/feedback", {
        "labels": [{"prediction_id": real, "value": 1}]})["accepted"] == 1
    wait_for(lambda: http.status("ids")["champion"] == {"answered": 1, "logged": 1, "lost": 0})
