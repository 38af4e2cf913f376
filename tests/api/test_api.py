"""Runs every *.test file below this folder on both engines; see README.md."""

import http.client
import json
import pathlib
import urllib.parse

import pytest
import testfile
from rondo_server import Server

HERE = pathlib.Path(__file__).parent
FILES = sorted(HERE.rglob("*.test"))


def send(connection: http.client.HTTPConnection, block: testfile.Block, known: dict):
    body = testfile.fill(block.body, known)
    body = body[1:] if body.startswith("|") else body
    headers = {name: testfile.fill(value, known) for name, value in block.headers.items()}
    if body:
        headers.setdefault("content-type", "application/json")
    target = urllib.parse.quote(testfile.fill(block.target, known), safe="/?&=%:+,;@!$'()*#[]\"~")
    connection.request(block.verb, target, body.encode(), headers)
    answer = connection.getresponse()
    return answer, answer.read()


def check(block: testfile.Block, answer, body: bytes, known: dict):
    context = f"{block.place}: {block.verb} {block.target}\n{answer.status} {body[:1000]!r}"
    assert answer.status == block.status, f"expected status {block.status}\n{context}"
    try:
        for name, value in block.answer_headers.items():
            testfile.match_text(value, answer.headers.get(name, ""), known, name)
        if block.answer.startswith("|"):
            testfile.match_text(block.answer[1:], body.decode(), known, "answer")
        elif block.answer:
            testfile.match(testfile.expected_json(block.answer), json.loads(body), known)
    except (AssertionError, json.JSONDecodeError) as problem:
        raise AssertionError(f"{problem}\n{context}") from None


def shown(block: testfile.Block, answer, body: bytes):
    if not answer.headers.get("content-type", "").startswith("application/json"):
        return body
    is_json = block.answer and not block.answer.startswith("|")
    want = testfile.expected_json(block.answer) if is_json else None
    return json.dumps(testfile.scrubbed(json.loads(body), want), indent=1)


def play(server: Server, blocks: list) -> list:
    """Plays a file; what was answered, without what differs from run to run."""
    address = urllib.parse.urlsplit(server.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    known, transcript = {"server_token": server.token()}, []
    for block in blocks:
        answer, body = send(connection, block, known)
        check(block, answer, body, known)
        transcript.append(f"{block.place} {answer.status} {shown(block, answer, body)}")
    connection.close()
    return transcript


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(HERE)))
def test_file(path, postgres, tmp_path):
    blocks = testfile.read(path)
    assert blocks, "no blocks"
    name = "t_" + "".join(c if c.isalnum() else "_" for c in path.stem.lower())
    transcripts = []
    for engine, database in ("sqlite", ""), ("postgresql", postgres.new_database(name)):
        folder = tmp_path / engine
        folder.mkdir()
        server = Server(folder, database)
        try:
            transcripts.append(play(server, blocks))
        except AssertionError as problem:
            raise AssertionError(f"on {engine}: {problem}") from None
        finally:
            server.stop()
    for ours, theirs in zip(*transcripts):
        assert ours == theirs, "the engines answer differently"
