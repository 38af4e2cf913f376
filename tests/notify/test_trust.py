"""T38: where messages may go. T21: who learns of secrets. TLS. Who may subscribe."""

import http.client
import re
import sqlite3

import pytest
import trustme
from conftest import ENGINES, Receiver, until

METADATA = "http://169.254.169.254/latest/meta-data/"


def test_t38_no_form_of_a_url_leads_inside(start, receiver, canary):
    house = start("sqlite", receiver)
    port = canary.port
    forms = [f"http://{host}:{port}/" for host in (
        "127.0.0.1", "127.0.0.2", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "2130706433", "0x7f000001",
        "0x7f.0.0.1", "0177.0.0.1", "127.1", "127.0.0.1.", "localhost", "LOCALHOST", "localhost.",
        "x@127.0.0.1", "receiver.example:80@127.0.0.1", "%6c%6f%63%61%6c%68%6f%73%74", "ⓛocalhost",
        "127.0.0.1%00.example", "169.254.169.254", "10.0.0.1", "172.16.0.1", "192.168.0.1",
        "100.64.0.1", "[fd00::1]", "[fe80::1]", "224.0.0.1")]
    forms += [METADATA, "file:///etc/passwd", "ftp://127.0.0.1/", "//127.0.0.1/", "127.0.0.1",
              f"http:127.0.0.1:{port}", f"http://127.0.0.1:{port}\\@example.com/",
              f"http://example.com#@127.0.0.1:{port}/", f"http://127.0.0.1:{port}/\r\nx: y"]
    refused, tried = 0, 0
    for i, url in enumerate(forms):
        status, answer = house.request("POST", "/api/rondo/v1/webhooks", {
            "name": f"w{i}", "url": url, "events": ["*"]})
        if status != 200:
            assert status == 400 and answer["error"]["field"] == "url", (url, answer)
            refused += 1
            continue
        # A name: it is looked at when it is connected to.
        sent = house.ask("POST", f"webhooks/w{i}/test", {})
        assert not sent["delivered"] and sent.get("status") is None, (url, sent)
        assert "closed" in sent["problem"], (url, sent)
        tried += 1
    assert refused > 30 and tried >= 3
    # A change of the URL is looked at as well.
    house.webhook("hook", receiver.url("/ok"))
    for url in (METADATA, f"http://[::1]:{port}/"):
        status, answer = house.request("PATCH", "/api/rondo/v1/webhooks/hook",
                                       {"url": url, "secret": "x" * 20})
        assert status == 400 and answer["error"]["field"] == "url"
    # And so are the deliveries themselves.
    house.model("m")
    row = until(lambda: [d for d in house.deliveries(f"w{forms.index(f'http://localhost:{port}/')}")
                         if d["attempts"]])[0]
    assert row["state"] == "pending" and "closed" in row["problem"]
    assert canary.is_untouched()


def test_t38_redirects_and_other_ports_stay_closed(start, receiver, canary):
    receiver.elsewhere = f"http://localhost:{canary.port}/"
    house = start("sqlite", receiver)
    house.webhook("hook", receiver.url("/redirect"))
    sent = house.ask("POST", "webhooks/hook/test", {})
    assert sent["status"] == 302 and "redirects are not followed" in sent["problem"]
    # The exception is one service by its spelling, not the machine.
    status, answer = house.request("POST", "/api/rondo/v1/webhooks", {
        "name": "x", "url": f"http://127.0.0.1:{canary.port}/", "events": ["*"]})
    assert status == 400 and "--egress-allow" in answer["error"]["message"]
    assert canary.is_untouched()


def test_ranges_may_be_allowed_and_nonsense_is_refused(start, receiver, tmp_path):
    house = start("sqlite", flags=["--egress-allow", "127.0.0.0/8,10.1.0.0/16"])
    house.webhook("hook", receiver.url("/ok"))
    assert house.ask("POST", "webhooks/hook/test", {})["delivered"]
    with pytest.raises(AssertionError, match="--egress-allow: 'everywhere' is neither"):
        start("sqlite", flags=["--egress-allow", "everywhere"])


def test_tls_is_verified(start, tmp_path):
    ours, theirs = trustme.CA(), trustme.CA()
    ours.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    good = Receiver(ours.issue_cert("127.0.0.1"))
    stranger = Receiver(theirs.issue_cert("127.0.0.1"))
    other_name = Receiver(ours.issue_cert("receiver.example"))
    try:
        house = start("sqlite", good, stranger, other_name,
                      variables={"SSL_CERT_FILE": str(tmp_path / "ca.pem")})
        for name, receiver in ("good", good), ("stranger", stranger), ("name", other_name):
            house.webhook(name, receiver.url("/ok"))
        assert house.ask("POST", "webhooks/good/test", {})["delivered"]
        for name, receiver in ("stranger", stranger), ("name", other_name):
            sent = house.ask("POST", f"webhooks/{name}/test", {})
            assert not sent["delivered"] and "certificate" in sent["problem"], sent
            assert not receiver.messages("/ok")
    finally:
        for receiver in (good, stranger, other_name):
            receiver.close()


