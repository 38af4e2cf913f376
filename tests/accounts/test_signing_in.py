"""T20 to T23: guessing, secrets in places where they do not belong, rights that are taken away,
headers of strangers; and how a server gets its first account."""

import http.cookies
import json
import os
import socket
import sqlite3
import subprocess
import sys
import time

import pytest

from conftest import ML, PASSWORD, V1, Caller, House, with_password, with_token
from rondo_server import BINARY, Server


@pytest.fixture
def fresh(tmp_path):
    """A server of its own: what it remembers about callers is this test's alone."""
    started = []

    def start():
        started.append(Server(made(tmp_path / str(len(started)))))
        return House(started[-1])
    yield start
    for server in started:
        server.stop()


def made(folder):
    folder.mkdir()
    return folder


def sign_in(house, name, password, **more):
    return house.nobody.ask("POST", V1 + "sign-in", {"name": name, "password": password}, **more)


def cookie_of(answer):
    return http.cookies.SimpleCookie(answer.headers["set-cookie"])["rondo"]


def test_a_session(house):
    answer = sign_in(house, "boss", PASSWORD)
    assert answer.status == 200 and answer.json["name"] == "boss", answer
    cookie = cookie_of(answer)
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["path"] == "/"
    browser = Caller(house.url, cookie=f"other=1; rondo={cookie.value}")
    assert browser.call("GET", V1 + "me")["name"] == "boss"
    # A page of another site can neither read nor send with it.
    for foreign in ({"origin": "http://evil.example"}, {"sec_fetch_site": "cross-site"}):
        assert browser.ask("POST", V1 + "tokens", {}, **foreign).status == 403
    assert browser.ask("POST", V1 + "tokens", raw=b"name=x",
                       content_type="application/x-www-form-urlencoded").status == 400
    out = browser.ask("POST", V1 + "sign-out", {})
    assert out.status == 200 and cookie_of(out)["max-age"] == "0"
    assert browser.ask("GET", V1 + "me").status == 401
    assert browser.ask("GET", "/").status == 200  # the page, which asks for the password, still opens


def test_a_new_password_ends_sessions_and_counts_at_once(fresh):
    house = fresh()
    house.user("ada", "editor")
    browser = Caller(house.url, cookie=f"rondo={cookie_of(sign_in(house, 'ada', PASSWORD)).value}")
    basic = with_password(house.url, "ada")
    assert browser.call("GET", V1 + "me") == basic.call("GET", V1 + "me")
    house.local.call("PUT", V1 + "users/ada/password", {"password": "quite another one"})
    assert browser.ask("GET", V1 + "me").status == 401
    assert basic.ask("GET", V1 + "me").status == 401  # though it was verified a moment ago
    assert with_password(house.url, "ada", "quite another one").ask("GET", V1 + "me").status == 200


@pytest.mark.parametrize("password", ["short", "x" * 1025])
def test_passwords_have_a_length(house, password):
    answer = house.local.ask("POST", V1 + "users", {"name": "new", "password": password})
    assert answer.status == 400 and answer.json["error"]["field"] == "password"


@pytest.mark.parametrize("name", ["", "a b", "b\u043ess", "boss\u0000", "x" * 65, "a/b", "BOSS"])
def test_T37_names_that_look_alike_or_hide(house, name):
    answer = house.local.ask("POST", V1 + "users", {"name": name, "password": PASSWORD})
    assert answer.status in (400, 409), answer


def test_T20_guessing_is_slowed_without_hurting_others(fresh):
    house = fresh()
    house.user("victim")
    house.user("other")
    refused = [sign_in(house, "victim", f"wrong {i} password").status for i in range(5)]
    assert refused == [401] * 5
    answer = sign_in(house, "victim", PASSWORD)  # also the right one has to wait now
    assert answer.status == 429 and "seconds" in answer.json["error"]["message"], answer
    assert answer.headers["retry-after"] in answer.json["error"]["message"]
    assert with_password(house.url, "victim").ask("GET", V1 + "me").status == 429
    begun = time.monotonic()
    assert sign_in(house, "other", PASSWORD).status == 200
    assert time.monotonic() - begun < 5
    # Under ever new names, too; who has signed in from there before is let in all the same.
    statuses = {sign_in(house, f"name{i}", "wrong password").status for i in range(25)}
    assert 429 in statuses
    assert sign_in(house, "other", PASSWORD).status == 200
    # Tokens are too long to guess: they are no way to lock others out.
    assert house.admin.ask("GET", V1 + "users").status == 200
    refusals = [row for row in house.local.call("GET", V1 + "audit?limit=1000")["rows"]
                if row["action"] == "sign_in" and row["outcome"] == "refused"]
    assert 5 <= len(refusals) <= 31


