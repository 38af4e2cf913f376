"""A request goes to both servers; what differs for good reason (ids, times) is put into one form.

A symbol stands for what a server chose itself: `e3` is the experiment that request 3 made, whatever
its id is on either. Requests name symbols as Symbol objects, answers are read with ids turned back
into symbols."""

import http.client
import json
import re
import time
import urllib.parse

SIDES = ("ours", "theirs")
HEX = re.compile(r"\b(?:m-)?[0-9a-f]{32}\b")
BEGUN = time.time()  # what is told of a time from here on is the server's clock
TIMES = {"creation_time", "last_update_time", "creation_timestamp", "last_updated_timestamp",
         "creation_timestamp_ms", "last_updated_timestamp_ms", "start_time", "end_time"}
# Upstream gives these in the order in which its database happens to find them.
SETS = {"tags", "params", "metrics", "aliases", "dataset_inputs", "model_inputs", "model_outputs",
        "dataset_summaries", "latest_versions"}
# The newest server says these of an error beside its code; no client reads them.
UNREAD = {"error_class", "sqlstate"}
# Tags that are lists in JSON. Upstream appends to them each time a client repeats the request.
LISTS = ("mlflow.log-model.history", "mlflow.modelVersions")


def in_order(item):
    """By what both tell of it."""
    if isinstance(item, dict):
        item = {k: v for k, v in item.items() if k not in ("aliases", "model_id") or "version" not in item}
    return json.dumps(item, sort_keys=True)


def each_once(text):
    try:
        models = json.loads(text)
    except ValueError:
        return text
    return sorted({json.dumps({k: v for k, v in model.items() if v is not None}, sort_keys=True) for model in models})


class Symbol(str):
    """The name of what both servers made; it is sent as each one's own id."""


class Answer:
    def __init__(self, status, content_type, text):
        self.status, self.text = status, text
        try:
            self.body = json.loads(text)
        except ValueError:
            self.body = text if "json" not in content_type else f"no JSON: {text[:200]}"

    @property
    def code(self):
        return self.body.get("error_code") if isinstance(self.body, dict) else None

    @property
    def message(self):
        return self.body.get("message", "") if isinstance(self.body, dict) else str(self.body)


class Side:
    def __init__(self, url):
        self.address = urllib.parse.urlsplit(url)
        self.connection = http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=60)
        self.ids, self.symbols = {}, {}
        self.names = {}  # that the server made up

    def bind(self, symbol, value):
        """What is bound first keeps its name."""
        self.ids[symbol] = value
        self.symbols.setdefault(str(value), symbol)

    def resolve(self, value):
        if isinstance(value, Symbol):
            return self.ids.get(value, str(value))
        if isinstance(value, dict):
            return {self.resolve(k): self.resolve(v) for k, v in value.items()}
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if isinstance(value, Text):
            return "".join(str(self.resolve(part)) for part in value.parts)
        return value

    def send(self, request):
        path = self.resolve(request.path) if not isinstance(request.path, str) else request.path
        if request.query:
            pairs = []
            for name, value in request.query:
                value = self.resolve(value)
                value = value if isinstance(value, str) else json.dumps(value)
                pairs.append((name, value))
            path += "?" + urllib.parse.urlencode(pairs)
        body, headers = None, {}
        if request.raw is not None:
            body = request.raw
        elif request.body is not None:
            body = json.dumps(self.resolve(request.body)).encode()
        if body is not None:
            headers["Content-Type"] = request.content_type
        for attempt in (1, 2):
            try:
                self.connection.request(request.method, path, body, headers)
                response = self.connection.getresponse()
                text = response.read().decode(errors="replace")
                return Answer(response.status, response.headers.get("content-type", ""), text)
            except (OSError, http.client.HTTPException):
                self.connection.close()  # upstream's server closes idle connections
                if attempt == 2:
                    raise

    def plain(self, value, key=""):
        """The answer with symbols for ids, <now> for the clock, and sets in one order."""
        if isinstance(value, dict):
            if value.get("key") in LISTS:
                value = {**value, "value": each_once(value["value"])}
            return {k: self.plain(v, k) for k, v in value.items() if k not in UNREAD}
        if isinstance(value, list):
            items = [self.plain(item, key) for item in value]
            return sorted(items, key=in_order) if key in SETS else items
        if key in TIMES and isinstance(value, int):
            return "<now>" if BEGUN - 1 <= value / 1000 <= time.time() + 1 else value
        if key in ("next_page_token", "page_token") and value:
            return "<token>"
        if isinstance(value, str):
            return self.plain_text(value, key)
        return value

    def plain_text(self, text, key):
        if key == "experiment_id":
            return self.symbols.get(text, text)
        if text in self.names:
            return self.names[text]
        text = HEX.sub(lambda match: self.symbols.get(match[0], match[0]), text)
        text = re.sub(r"mlflow-artifacts:/(\d+)", lambda m: "mlflow-artifacts:/" +
                      self.symbols.get(m[1], m[1]), text)
        if key == "message":
            text = re.sub(r"\{('[^{}]*')\}", lambda m: "{" + ", ".join(sorted(m[1].split(", "))) + "}", text)
            text = re.sub(r"\[('[^\[\]]*')\]", lambda m: "[" + ", ".join(sorted(m[1].split(", "))) + "]", text)
            text = re.sub(r"((?:experiment with id |Experiment with id=|[Ee]xperiment |ID '?))(\d{1,20})\b",
                          lambda m: m[1] + self.symbols.get(m[2], m[2]), text)
        return text


