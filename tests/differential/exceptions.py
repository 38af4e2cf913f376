"""Where Rondo answers otherwise than `mlflow server`, on purpose: each with its reason. An exception that
no request of a long run needs any more fails that run."""

import dataclasses
import re
import typing

FIELD = re.compile(r"(Invalid value|Missing value for required parameter)")
SEARCH = re.compile(r"(Invalid (filter|order_by|page token)|Invalid .* key|Expected a quoted)")


@dataclasses.dataclass(frozen=True)
class Allowed:
    name: str
    reason: str
    holds: typing.Callable  # of a Difference
    unseen: bool = False  # no later request can tell what only upstream has written


def is_mistake(answer):
    return 400 <= answer.status < 500 and answer.code not in (None, "INTERNAL_ERROR")


def both_invalid(d):
    return d.ours.status == d.theirs.status == 400 and d.ours.code == d.theirs.code == "INVALID_PARAMETER_VALUE"


def names_a_field(answer):
    return answer.status == 400 and answer.code == "INVALID_PARAMETER_VALUE" and FIELD.match(answer.message)


def is_too_long(answer):
    return "exceeds the maximum length" in answer.message


def more_names(d):
    """A name may go on with a digit after a dot: upstream's lexer takes `.1` for a number."""
    return d.theirs.message.startswith("Invalid clause(s)") and re.search(r"\w\.\d", str(d.request.fields.get("filter")))


def superset_of_the_grammar(d):
    if d.ours.status == 200 and d.theirs.status == 400 and "search" in d.request.name and more_names(d):
        return True
    return ((d.ours.status == 200 and d.theirs.status == 400 or both_invalid(d)) and ("search" in d.request.name) and re.match(
        r"(Invalid entity type|Invalid order by key|Invalid attribute key|Invalid order_by entity|Invalid comparator|Invalid filter '\s*'\. Could not|Invalid filter string: '\s*'\. Expected)",
        d.theirs.message))


def cut_short(ours, theirs):
    """Ours shows the beginning of a long text, and no control characters."""
    begin = ours.partition("...")[0]
    return len(begin) == len(ours) and re.sub(r"[\x00-\x1f]", "?", theirs) == ours or (
        len(begin) > 60 and theirs.startswith(begin))


def is_part(ours, theirs):
    """Some of their points, where a NaN of ours may be their 0."""
    ours, theirs = (points if isinstance(points, list) else [] for points in (ours, theirs))
    return all(point in theirs or point.get("value") == "NaN" and {**point, "value": 0.0} in theirs for point in ours)


def is_nan_for_zero(where, ours, theirs):
    return where.endswith(".value") and (ours, theirs) == ("NaN", 0.0)


def of_fewer_points(d):
    """The models are the same but for points that ours leaves out, and NaNs in those of others."""
    unlike = d.unlike() if d.ours.status == d.theirs.status == 200 else []
    return any(where.endswith(".metrics") for where, _, _ in unlike) and all(
        is_nan_for_zero(*place) or place[0].endswith(".metrics") and is_part(*place[1:]) for place in unlike)


