"""The same calls to two servers, and what their answers differ in.

A call may save parts of its answer by names such as user:ann, and later ones say {user:ann} for them,
so that neither server's own ids matter. What may differ is a list of exceptions, each with its reason; one that
nothing needs is an error as well."""

import http.client
import json
import re
import urllib.parse
from dataclasses import dataclass, field
from typing import Any, Callable


@dataclass
class Call:
    who: str
    verb: str
    path: str
    message: Any = None
    save: dict = field(default_factory=dict)  # name -> path in the answer, "user.id"
    only: str = ""  # "peer" or "ours": what the other does not need

    def __str__(self):
        return f"{self.who}: {self.verb} {self.path} {json.dumps(self.message)}"


@dataclass
class Seen:
    status: int
    code: str | None = None  # MLflow's error_code
    body: Any = None         # of a 200

    def __str__(self):
        return f"{self.status} {self.code or ''} {json.dumps(self.body) if self.body else ''}"


def send(url, authorization, verb, path, message):
    address = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    headers = {"authorization": authorization} if authorization else {}
    body = None
    if message is not None:
        body = json.dumps(message)
        headers["content-type"] = "application/json"
    try:
        connection.request(verb, path, body, headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


class Side:
    """One of the two servers: who calls it how, and what was saved from its answers."""

    def __init__(self, name, url, credentials):
        self.name, self.url, self.credentials = name, url, credentials
        self.saved = {}

    def filled(self, value):
        if isinstance(value, str):
            if (whole := re.fullmatch(r"\{(\w+:\w+)\}", value)) and whole[1] in self.saved:
                return self.saved[whole[1]]
            return re.sub(r"\{(\w+:\w+)\}", lambda m: str(self.saved[m[1]]), value)
        if isinstance(value, list):
            return [self.filled(v) for v in value]
        if isinstance(value, dict):
            return {k: self.filled(v) for k, v in value.items()}
        return value

    def play(self, call):
        status, body = send(self.url, self.credentials.get(call.who), call.verb,
                            str(self.filled(call.path)), self.filled(call.message))
        try:
            answer = json.loads(body) if body else {}
        except ValueError:
            answer = None  # a plain text
        if status != 200:
            code = answer.get("error_code") if isinstance(answer, dict) else None
            return Seen(status, code)
        for name, path in call.save.items():
            found = answer
            for part in path.split("."):
                found = found[part]
            self.saved[name] = found
        return Seen(status, None, answer)


@dataclass
class Normal:
    """How a body is written down so that it can be compared: ids by the names that they were saved
    by, volatile members by their type, lists by their contents."""
    # (key, the object that it stands in) -> what the names of such ids begin with, if it is an id
    kind_of: Callable
    volatile: set = field(default_factory=set)

    def of(self, body, side):
        def walk(value, key, parent):
            if isinstance(value, dict):
                return {k: walk(v, k, value) for k, v in sorted(value.items())}
            if isinstance(value, list):
                return sorted((walk(v, key, parent) for v in value), key=json.dumps)
            if key in self.volatile:
                return type(value).__name__
            if (kind := self.kind_of(key, parent)) is not None and value is not None:
                names = [name for name, saved in side.saved.items()
                         if str(saved) == str(value) and name.startswith(kind + ":")]
                return names[0] if names else "#"
            return value
        return walk(body, "", {})


@dataclass
class Allowed:
    why: str
    # (call, theirs, ours) -> whether this difference is meant
    meets: Callable = lambda call, theirs, ours: False
    # Changes both bodies to what is to be the same.
    path: str = ""
    theirs: Callable = lambda body: body
    ours: Callable = lambda body: body
    used: int = 0


def compare(calls, peer, ours, normal, allowed):
    """Plays the calls on both sides; the differences that no exception allows, as text."""
    found = []
    for number, call in enumerate(calls):
        a = peer.play(call) if call.only != "ours" else None
        b = ours.play(call) if call.only != "peer" else None
        if a is None or b is None:
            assert (a or b).status == 200, f"{call} -> {a or b}"
            continue
        assert b.status < 500, f"{call} -> {b}"
        here = re.sub(r"\?.*", "", call.path)
        body_a, body_b = a.body, b.body
        for each in allowed:
            if each.path and re.search(each.path, here) and a.status == b.status == 200:
                before = json.dumps([body_a, body_b])
                body_a, body_b = each.theirs(body_a), each.ours(body_b)
                each.used += json.dumps([body_a, body_b]) != before
        same = (a.status, a.code) == (b.status, b.code) and \
            normal.of(body_a, peer) == normal.of(body_b, ours)
        if same:
            continue
        meant = [each for each in allowed if not each.path and each.meets(call, a, b)]
        for each in meant[:1]:
            each.used += 1
        if not meant:
            found.append(f"{number} {call}\n   theirs {a.status} {a.code} {normal.of(body_a, peer)}"
                         f"\n   ours   {b.status} {b.code} {normal.of(body_b, ours)}")
    return found
