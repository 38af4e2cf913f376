"""Requests at random, from a seed: good ones, and good ones with one thing made wrong."""

import json
import urllib.parse

from filters import Filters
from operations import API, OPERATIONS
from pair import Request, Symbol, Text
from world import World

WRONG = 0.22  # the share of requests that are spoilt
TEXTS = ["", " ", "x" * 251, "x" * 300, "x" * 6001, "../x", "/x", "a//b", "a/../b", "\u0000", "ü", "{}", "😀", "a\nb",
         "latest", "v1", "#", "a:b", "1e5", "-1", "0"]
TYPES = [None, True, 5, 1.5, -1, "text", [], {}, ["x"], [1], {"a": 1}, 2**31, 2**63, -2**63, "NaN", "12", "1.0"]
NO_EXPERIMENT = ["", " ", "x" * 300, "nobody", "1e5", "-1", "123456", "v1", "NaN", "1.0", -1, 1.5, 2**63, {}, [[]], {"a": 1}]
BODIES = [b"", b"{", b"[]", b"null", b"5", b'"text"', b'"{}"', b"{}x", b"\xff\xfe", b'{"a": NaN}', b"[" * 200]


# What is not spoilt, because upstream takes what ours refuses, or a random name or id would decide an
# order: local folders as locations, a run of no experiment (which fails in upstream's database).
LEFT_ALONE = {"create experiment": {"artifact_location"},
              "create run": {"experiment_id", "run_name", "start_time", "user_id", "tags"},
              "create logged model": {"name", "tags"}, "log outputs": {"models"},
              "create version": {"model_id"},
              "delete experiment": {"experiment_id"}, "restore experiment": {"experiment_id"},  # "0" is one too
              "log metric": {"step"}, "log inputs": {"models", "datasets"},  # read in part
              "finalize logged model": {"status"}, "update run": {"status", "end_time"},  # upstream sets none, or leaves it out
              "log logged model params": {"params"}, "tag logged model": {"tags"}}
EMPTY_IS_GOOD = ("create run",)  # and those whose id is in the path: upstream reads broken bodies as empty ones
OF_DELETED = ("get logged model", "delete logged model", "tag logged model", "delete logged model tag",
              "log logged model params", "logged model folders")  # also asked for deleted ones
# What chance makes too seldom for a run to be sure of it: a field of an operation, and what it is made to be.
SELDOM = [("download uri", "name", "x" * 300), ("log param", "key", "x" * 300), ("tag logged model", "model_id", "/x"),
          ("delete registered model tag", "key", "/x"), ("search experiments", "order_by", ["name asc"] * 100),
          ("search logged models", "filter", "tags.\"team\" != 'nobody has it'")]
ONLY_ONCE = ("restore run", "log outputs", "log logged model params")