def test_T20_a_name_that_does_not_exist_takes_as_long(fresh):
    house = fresh()
    house.user("exists")

    def took(name):
        begun = time.monotonic()
        assert sign_in(house, name, "wrong password").status == 401
        return time.monotonic() - begun
    took("warm")
    absent = min(took(f"absent{i}") for i in range(4))
    present = min(took("exists") for _ in range(4))
    assert 0.3 < absent / present < 3


def test_T21_no_secret_where_it_does_not_belong(tmp_path):
    server = Server(made(tmp_path / "s"))
    house = House(server)
    try:
        secrets = [PASSWORD, server.token()]
        for scope in ("read", "admin"):
            secrets.append(house.secret_of("boss", scope)[0])
        cookie = cookie_of(sign_in(house, "boss", PASSWORD)).value
        secrets.append(cookie)
        texts = [house.admin.ask("GET", path).body.decode() for path in (
            "/metrics", "/openapi.json", V1 + "audit?limit=1000", V1 + "users", V1 + "tokens", V1 + "me")]
        for token in secrets[1:]:
            texts.append(with_token(house.url, token).ask("GET", V1 + "none").body.decode())
            texts.append(with_token(house.url, token + "x").ask("GET", V1 + "users").body.decode())
        texts.append(sign_in(house, "boss", PASSWORD + "x").body.decode())
        assert "authorization" not in "".join(texts[1:2]).split('"parameters"')[0]
        # In no URL: a token in the query is not even looked at.
        assert house.nobody.ask("GET", V1 + f"users?token={secrets[2]}").status == 401
        # Nor in the database, where only hashes are.
        for path in (server.data / "rondo.db", server.data / "rondo.db-wal"):
            texts.append(path.read_bytes().decode("latin-1") if path.exists() else "")
    finally:
        server.stop()
    texts.append(server.log.read_text(errors="replace"))
    for secret in secrets:
        for text in texts:
            assert secret not in text


def test_T22_what_is_taken_away_is_gone_on_all_servers(tmp_path, postgres):
    database = postgres.new_database("accounts_two")
    one = Server(made(tmp_path / "one"), database)
    two = None
    try:
        house = House(one)
        two = Server(made(tmp_path / "two"), database)
        ada = house.user("ada", "viewer")
        path = ML + "experiments/get?experiment_id=0"
        elsewhere = Caller(two.url, **ada.headers)
        by_password = with_password(two.url, "ada")
        # Known there from the first moment on, although it was made here.
        assert elsewhere.ask("GET", path).status == 200
        assert by_password.ask("GET", path).status == 200

        def gone_within_a_second(change, status, caller):
            change()
            begun = time.monotonic()
            while caller.ask("GET", path).status != status:
                assert time.monotonic() - begun < 1, "a right outlives its end by a second"
            return time.monotonic() - begun
        took = [
            gone_within_a_second(lambda: house.local.call(
                "PATCH", V1 + "users/ada", {"role": "none"}), 403, elsewhere),
            gone_within_a_second(lambda: house.local.call(
                "PATCH", V1 + "users/ada", {"role": "viewer"}), 200, elsewhere),
            gone_within_a_second(lambda: house.grant("ada", "experiment", 0, "none"), 403, elsewhere),
            gone_within_a_second(lambda: house.local.call(
                "POST", V1 + "grants/revoke", {"user": "ada", "object": "experiment", "name": "0"}),
                200, elsewhere),
            gone_within_a_second(lambda: house.local.call(
                "PATCH", V1 + "users/ada", {"disabled": True}), 401, by_password),
        ]
        print(f"slowest: {max(took):.2f} s")
    finally:
        if two:
            two.stop()
        one.stop()


