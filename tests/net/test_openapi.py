"""The interface's own description, and every row of it against callers who should not get far."""

import json
import re
import urllib.parse

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from conftest import Server

GARBAGE = [b"", b"{", b"null", b"[]", b'"x"', b"0", b'{"": {}}', b"\xff\xfe", b"{" * 200,
           b'{"a":' * 150 + b"1" + b"}" * 150, b"\0", b'{"' + b"x" * 10_000 + b'":1}']
# A value of every kind for every field.
WRONG = [None, True, -1, 1.5, 1e308, "", "x", "\U0001f600'\"%_;--", "../../etc/passwd", [], [1], {},
         {"a": {}}, "9" * 400, ["x" * 1000]]


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("server"))
    document = json.loads(running.ask(
        "GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n").body)
    yield running, document
    running.stop()


def operations(document):
    for path, verbs in document["paths"].items():
        for verb, operation in verbs.items():
            yield verb.upper(), path, operation


def fill(path, value="x"):
    return re.sub(r"\{[^}]+\}", urllib.parse.quote(value, safe=""), path)


def ask(server, verb, target, body=b"", host="localhost", **headers):
    lines = {"Host": host, "Content-Length": str(len(body))} | {
        name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return server.ask(f"{verb} {target} HTTP/1.1\r\n{head}\r\n".encode() + body, timeout=30)


def test_the_document_is_valid(described):
    _, document = described
    OpenAPIV31SpecValidator(document).validate()
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))
    for verb, path, operation in operations(document):
        assert operation["summary"], (verb, path)
        assert operation["x-permission"], (verb, path)
        wanted = set(re.findall(r"\{([^}.]+)", path))
        told = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
        assert wanted == told, (verb, path)


def test_T17_rows_that_run_code_need_the_token(described):
    server, document = described
    token = (server.data / "token").read_text().strip()
    found = 0
    for verb, path, operation in operations(document):
        closed = operation["x-reach"] in ("operate", "admin")
        found += closed
        for headers in [{}, {"Authorization": "Bearer x"}, {"Authorization": "Basic " + token},
                        {"Authorization": "Bearer " + token[:-1]}]:
            status = ask(server, verb, fill(path), b"{", Content_Type="application/json",
                         **headers).status
            assert (status == 401) == closed, (verb, path, status)
        if closed:
            response = ask(server, verb, fill(path), b"{", Content_Type="application/json",
                           Authorization="Bearer " + token)
            assert response.status not in (401, 403), (verb, path, response)
    print(f"{found} rows need the token")


def test_T24_T25_every_row_is_behind_the_border(described):
    server, document = described
    for verb, path, _ in operations(document):
        assert ask(server, verb, fill(path), host="evil.example").status == 403
        assert ask(server, verb, fill(path), Origin="http://evil.example").status == 403
        assert ask(server, verb, fill(path), Sec_Fetch_Site="cross-site").status == 403


def test_bodies_that_do_not_say_they_are_json_change_nothing(described):
    server, document = described
    for verb, path, operation in operations(document):
        if "application/json" in operation.get("requestBody", {}).get("content", {}):
            for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]:
                status = ask(server, verb, fill(path), b"{}", Content_Type=kind).status
                assert status in (400, 401), (verb, path, status)


def schema_of(document, schema):
    if "$ref" in schema:
        return document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def bodies(document, operation):
    """Garbage, and for each field of the message each wrong value."""
    yield from GARBAGE
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return
    for field in schema_of(document, content["schema"]).get("properties", {}):
        for value in WRONG:
            yield json.dumps({field: value}).encode()
    fields = schema_of(document, content["schema"]).get("properties", {})
    for value in WRONG:
        yield json.dumps({field: value for field in fields}).encode()


def ours(response):
    """A fault of the server's. Not 501: this is how MLflow says that a store cannot do a thing."""
    return response.status >= 500 and response.status != 501


def test_no_garbage_is_our_fault(described):
    """No 5xx for a caller's mistake, on any row, with or without the token."""
    server, document = described
    token = (server.data / "token").read_text().strip()
    asked = 0
    for verb, path, operation in operations(document):
        for value in ["x", "0", "../x", "%", "\0", "\U0001f600", "a/b", "9" * 30, "-1", "'--"]:
            response = ask(server, verb, fill(path, value), Authorization="Bearer " + token)
            assert not ours(response), (verb, path, value, response)
        for parameter in operation["parameters"]:
            for value in ["", "x", "-1", "9" * 30, "%00", "%ff", "nan", "%F0%9F%98%80'--"]:
                response = ask(server, verb, f"{fill(path)}?{parameter['name']}={value}",
                               Authorization="Bearer " + token)
                assert not ours(response), (verb, path, parameter["name"], value, response)
        with server.connect(30) as raw:
            for body in bodies(document, operation):
                raw.send(f"{verb} {fill(path)} HTTP/1.1\r\nHost: localhost\r\n"
                         f"Content-Type: application/json\r\nAuthorization: Bearer {token}\r\n"
                         f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
                response = raw.response(head_only=verb == "HEAD")
                assert response is not None and not ours(response), (verb, path, body, response)
                asked += 1
                if "connection" in response.headers or response.is_stream():
                    break
    print(f"{asked} bodies sent")