class Text:
    """Text with symbols in it."""

    def __init__(self, *parts):
        self.parts = parts

    def __repr__(self):
        return "".join(f"<{p}>" if isinstance(p, Symbol) else str(p) for p in self.parts)


class Request:
    def __init__(self, method, path, body=None, query=None, raw=None, content_type="application/json",
                 name="", binds=None, wrong=""):
        self.method, self.path, self.body, self.query = method, path, body, query
        self.raw, self.content_type, self.name = raw, content_type, name
        self.binds = binds or {}  # symbol -> where its id is in the answer
        self.wrong = wrong  # what was done to a good request

    def __repr__(self):
        parts = [self.method, repr(self.path) if isinstance(self.path, Text) else self.path]
        if self.query:
            parts.append("?" + "&".join(f"{k}={v!r}" for k, v in self.query))
        if self.body is not None:
            parts.append(json.dumps(self.body, default=repr)[:1500])
        if self.raw is not None:
            parts.append(repr(self.raw[:300]))
        if self.wrong:
            parts.append(f"[{self.wrong}]")
        return " ".join(parts)


def dig(body, path):
    for step in path:
        body = body[step]
    return body


class Pair:
    def __init__(self, ours, theirs):
        self.sides = {"ours": Side(ours), "theirs": Side(theirs)}

    def send(self, request):
        """Both answers, and both in one form; symbols of the request are bound when both made it."""
        answers = {name: side.send(request) for name, side in self.sides.items()}
        if all(answer.status == 200 for answer in answers.values()):
            for symbol, path in request.binds.items():
                for name, side in self.sides.items():
                    side.bind(symbol, dig(answers[name].body, path))
            self.note_names(request, answers)
        plain = {name: side.plain(answers[name].body) for name, side in self.sides.items()}
        if request.name.startswith("latest versions"):  # of each stage, in no order
            for body in plain.values():
                if isinstance(body, dict):  # and no page of an error
                    body.get("model_versions", []).sort(key=in_order)
        return answers, plain

    def note_names(self, request, answers):
        """Who gives no name to a run or a logged model gets a random one."""
        for symbol in request.binds:
            for name, side in self.sides.items():
                body = answers[name].body
                info = body.get("run", body.get("model", {})).get("info", {})
                made = info.get("run_name") or info.get("name")
                sent = json.dumps([request.body, request.fields], default=str, ensure_ascii=False)
                if made and json.dumps(made, ensure_ascii=False) not in sent:
                    side.names[made] = f"<name of {symbol}>"