def test_T23_headers_of_strangers_are_ignored(fresh):
    house = fresh()
    house.user("victim")
    lies = {"x_forwarded_for": "203.0.113.7", "forwarded": "for=203.0.113.7;proto=https",
            "x_real_ip": "203.0.113.7", "x_forwarded_proto": "https", "x_forwarded_user": "boss",
            "x_remote_user": "boss"}
    for i in range(5):
        lies["x_forwarded_for"] = f"203.0.113.{i}"
        assert sign_in(house, "victim", "wrong password", **lies).status == 401
    answer = sign_in(house, "victim", "wrong password", **lies)
    assert answer.status == 429  # another address in a header is no other address
    assert house.nobody.ask("GET", V1 + "users", **lies).status == 401
    rows = house.local.call("GET", V1 + "audit?limit=1000")["rows"]
    assert {row["address"] for row in rows} <= {"127.0.0.1"}
    answer = sign_in(house, "boss", PASSWORD, **lies)
    assert "Secure" not in answer.headers["set-cookie"]


def test_the_trail(fresh):
    house = fresh()
    editor = house.user("ada", "editor")
    e = editor.call("POST", ML + "experiments/create", {"name": "x"})["experiment_id"]
    editor.call("POST", ML + "experiments/delete", {"experiment_id": e})
    editor.ask("POST", ML + "experiments/delete", {"experiment_id": "0"})
    house.local.call("PATCH", V1 + "users/ada", {"role": "viewer"})
    rows = house.local.call("GET", V1 + "audit?limit=1000")["rows"]
    told = [(r["actor"], r["action"], r["object"], r["outcome"]) for r in reversed(rows)]
    assert ("local", "create_user", "user ada", "done") in told
    asked = told.index(("ada", "experiment.delete", f"experiment {e}", "asked"))
    assert told[asked + 1] == ("ada", "", "", "done")
    assert ("ada", "experiment.delete", "experiment 0", "refused") in told
    assert '"before":{"role":"editor"},"after":{"role":"viewer"}' in rows[0]["detail"]
    assert house.local.call("GET", V1 + "audit/check") == {"rows": len(rows), "whole": True}
    with sqlite3.connect(house.server.data / "rondo.db", timeout=10) as db:
        db.execute("UPDATE audit SET actor = 'somebody' WHERE id = 2")
    verdict = house.local.call("GET", V1 + "audit/check")
    assert (verdict["whole"], verdict["broken_at"]) == (False, 2)


def test_without_the_row_there_is_no_effect(fresh):
    """The trail cannot be written: what it would tell of does not happen."""
    house = fresh()
    with sqlite3.connect(house.server.data / "rondo.db", timeout=10) as db:
        db.execute("CREATE TRIGGER no_audit BEFORE INSERT ON audit BEGIN "
                   "SELECT RAISE(ABORT, 'the trail is full'); END")
    e = house.admin.call("POST", ML + "experiments/create", {"name": "x"})["experiment_id"]
    assert house.admin.ask("POST", ML + "experiments/delete", {"experiment_id": e}).status >= 400
    found = house.admin.call("GET", f"{ML}experiments/get?experiment_id={e}")
    assert found["experiment"]["lifecycle_stage"] == "active"
    assert house.local.ask("POST", V1 + "users", {"name": "y", "password": PASSWORD}).status >= 400
    assert len(house.local.call("GET", V1 + "users")["users"]) == 1


# Beyond loopback --------------------------------------------------------------------------------

def run_server(tmp_path, *arguments, seconds=10):
    """A server that is expected to refuse to start: its exit code and last words."""
    done = subprocess.run([BINARY, "server", "--data", tmp_path / "data", "--port", "0", *arguments],
                          capture_output=True, text=True, timeout=seconds)
    return done.returncode, done.stderr.strip().splitlines()[-1]


