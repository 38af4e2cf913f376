"""The kinds of events: the guide, the program's list and the places that publish say the same."""

import re

from conftest import ROOT

KIND = r"[a-z]+\.[a-z_]+"
# What hands a kind on, by the text before its first literal.
PUBLISHERS = re.compile(r"\b(publish|announce|fail_case)\(|\br\.event =|event_of\(")


def statement(text, at):
    """From a place to the end of its statement, or of the function that begins there."""
    end = text.index(";", at)
    body = text.find("{\n", at, end)
    return text[at:text.index("\n}", at)] if body > 0 else text[at:end]


def published():
    found = set()
    for path in (ROOT / "src").rglob("*.cc"):
        if path.name.endswith("_test.cc"):
            continue
        text = path.read_text()
        for call in PUBLISHERS.finditer(text):
            said = statement(text, call.start())
            names = re.findall(rf'"({KIND})"', said)
            registry = re.match(r'announce\(\s*tx,\s*"([a-z_]+)"', said)
            found.update(["registry." + registry[1]] if registry else names)
    # Some have another name when they are about a prompt.
    prompts = (ROOT / "src/domain/registry/prompts.cc").read_text()
    return found | {"registry." + prompt for model, prompt in
                    re.findall(r'\{"([a-z_]+)", "([a-z_]+)"\}', prompts) if "registry." + model in found}


def test_documented_kinds_are_the_published_ones():
    guide = re.findall(rf"^\| `({KIND})` \| (\w+) \| (.*) \|$",
                       (ROOT / "docs/guide/webhooks.md").read_text(), re.M)
    program = re.findall(rf'^        \{{"({KIND})", (\w+),\s*"(.*)"\}},',
                         (ROOT / "src/app/notices.cc").read_text(), re.M)
    assert guide == program
    listed = {kind for kind, _, _ in guide}
    assert len(listed) == len(guide) > 40
    assert published() == listed, (published() - listed, listed - published())
