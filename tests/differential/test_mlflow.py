"""Status, error code, words, body and order of every answer agree with `mlflow server`, apart from the
exceptions of exceptions.py."""

import collections
import json
import random

from conftest import REQUESTS, SEED
from exceptions import ALLOWED
from generator import Generator
from pair import Pair

SHOWN = 14
LONG = 20_000  # requests after which every exception has been met


class Difference:
    def __init__(self, number, request, answers, plain):
        self.number, self.request = number, request
        self.ours, self.theirs = answers["ours"], answers["theirs"]
        self.our_body, self.their_body = plain["ours"], plain["theirs"]

        self.our_words, self.their_words = words(self.our_body), words(self.their_body)

    def unlike(self):
        return list(unlike(self.our_body, self.their_body))

    def what(self):
        """A short name by which differences are counted."""
        if self.ours.status != self.theirs.status:
            return f"{self.request.name}: status {self.ours.status} for {self.theirs.status}"
        if self.ours.code != self.theirs.code:
            return f"{self.request.name}: code {self.ours.code} for {self.theirs.code}"
        return f"{self.request.name}: {'words' if self.ours.code else 'body'}"

    def __str__(self):
        text = f"request {self.number}: {self.request!r}"
        if self.ours.status == self.theirs.status == 200:
            return text + "".join(f"\n   {where}: ours {show(a)}, theirs {show(b)}" for where, a, b in self.unlike()[:6])
        return text + (f"\n   ours   {self.ours.status} {show(self.our_body)}"
                       f"\n   theirs {self.theirs.status} {show(self.their_body)}")


def words(body):
    return body.get("message", "") if isinstance(body, dict) else str(body)


def unlike(ours, theirs, where=""):
    """Where two bodies are not the same."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted(ours.keys() | theirs.keys()):
            yield from unlike(ours.get(key, "-"), theirs.get(key, "-"), f"{where}.{key}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for i, (a, b) in enumerate(zip(ours, theirs)):
            yield from unlike(a, b, f"{where}[{i}]")
    elif ours != theirs:
        yield where, ours, theirs


def show(body):
    return body[:600] if isinstance(body, str) else json.dumps(body, sort_keys=True, ensure_ascii=False)[:500]


def differs(answers, plain):
    return answers["ours"].status != answers["theirs"].status or plain["ours"] != plain["theirs"]


def changes(request):
    """Deleting a tag that cannot be there changes nothing."""
    return request.method != "GET" and not request.operation.page and not (
        request.name.startswith("delete") and request.name.endswith("tag"))


def test_every_answer_is_theirs(ours, theirs):
    pair, generator = Pair(ours.url, theirs.url), Generator(random.Random(SEED))
    for side in pair.sides.values():
        side.bind("default", "0")
    found, apart, used, statuses = [], [], collections.Counter(), collections.Counter()
    for number in range(REQUESTS):
        request = generator.next()
        answers, plain = pair.send(request)
        statuses[answers["theirs"].status] += 1
        if differs(answers, plain):
            difference = Difference(number, request, answers, plain)
            exception = next((e for e in ALLOWED if e.holds(difference)), None)
            if exception:
                used[exception.name] += 1
                if changes(request) and not exception.unseen and (
                        (answers["ours"].status == 200) != (answers["theirs"].status == 200)):
                    apart.append(f"{exception.name}: {difference}")
            else:
                found.append(difference)
        generator.saw(pair, request, answers)
    print(f"proof: {REQUESTS} requests ({dict(sorted(statuses.items()))}), {len(found)} differences, exceptions "
          f"{dict(used)}, seed {SEED}")
    assert not apart, "only one has done these writes, so what follows is of two states:\n" + "\n".join(apart)
    kinds = collections.Counter(d.what() for d in found)
    text = "\n".join(f"{n:5} {kind}" for kind, n in kinds.most_common())
    shown, seen = [], collections.Counter()
    for difference in found:
        if (seen.update([difference.what()]) or seen[difference.what()]) <= 2 and len(shown) < SHOWN:
            shown.append(str(difference))
    assert not found, f"seed {SEED}\n{text}\n\n" + "\n".join(shown)
    unused = {e.name for e in ALLOWED} - used.keys()
    assert REQUESTS < LONG or not unused, f"exceptions that nothing needs any more: {sorted(unused)}"