ALLOWED = [
    Allowed("no 5xx for a mistake",
            "upstream answers 500, and its clients repeat the request for minutes, where a user made a mistake",
            lambda d: d.theirs.status >= 500 and (d.ours.status == 200 or is_mistake(d.ours))),
    Allowed("the way out", "ours says after upstream's words what to do",
            lambda d: both_invalid(d) and d.our_words.startswith(d.their_words.rstrip("."))),
    Allowed("words of a search", "ours says at which position of a filter or order what was expected",
            lambda d: both_invalid(d) and "search" in d.request.name and SEARCH.match(d.ours.message)),
    Allowed("one search language", "all entities know the same scopes, and may be ordered by what they are filtered by",
            superset_of_the_grammar),
    Allowed("broken JSON is named", "upstream takes a body that it cannot read for an empty one",
            lambda d: d.request.raw is not None and d.ours.status == 400
            and ("JSON" in d.ours.message or "UTF-8" in d.ours.message)),
    Allowed("another field is named", "of several wrong fields ours names the first in the message",
            lambda d: d.request.wrong and both_invalid(d) and (
                names_a_field(d.ours) or names_a_field(d.theirs) or is_too_long(d.ours) != is_too_long(d.theirs))),
    Allowed("history of no run", "upstream answers an empty history for a run that does not exist",
            lambda d: "history" in d.request.name and d.ours.status == 404 and d.theirs.body == {}),
    Allowed("no words of a database", "upstream tells the client what its database said",
            lambda d: is_mistake(d.ours) and "(sqlite3." in d.theirs.message),
    Allowed("keys of logged models in double quotes", "upstream takes the quotes for a part of the key",
            lambda d: d.request.name == "search logged models" and d.ours.status == 200
            and '."' in str(d.request.fields.get("filter"))),
    Allowed("a version's model and aliases",
            "ours tells of which logged model a version was made, and its aliases wherever it is told of",
            lambda d: d.ours.status == d.theirs.status == 200 and all(
                re.search(r"\.model_id|(versions\[\d+\]|model_version)\.aliases$", where) and theirs == "-"
                for where, _, theirs in d.unlike())),
    Allowed("no route", "upstream's router refuses a path by other words",
            lambda d: d.ours.status == 404 and d.theirs.status in (404, 405) and d.theirs.code is None),
    Allowed("long and odd texts in messages", "ours shows of them what helps, and nothing that a terminal obeys",
            lambda d: d.ours.code == d.theirs.code and d.ours.code and cut_short(d.our_words, d.their_words)),
    Allowed("a value of the wrong type is refused", "upstream goes on without it where it happens not to look",
            lambda d: d.request.wrong and d.theirs.status == 200 and names_a_field(d.ours)
            and (d.request.operation.page or d.request.method == "GET")),
    Allowed("locations", "ours says which locations there are",
            lambda d: both_invalid(d) and (d.request.name == "create experiment" and "location" in d.ours.message
                                  or "artifacts lie on this server" in d.ours.message)),
    Allowed("artifacts elsewhere", "upstream fails where a bucket's client is not installed",
            lambda d: d.ours.status == 501 and d.theirs.status == 500),
    Allowed("a filter that ends too early", "upstream goes on with what it has understood of it",
            lambda d: d.theirs.status == 200 and d.ours.status == 400 and "search" in d.request.name
            and d.ours.message.startswith("Invalid filter")),
    Allowed("points of a logged model", "ours tells the last one of each metric, dataset and run, upstream every one",
            of_fewer_points),
    Allowed("NaN of a logged model", "upstream tells a NaN of a logged model's metric as 0",
            lambda d: d.ours.status == d.theirs.status == 200 and all(is_nan_for_zero(*place) for place in d.unlike())),
    Allowed("writes to a deleted model", "upstream goes on to write to a logged model that is deleted",
            lambda d: d.request.name in ("log logged model params", "tag logged model", "delete logged model tag")
            and d.ours.status == 404 and d.theirs.status == 200, unseen=True),
    Allowed("models that runs have read", "upstream tells them of one run, and not in a search",
            lambda d: d.request.name == "search runs" and d.ours.status == 200 and all(
                where.endswith(".model_inputs") and theirs == "-" for where, _, theirs in d.unlike())),
    Allowed("tag of a deleted model", "ours says that the logged model is not there",
            lambda d: d.request.name == "delete logged model tag" and d.ours.status == d.theirs.status == 404),
    Allowed("a name too long to be there", "ours says so, where upstream looks for it",
            lambda d: d.theirs.status == 404 and is_too_long(d.ours)),
    Allowed("no redirects", "upstream's router sends to another path", lambda d: d.theirs.status == 308),
    Allowed("what is too long", "ours names the field that is too long as the message calls it",
            lambda d: both_invalid(d) and is_too_long(d.ours) and is_too_long(d.theirs)),
    Allowed("what is no JSON", "ours does not repeat the whole of it",
            lambda d: both_invalid(d) and d.ours.message.startswith("Malformed model info")),
    Allowed("status of logged models", "upstream compares the number that it keeps with the name, and finds none",
            lambda d: d.request.name == "search logged models" and d.ours.status == d.theirs.status == 200
            and "status" in str(d.request.fields.get("filter"))),
    Allowed("no NUL in texts", "PostgreSQL cannot keep one, so neither engine does",
            lambda d: d.ours.status == 400 and "NUL" in d.ours.message),
    Allowed("the key of a tag to delete", "whatever it is, ours deletes it where it is",
            lambda d: re.match(r"delete .*tag", d.request.name) and "key" in d.request.wrong
            and {d.ours.status, d.theirs.status} <= {200, 400, 404}),
    Allowed("at most so many", "ours bounds the clauses of an order and the tags of a call",
            lambda d: d.ours.status == 400 and re.search(r"has at most \d+ clauses|can bring at most|specify at most", d.ours.message)),
]