class Generator:
    def __init__(self, chance):
        self.chance, self.world = chance, World(chance)
        self.filters = Filters(self.world)
        self.weights = [op.weight for op in OPERATIONS]
        self.again, self.next_page = None, None

    def value(self, kind):
        filters = self.filters
        special = {
            "run_filter": lambda: filters.filter(filters.of_run), "run_order": filters.order_of_runs,
            "experiment_filter": lambda: filters.filter(filters.of_experiment),
            "experiment_order": filters.order_of_experiments,
            "model_filter": lambda: filters.filter(filters.of_model), "model_order": filters.order_of_models,
            "version_filter": lambda: filters.filter(filters.of_version), "version_order": filters.order_of_versions,
            "logged_model_filter": lambda: filters.filter(filters.of_logged_model),
            "logged_model_order": filters.order_of_logged_models,
            "stages": lambda: self.world.some(self.world.stage, 2)}
        return special[kind]() if kind in special else getattr(self.world, kind)()

    def next(self):
        """The next request; pages that have a next one are followed."""
        if self.next_page is not None:
            request, self.next_page = self.next_page, None
            return request
        if self.again is not None and self.chance.random() < 0.1:
            request, self.again = self.again, None  # clients repeat what may not have arrived
            return request
        seldom = self.chance.choice(SELDOM) if self.chance.random() < 0.008 else None
        operation = next(op for op in OPERATIONS if op.name == seldom[0]) if seldom else self.chance.choices(
            OPERATIONS, self.weights)[0]
        fields = {name: self.value(kind.lstrip("?")) for name, kind in operation.fields.items()
                  if not (kind.startswith("?") and self.chance.random() < 0.5)}
        self.take_care(operation, fields)
        wrong = ""
        raw = None
        if seldom:
            fields[seldom[1]], wrong = seldom[2], f"seldom {seldom[1]}"
        elif self.chance.random() < WRONG:
            wrong, raw = self.spoil(operation, fields)
        request = self.build(operation, fields, raw, wrong)
        if operation.method != "GET" and not operation.makes and operation.name not in ONLY_ONCE:
            self.again = request
        return request

    def take_care(self, operation, fields):
        """Leaves out what makes upstream fail in its database and ours go on, after which the two would
        tell of different states."""
        if operation.name == "log outputs":
            fields["models"] = [m for m in fields["models"] if self.world.first_time(fields["run_id"], m["model_id"])]
        if operation.name in OF_DELETED and self.world.gone and self.chance.random() < 0.1:
            fields["model_id"] = self.chance.choice(self.world.gone)
        if operation.name == "log logged model params":
            fields["params"] = [p for p in fields["params"] if self.world.first_time(fields["model_id"], p["key"])]
        if operation.name == "create logged model":
            fields.pop("params", None)
        # Upstream restores and fills a run while its experiment is deleted; ours does not.
        if operation.name == "restore run" and self.world.homes.get(fields["run_id"]) in self.world.deleted:
            fields["run_id"] = Symbol("no-run")
        # Upstream wants the logged model of a source named beside it; ours finds it in the source.
        if operation.name == "create version" and isinstance(fields["source"], Text) and "models:/" in fields["source"].parts:
            fields["model_id"] = fields["source"].parts[1]

    def build(self, operation, fields, raw, wrong):
        path, fields = operation.path, dict(fields)
        parts, rest = [], path
        while "{" in rest:
            before, _, rest = rest.partition("{")
            name, _, rest = rest.partition("}")
            # Clients say it in the body as well, and upstream looks there for it.
            parts += [before, self.in_path(fields.get(name, "x"))]
            if operation.method == "GET":
                fields.pop(name, None)
        path = Text(*parts, rest) if parts else path
        if self.chance.random() < 0.1 and isinstance(path, str):
            path = path.replace("/api/", "/ajax-api/", 1)
        binds = {self.world.symbol(kind): where for kind, where in operation.makes}
        request = Request(operation.method, path, name=operation.name, binds=binds, wrong=wrong)
        request.operation, request.fields = operation, fields
        if operation.method == "GET":
            request.query = [(name, item) for name, value in fields.items()
                             for item in (value if isinstance(value, list) else [value])]
        elif raw is not None:
            request.raw = raw
        else:
            request.body = fields
        return request

    def in_path(self, value):
        if isinstance(value, Symbol):
            return value
        return urllib.parse.quote(value if isinstance(value, str) else json.dumps(value), safe="")

    def spoil(self, operation, fields):
        """One thing made wrong; says what."""
        way = self.chance.choice(["drop", "null", "type", "type", "text", "text", "unknown", "body", "symbol", "inside",
                                  "many"])
        if way == "body" and operation.name not in EMPTY_IS_GOOD and "logged model" not in operation.name:
            return "body", self.chance.choice(BODIES)
        if way == "unknown":
            fields["no_such_field"] = self.chance.choice(TYPES)
            return "unknown field", None
        if not fields:
            return "", None
        alone = LEFT_ALONE.get(operation.name, set())
        names = sorted(fields.keys() - alone - ({"model_id", "tag_key"} if way in ("drop", "null", "type") else set()))
        if not names:
            return "", None
        name = self.chance.choice(names)
        # A number may be the id of an experiment, and of another one on either server.
        if name.startswith("experiment_id") and way in ("type", "text", "symbol"):
            fields[name] = self.chance.choice(NO_EXPERIMENT)
            return f"{way} {name}", None
        if way == "drop":
            del fields[name]
        elif way == "null":
            if isinstance(fields[name], list) and operation.method != "GET":
                return "", None  # upstream fails, some of them after it has written
            fields[name] = None
        elif way == "type":
            fields[name] = self.chance.choice(
                [t for t in TYPES if (t is not None or not isinstance(fields[name], list))
                 and not (operation.name == "log metric" and (t is True or t in (1.5, 2**63)))])  # upstream keeps 0 for them
        elif way == "text":
            # Upstream leaves it to its database how long names and a logged model's texts may be and whether a NUL
            # can be kept.
            fields[name] = self.chance.choice([t for t in TEXTS if operation.method == "GET" or (
                ("name" not in name and operation.name != "create logged model" or len(t) < 250) and t != "\u0000")])
        elif way == "symbol":
            fields[name] = self.chance.choice(["123456", "f" * 32, "m-" + "f" * 32, "nobody", "1"])
        elif way == "many" and isinstance(fields[name], list) and not operation.makes:
            # A point of a logged model that comes twice is more than upstream's database takes.
            fields[name] = [item for item in fields[name] if not isinstance(item, dict) or "model_id" not in item]
            fields[name] = fields[name] * 2 + fields[name][:1] * self.chance.choice(
                [0, 100, 1000] if operation.page or operation.name == "log batch" else [0, 100])
        elif way == "inside" and isinstance(fields[name], list) and fields[name]:
            item = self.chance.choice(fields[name])
            if isinstance(item, dict):
                key = self.chance.choice(sorted(item) if operation.page else ["key" if "key" in item else sorted(item)[0]])
                # Of a list that it cannot read to its end upstream writes the beginning.
                item[key] = self.chance.choice(TEXTS if operation.method != "GET" and not operation.page else TYPES + TEXTS)
                name += "[]." + key
        return f"{way} {name}", None

    def saw(self, pair, request, answers):
        """Learns what both servers made, and asks for the next page."""
        if any(answer.status != 200 for answer in answers.values()):
            return
        if request.name == "delete experiment":
            self.world.deleted.add(request.fields["experiment_id"])
        if request.name == "restore experiment":
            self.world.deleted.discard(request.fields["experiment_id"])
        if request.name == "create run":
            self.world.homes.update(dict.fromkeys(request.binds, request.fields["experiment_id"]))
        if request.name == "delete logged model":
            self.world.models = [m for m in self.world.models if m != request.fields["model_id"]]
            self.world.gone.append(request.fields["model_id"])
        for symbol, where in request.binds.items():
            kind = symbol.rstrip("0123456789")
            {"experiment": self.world.experiments, "run": self.world.runs, "model": self.world.models}[kind].append(symbol)
        if request.operation.page and not request.wrong:
            tokens = {name: answer.body.get("next_page_token") for name, answer in answers.items()}
            if all(tokens.values()):
                token = self.world.symbol("token")
                for name, side in pair.sides.items():
                    side.bind(token, tokens[name])
                self.next_page = self.following(request, token)

    def following(self, request, token):
        following = Request(request.method, request.path, name=request.name)
        following.operation, following.fields = request.operation, request.fields
        if request.query is not None:
            following.query = [p for p in request.query if p[0] != "page_token"] + [("page_token", token)]
        else:
            following.body = {**request.body, "page_token": token}
        return following
