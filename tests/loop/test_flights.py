"""The flights example closes its loop."""

import json
from datetime import datetime

import pytest


def day(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).date().isoformat()


@pytest.fixture(scope="module")
def entries(quiet):
    return quiet.client().call("GET", "/api/rondo/v1/endpoints/flights/timeline?limit=10000")["entries"]


def only(entries, kind):
    found = [e for e in entries if e["kind"] == kind]
    assert len(found) == 1, f"{len(found)} x {kind}"
    return found[0]


def test_the_first_version_passes_its_gate_and_is_champion(entries):
    assert only(entries, "champion.set")["data"]["version"] == 1
    gate = next(e for e in entries if e["kind"] == "gate.passed")
    assert gate["data"]["candidate"] == 1 and gate["data"]["champion"] == 0


def test_the_breach_comes_when_the_world_changes(entries):
    breach = only(entries, "monitor.breach")
    assert "2013-06-28" <= day(breach["happened"]) <= "2013-07-04"
    assert breach["data"]["labels"] >= 20_000 and breach["data"]["e_value"] >= 1000
    assert breach["data"]["mean"] > breach["data"]["threshold"]


def test_cause_leads_to_effect(entries):
    by_id = {e["id"]: e for e in entries}
    loop_rollout = next(e for e in entries
                        if e["kind"] == "rollout.started" and e["data"]["origin"] == "loop")
    chain, entry = [], loop_rollout
    while entry:
        chain.append(entry["kind"])
        entry = by_id.get(entry.get("cause"))
    assert chain == ["rollout.started", "gate.passed", "retrain.candidate", "retrain.started",
                     "monitor.breach"]
    ends = [e for e in entries if e.get("cause") == loop_rollout["id"]]
    # Promoted, rolled back and inconclusive are all right ends; the data decide which.
    assert [e["kind"] for e in ends] in (["rollout.promoted"], ["rollout.rolled_back"],
                                         ["rollout.inconclusive"])
    if ends[0]["kind"] == "rollout.promoted":
        assert "2013-07-09" <= day(ends[0]["happened"]) <= "2013-08-13"


def test_the_broken_candidates_are_rolled_back(entries):
    by_hand = [e for e in entries
               if e["kind"] == "rollout.started" and e["data"]["origin"] != "loop"]
    assert [e["data"]["mode"] for e in by_hand] == ["canary", "shadow"]
    for start in by_hand:
        assert [e["kind"] for e in entries if e.get("cause") == start["id"]] == ["rollout.rolled_back"]


def test_every_decision_comes_out_the_same_to_the_bit(quiet, entries):
    decisions = [e["decision"] for e in entries if "decision" in e]
    assert len(decisions) >= 6
    for decision in decisions:
        why = json.loads(quiet.run_cli("why", str(decision), "--json"))
        assert why["recomputed"] and why["identical"], why["sentence"]


def test_the_command_line_tells_the_story(quiet):
    text = quiet.run_cli("timeline", "flights")
    for words in ("breach: brier", "retraining started (breach)", "gate passed for version 4",
                  "5 % of units go to version 4", "version 2 rolled back", "version 3 rolled back"):
        assert words in text
    for noun in (("endpoint", "list"), ("endpoint", "show", "flights"), ("run", "list"),
                 ("model", "list"), ("model", "show", "flights"), ("data", "list"),
                 ("data", "list", "flights"), ("pipeline", "list"), ("run", "show", "1"),
                 ("run", "log", "1")):
        assert quiet.run_cli(*noun)
        json.loads(quiet.run_cli(*noun, "--json"))


def test_nothing_is_lost_or_late_without_a_kill(quiet):
    status = quiet.client().call("GET", "/api/rondo/v1/endpoints/flights")
    for arm in ("champion", "candidate"):
        assert status[arm]["lost"] == 0 and status[arm]["answered"] == status[arm]["logged"]
    assert status["late"] == 0 and status["labels_unmatched"] == 0
