"""The format of *.test files (see README.md): reading them, filling in requests, matching answers."""

import dataclasses
import json
import pathlib
import re

HEADER = re.compile(r"^([A-Za-z][A-Za-z0-9-]*): (.*)$")
PLACE = re.compile(r"<([a-z_][a-z0-9_]*)>")
TIMES = re.compile(r"@(\d+)\((.*?)\)@")
LIST = re.compile(r"@list (\d+)\((.*?)\)@")
REST = "\0rest"  # stands for "..." in what was expected


@dataclasses.dataclass
class Block:
    place: str  # file and line, for messages
    verb: str
    target: str
    headers: dict
    body: str
    status: int
    answer_headers: dict
    answer: str  # as written; empty when anything will do


def read(path: pathlib.Path) -> list[Block]:
    blocks, lines, first = [], [], 0
    for number, line in enumerate([*path.read_text().split("\n"), ""], 1):
        if line.startswith("#"):
            continue
        if line.strip():
            first = first or number
            lines.append(line)
        elif lines:
            blocks.append(parse_block(lines, f"{path.name}:{first}"))
            lines, first = [], 0
    return blocks


def parse_block(lines: list[str], place: str) -> Block:
    cut = lines.index("----") if "----" in lines else None
    assert cut, f"{place}: a block needs a line ----"
    verb, target = lines[0].split(" ", 1)
    headers, body = split_headers(lines[1:cut])
    answer_headers, answer = split_headers(lines[cut + 2:])
    return Block(place, verb, target, headers, body, int(lines[cut + 1]), answer_headers, answer)


def split_headers(lines: list[str]) -> tuple[dict, str]:
    headers = {}
    while lines and (match := HEADER.match(lines[0])):
        headers[match[1].lower()] = match[2]
        lines = lines[1:]
    if lines and lines[0].startswith("|"):
        return headers, "|" + "\n".join(line[1:] for line in lines)
    return headers, "\n".join(lines)


def generated(text: str) -> str:
    text = TIMES.sub(lambda m: m[2] * int(m[1]), text)
    return LIST.sub(lambda m: ",".join(m[2].replace("#", str(i)) for i in range(int(m[1]))), text)


def fill(text: str, known: dict) -> str:
    """A request's text with its generators run and its names replaced."""
    return PLACE.sub(lambda m: str(known[m[1]]) if m[1] in known else m[0], generated(text))


def expected_json(text: str):
    """What was written, as JSON: <name> outside of strings and ... become marked strings."""
    text = generated(text)
    out, brackets, in_string, i = [], [], False, 0
    while i < len(text):
        c = text[i]
        piece = c
        if in_string:
            piece = text[i:i + 2] if c == "\\" else c
            in_string = c != '"'
        elif c == '"':
            in_string = True
        elif c in "{[":
            brackets.append(c)
        elif c in "}]":
            brackets.pop()
        elif place := PLACE.match(text, i):
            piece = place[0]
        elif text.startswith("...", i):
            piece = "..."
        i += len(piece)
        if piece == "...":
            piece = json.dumps(REST) + (": 0" if brackets[-1] == "{" else "")
        elif len(piece) > 1 and piece[0] == "<":
            piece = json.dumps("\0" + piece[1:-1])
        out.append(piece)
    return json.loads("".join(out))


def match(want, got, known: dict, path: str = "answer"):
    """Raises AssertionError that names the place where `got` differs."""
    if isinstance(want, str) and want.startswith("\0"):
        take(want[1:], got, known, path)
    elif isinstance(want, dict):
        assert isinstance(got, dict), f"{path}: expected an object, got {got!r:.300}"
        names = {name for name in want if name != REST}
        missing = names - got.keys()
        assert not missing, f"{path}: lacks {sorted(missing)}; has {sorted(got)}"
        extra = got.keys() - names
        assert REST in want or not extra, f"{path}: has more: { {n: got[n] for n in extra} !r:.300}"
        for name in names:
            match(want[name], got[name], known, f"{path}.{name}")
    elif isinstance(want, list):
        assert isinstance(got, list), f"{path}: expected a list, got {got!r:.300}"
        open_end = bool(want) and want[-1] == REST
        items = want[:-1] if open_end else want
        fits = len(got) >= len(items) if open_end else len(got) == len(items)
        assert fits, f"{path}: expected {len(items)} items, got {len(got)}: {got!r:.500}"
        for i, item in enumerate(items):
            match(item, got[i], known, f"{path}[{i}]")
    elif isinstance(want, str) and PLACE.search(want):
        match_text(want, got, known, path)
    else:
        same = want == got and type(want) is type(got)
        assert same, f"{path}: expected {want!r:.300}, got {got!r:.300}"


def match_text(want: str, got, known: dict, path: str):
    """A string with names in it."""
    assert isinstance(got, str), f"{path}: expected a string like {want!r:.300}, got {got!r:.300}"
    parts, names, at = [], [], 0
    for place in PLACE.finditer(want):
        parts.append(re.escape(want[at:place.start()]))
        if place[1] in known:
            parts.append(re.escape(str(known[place[1]])))
        else:
            parts.append("(.*?)")
            names.append(place[1])
        at = place.end()
    parts.append(re.escape(want[at:]))
    found = re.fullmatch("".join(parts), got, re.DOTALL)
    assert found, f"{path}: expected {want!r:.300} with {known}, got {got!r:.300}"
    for name, value in zip(names, found.groups()):
        take(name, value, known, path)


def take(name: str, value, known: dict, path: str):
    if name == "any":
        return
    assert known.setdefault(name, value) == value, (
        f"{path}: <{name}> was {known[name]!r} before, now {value!r}")


def scrubbed(got, want=None):
    """An answer without what differs from run to run: what names took, times, ids, random names."""
    if isinstance(want, str) and want.startswith("\0"):
        return f"<{want[1:]}>"
    if isinstance(got, dict):
        known = want if isinstance(want, dict) else {}
        return {name: scrubbed(item, known.get(name)) for name, item in got.items()
                if name != "experiment_id" or name in known}
    if isinstance(got, list):
        known = want if isinstance(want, list) else []
        return [scrubbed(item, known[i] if i < len(known) else None) for i, item in enumerate(got)]
    if isinstance(got, int) and got > 10**12:
        return "<time>"
    if not isinstance(got, str):
        return got
    if isinstance(want, str) and PLACE.search(want):
        return want
    got = re.sub(r"[0-9a-f]{32}", "<hex>", got)
    got = re.sub(r"^\d{4}-\d\d-\d\dT[\d:]{8}\.\d+Z$", "<time>", got)  # of the server's clock
    got = re.sub(r"mlflow-artifacts:/\d+", "mlflow-artifacts:/<experiment>", got)
    got = re.sub(r"^[a-z]+-[a-z]+-\d+$", "<random name>", got)
    return re.sub(r"^[A-Za-z0-9_-]{20,60}$", "<token>", got)