@pytest.mark.parametrize("engine", ENGINES)
def test_t21_secrets_are_told_once_and_stay_inside(engine, start, receiver, request):
    house = start(engine, receiver)
    own, path, routing = "own-secret-0123456789", "/ok/services/T0/PATH-SECRET", "ROUTING" * 4
    made = house.webhook("made", receiver.url("/ok/made"))["secret"]
    given = house.webhook("own", receiver.url("/500"), secret=own, attempts=1)
    assert given.get("secret") is None
    house.webhook("chat", receiver.url(path), dialect="slack")
    house.webhook("pager", receiver.url("/400"), dialect="pagerduty", secret=routing, attempts=1)
    house.webhook("query", receiver.url("/ok?token=QUERYSECRET"))
    rotated = house.ask("POST", "webhooks/made/secret", {})["secret"]
    house.model("m")
    until(lambda: receiver.messages("/ok/made") and receiver.messages(path)
          and receiver.messages("/400") and receiver.messages("/500"))
    until(lambda: house.deliveries("pager")[0]["state"] == "dead")
    told = [house.request("GET", where)[1] for where in (
        "/api/rondo/v1/webhooks", "/api/rondo/v1/webhooks/made", "/api/rondo/v1/webhooks/own",
        "/api/rondo/v1/webhooks/pager/deliveries", "/metrics", "/api/rondo/v1/audit",
        "/api/rondo/v1/webhooks/chat", "/api/rondo/v1/webhooks/query")]
    told.append(house.ask("POST", "webhooks/chat/test", {}))
    told.append(house.request("PATCH", "/api/rondo/v1/webhooks/own",
                              {"url": "https://evil.example/"})[1])
    text = str(told) + house.log.read_text() + house.rondo("doctor", "--data", house.data, code=10)
    secrets = [made, rotated, own, "PATH-SECRET", routing]
    for secret in [*secrets, "QUERYSECRET"]:
        assert secret not in text, secret
    # At rest they are sealed.
    if engine == "sqlite":
        stored = b"".join(p.read_bytes() for p in house.data.glob("rondo.db*"))
    else:
        pg = request.getfixturevalue("postgres")
        name = next(part for part in str(house.command[-1]).split("/") if "notify" in part)
        stored = pg.sql(name, "SELECT * FROM webhooks; SELECT * FROM webhook_deliveries;").encode()
    assert b"a256gcm." in stored
    for secret in secrets:
        assert secret.encode() not in stored, secret


def test_a_secret_is_bound_to_its_host(start, receiver):
    house = start("sqlite", receiver)
    house.webhook("hook", receiver.url("/ok"))
    status, answer = house.request("PATCH", "/api/rondo/v1/webhooks/hook",
                                   {"url": "https://evil.example/"})
    assert status == 400 and answer["error"]["field"] == "secret"
    assert house.show("hook")["url"] == receiver.url("/ok")
    assert house.ask("PATCH", "webhooks/hook", {"url": receiver.url("/ok/other")})
    # The key of a database that several servers shared comes with its rows.
    house.stop()
    key = house.data / "keys/webhooks"
    with sqlite3.connect(house.data / "rondo.db") as db:
        db.execute("INSERT INTO shared_values VALUES ('key.webhooks', ?)", [key.read_text().strip()])
    db.close()
    key.unlink()
    house.start()
    assert house.ask("POST", "webhooks/hook/test", {})["delivered"]
    receiver.got.clear()
    # With another key nothing opens, and the message says what to do.
    house.stop()
    key.write_text("0" * 64 + "\n")
    house.start()
    house.model("m")
    row = until(lambda: [d for d in house.deliveries("hook") if d["attempts"]])[0]
    assert "keys/webhooks" in row["problem"] and "rotate" in row["problem"]
    assert not receiver.messages("/ok/other")
    house.ask("POST", "webhooks/hook/secret", {})
    until(lambda: receiver.messages("/ok/other"))


def test_t17_administrators_only(start, receiver):
    house = start("sqlite", receiver)
    for method, path in (("GET", "webhooks"), ("POST", "webhooks"), ("GET", "webhooks/x"),
                         ("PATCH", "webhooks/x"), ("DELETE", "webhooks/x"),
                         ("POST", "webhooks/x/test"), ("POST", "webhooks/x/secret"),
                         ("GET", "webhooks/x/deliveries"), ("POST", "webhooks/x/redeliver"),
                         ("POST", "webhook-deliveries/1/redeliver"), ("GET", "event-kinds")):
        connection = http.client.HTTPConnection(house.url.split("//")[1])
        connection.request(method, "/api/rondo/v1/" + path, "{}",
                           {"content-type": "application/json"})
        answer = connection.getresponse()
        # Before anybody looks at the message.
        assert answer.status == 401, (method, path, answer.read())
        connection.close()
    # What was done stands in the audit trail, before its effect.
    house.webhook("hook", receiver.url("/ok"))
    house.ask("POST", "webhooks/hook/test", {})
    house.ask("DELETE", "webhooks/hook")
    actions = [row["action"] for row in house.ask("GET", "audit")["rows"]
               if row["object"] == "webhook hook"]
    assert actions == ["delete_webhook", "test_webhook", "create_webhook"]


def test_t27_hostile_text_of_events_stays_text(start, receiver):
    house = start("sqlite", receiver)
    house.webhook("binary", receiver.url("/ok"), dialect="cloudevents-binary")
    house.webhook("chat", receiver.url("/ok/chat"), dialect="slack")
    house.model('<!channel> "x" é')
    message = until(lambda: receiver.messages("/ok"))[0]
    assert re.fullmatch(r"[!-~]+", message.headers["ce-subject"])
    chat = until(lambda: receiver.messages("/ok/chat"))[0]
    assert "<" not in chat.json()["text"]