def test_other_addresses_need_accounts(tmp_path):
    for host in ("0.0.0.0", "::", "192.0.2.1"):
        code, words = run_server(tmp_path, "--host", host)
        assert code == 1 and "without accounts" in words and "--admin-password-file" in words


def test_the_first_administrator_by_a_file(tmp_path):
    short = tmp_path / "short"
    short.write_text("short\n")
    code, words = run_server(tmp_path, "--host", "0.0.0.0", "--admin-password-file", short)
    assert code == 1 and "12 characters" in words
    code, words = run_server(tmp_path, "--admin-password-file", tmp_path / "none")
    assert code != 0 and "none" in words
    good = tmp_path / "good"
    good.write_text(PASSWORD + "\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [BINARY, "server", "--data", tmp_path / "data", "--host", "0.0.0.0", "--port", str(port),
               "--admin-password-file", good]
    for again in (False, True):  # the second start finds an account and leaves it alone
        with open(tmp_path / "log", "ab") as log:
            process = subprocess.Popen(command, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}"
            admin, until = with_password(url, "admin"), time.monotonic() + 20
            while True:
                try:
                    me = admin.ask("GET", V1 + "me")
                    break
                except OSError:
                    assert time.monotonic() < until and process.poll() is None
                    time.sleep(0.02)
            assert me.status == 200 and me.json["admin"], me
            assert Caller(url).ask("GET", V1 + "users").status == 401
            assert "unencrypted" in (tmp_path / "log").read_text()
            if again:  # the last account gone, others' machines are not let in as this one's people
                local = with_token(url, (tmp_path / "data/token").read_text().strip())
                local.call("DELETE", V1 + "users/admin")
                assert Caller(url).ask("GET", ML + "experiments/get?experiment_id=0").status == 401
                assert local.call("GET", V1 + "users")["users"] == []
        finally:
            process.terminate()
            assert process.wait(20) == 0


# Clients of the field -----------------------------------------------------------------------------

