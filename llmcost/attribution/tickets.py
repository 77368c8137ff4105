"""Tickets: what a request was for, read from the name of a branch or of a session by a pattern.

    [[tickets]]
    matches = "[A-Z]+-[0-9]+"        # a regular expression; its first group, where it has one, else all of it

    [[tickets]]
    in = "tag:pull_request"          # branch and session unless an entry says otherwise
    matches = "^#([0-9]+)"

The first entry that finds something decides.
"""

from typing import Any

from llmcost import config
from llmcost.engine import literals, patterns
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError, did_you_mean

PLACES = {
    "branch": "coalesce(request.tags['git_branch'], request.tags['branch'])",
    "session": "request.session_id",
    "project": "request.project",
    "prompt": "request.prompt_id",
    "feature": "request.feature",
    "user": "request.user_id",
}
"""Where a ticket may be named, and the SQL of it."""
_USUAL = ("branch", "session")
_WORDS = ("matches", "in")
_TAG = "tag:"


def configured() -> bool:
    """Whether `llmcost.toml` says how to find tickets."""
    return bool(config.entries("tickets"))


def define(store: Store) -> None:
    """Makes tickets known to queries. Raises LlmcostError naming the entry that cannot be, and why."""
    found = [sql for number, given in enumerate(config.entries("tickets"), start=1) for sql in _found(number, given)]
    if found:
        store.execute(f"create or replace temp macro ticket_of(request) as coalesce({', '.join(found)})")


def _found(number: int, given: Any) -> list[str]:
    """SQL: what an entry finds, at each place that it looks at."""
    where = f"{config.path()}, tickets entry {number}"

    def fail(what: str, hint: str) -> LlmcostError:
        return LlmcostError(f"{where}: {what}", hint=hint)

    if not isinstance(given, dict):
        raise fail("is not a table", "begin each entry with [[tickets]]")
    for word, value in given.items():
        if word not in _WORDS:
            raise fail(f"there is no {word}", did_you_mean(word, list(_WORDS)))
        if not isinstance(value, str) or not value.strip():
            raise fail(f"{word} is not text: {value!r}", "write it in quotation marks")
    if "matches" not in given:
        raise fail("has no pattern", 'like matches = "[A-Z]+-[0-9]+"')
    if wrong := patterns.fault(given["matches"]):
        raise fail(f"matches is not a valid regular expression: {wrong}", patterns.HINT)
    place = given.get("in")
    if place is not None and place not in PLACES and not (place.startswith(_TAG) and place != _TAG):
        raise fail(f"in = {place!r} is no place", did_you_mean(place, [*PLACES, "tag:NAME"]))
    pattern = literals.written(given["matches"])
    return [
        f"nullif(regexp_extract({text}, {pattern}, {group}), '')"
        for text in ([PLACES[name] for name in _USUAL] if place is None else [_place(place)])
        for group in (1, 0)
    ]


def _place(name: str) -> str:
    return PLACES.get(name) or f"request.tags[{literals.written(name.removeprefix(_TAG))}]"