def test_mlflow_signs_in_by_name_and_by_token(house, tmp_path):
    house.user("scientist", "editor")
    script = ("import mlflow; e = mlflow.set_experiment('by-client'); r = mlflow.start_run(); "
              "mlflow.log_metric('m', 1); mlflow.log_text('x', 'a.txt'); mlflow.end_run(); "
              "print(len(mlflow.search_runs(experiment_ids=[e.experiment_id], output_format='list')))")
    base = {"PATH": os.environ["PATH"], "MLFLOW_TRACKING_URI": house.url, "HOME": str(tmp_path),
            "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
    python = sys.executable

    def run(**env):
        return subprocess.run([python, "-W", "ignore", "-c", script], env=base | env, timeout=120,
                              capture_output=True, text=True)
    assert "sign in" in run().stderr
    for env in ({"MLFLOW_TRACKING_USERNAME": "scientist", "MLFLOW_TRACKING_PASSWORD": PASSWORD},
                {"MLFLOW_TRACKING_TOKEN": house.secret_of("scientist", "write")[0]},
                {"MLFLOW_TRACKING_USERNAME": "any",
                 "MLFLOW_TRACKING_PASSWORD": house.secret_of("scientist", "write")[0]}):
        done = run(**env)
        assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip().splitlines()[-1] == "3"


def test_the_command_line(fresh, tmp_path):
    house = fresh()
    password = tmp_path / "password"
    password.write_text("a password of ada\n")

    def rondo(*arguments, code=0, **env):
        env = {"PATH": os.environ["PATH"], "RONDO_URL": house.url,
               "RONDO_TOKEN": house.server.token(), **env}
        done = subprocess.run([BINARY, *map(str, arguments)], env=env, cwd=tmp_path, timeout=60,
                              capture_output=True, text=True)
        assert done.returncode == code, (arguments, done)
        return done.stdout
    rondo("user", "create", "ada", "--role", "editor", "--password-file", password)
    rondo("user", "create", "ada", "--password-file", password, code=5)
    rondo("user", "create", "robot", "--service")
    assert [u["name"] for u in json.loads(rondo("user", "list", "--json"))["users"]] == [
        "ada", "boss", "robot"]
    secret = rondo("token", "create", "--user", "ada", "--scope", "write", "--expires", "30d").strip()
    assert secret.startswith("rondo_pat_")
    rondo("user", "list", code=4, RONDO_TOKEN=secret)
    rondo("model", "list", RONDO_TOKEN=secret)
    rondo("model", "list", code=4, RONDO_TOKEN=secret[:-1])
    house.admin.call("POST", ML + "experiments/create", {"name": "fraud"})
    rondo("role", "grant", "ada", "experiment/fraud", "none")
    rondo("role", "grant", "ada", "fraud", "none", code=1)
    rondo("role", "grant", "nobody", "experiment/fraud", "none", code=3)
    assert "none" in rondo("role", "list")
    rondo("role", "revoke", "ada", "experiment/fraud")
    rondo("user", "lock", "ada")
    rondo("model", "list", code=4, RONDO_TOKEN=secret)
    rondo("user", "unlock", "ada")
    rondo("user", "role", "ada", "--role", "viewer")
    rondo("user", "role", "ada", code=1)
    password.write_text("yet another password\n")
    rondo("user", "password", "ada", "--password-file", password)
    assert with_password(house.url, "ada", "yet another password").ask("GET", V1 + "me").status == 200
    ids = [t["id"] for t in json.loads(rondo("token", "list", "--user", "ada", "--json"))["tokens"]]
    for number in ids:
        rondo("token", "revoke", number)
    rondo("model", "list", code=4, RONDO_TOKEN=secret)
    rondo("user", "delete", "ada", code=1)
    rondo("user", "delete", "ada", "--yes")
    assert "every hash is right" in rondo("audit", "--check")
    assert "delete_user" in rondo("audit")


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_tasks_of_pipelines_are_let_in(tmp_path, host):
    """A task shows a token of its own, good for its attempt, and logs as the server's service. What
    listens on all addresses is reached by tasks on loopback."""
    password = tmp_path / "password"
    password.write_text(PASSWORD + "\n")
    server = Server(made(tmp_path / "s"), arguments=[
        "--environment", f"default={sys.executable}", "--host", host, "--admin-password-file", password])
    try:
        house = House(server)
        script = (b"import json, os, urllib.request as u\n"
                  b"def ask(path, message):\n"
                  b"    r = u.Request(os.environ['RONDO_URL'] + path, json.dumps(message).encode(),\n"
                  b"        {'content-type': 'application/json',\n"
                  b"         'authorization': 'Bearer ' + os.environ['MLFLOW_TRACKING_TOKEN']})\n"
                  b"    return json.load(u.urlopen(r))\n"
                  b"e = ask('/api/2.0/mlflow/experiments/create', {'name': 'by task'})\n"
                  b"try:\n"
                  b"    ask('/api/rondo/v1/users', {'name': 'x', 'password': 'p' * 12})\n"
                  b"except u.HTTPError as e:\n"
                  b"    assert e.code == 403\n"
                  b"json.dump({}, open(os.environ['RONDO_OUTPUTS'], 'w'))\n")
        stored = house.admin.ask("POST", V1 + "blobs", raw=script).json
        definition = {"name": "asks", "tasks": [{"name": "ask", "script": "ask.py"}],
                      "files": {"ask.py": stored["digest"]}}
        house.admin.call("PUT", V1 + "pipelines/asks", definition)
        run = house.admin.call("POST", V1 + "pipelines/asks/runs", {})
        until = time.monotonic() + 60
        while run["state"] in ("queued", "running"):
            assert time.monotonic() < until
            time.sleep(0.05)
            run = house.admin.call("GET", f"{V1}runs/{run['id']}")
        log = house.admin.ask("GET", f"{V1}runs/{run['id']}/tasks/ask/log").body
        assert run["state"] == "succeeded", (run, log)
        found = house.admin.call("GET", ML + "experiments/get-by-name?experiment_name=by%20task")
        assert found["experiment"]["lifecycle_stage"] == "active"
        tokens = house.local.call("GET", V1 + "tokens?user=rondo-tasks")["tokens"]
        assert [(t["kind"], t["scope"]) for t in tokens] == [("task", "write")]
        assert tokens[0]["expires"]
    finally:
        server.stop()
