"""The features, task types, tiers and models that a user names in a step's parameters, against those of the log."""

import re
from collections.abc import Iterable, Iterator, Sequence

from llmcost.engine.store import Store
from llmcost.errors import UsageError, did_you_mean
from llmcost.prices import book
from llmcost.what_ifs.engine.step import WhatIf

_COLUMNS = {
    "features": "feature",
    "waiting": "feature",
    "task_types": "task_type",
    "tiers": "service_tier",
    "models": "model",
    "from_models": "model",
}


def check(store: Store, steps: Sequence[WhatIf]) -> None:
    """Raises UsageError for a parameter none of whose names is in the log, so that the step could find nothing.

    A model that the log does not hold may be one to which a step before moves requests: any with a price will do.
    """
    for step, name, wanted in _named(steps):
        column = _COLUMNS[name]
        known = _known(store, column, "requests")
        if not any(_finds(word, known) or (column == "model" and _is_priced(store, word)) for word in wanted):
            raise UsageError(
                f"{step.query.name}:{name}: {_none_has(column, wanted[0])}", hint=_nearest(wanted[0], known)
            )


def absent(store: Store, step: WhatIf, relation: str) -> list[str]:
    """In words: which of the names no request of the relation has."""
    said = []
    for _, name, wanted in _named([step]):
        column = _COLUMNS[name]
        known = _known(store, column, relation)
        said += [f"{_none_has(column, word)}; {_nearest(word, known)}" for word in wanted if not _finds(word, known)]
    return said


def _named(steps: Sequence[WhatIf]) -> Iterator[tuple[WhatIf, str, list[str]]]:
    """The parameters in which the user names something, with the names."""
    for step in steps:
        for name in sorted(step.given & _COLUMNS.keys()):
            value = step.values[name]
            if isinstance(value, list) and value:
                yield step, name, value


def _finds(word: str, known: Iterable[str]) -> bool:
    """Whether one of the names is the word, in which * matches any characters."""
    pattern = ".*".join(re.escape(part) for part in word.split("*"))
    return any(re.fullmatch(pattern, name, re.DOTALL) for name in known)


def _known(store: Store, column: str, relation: str) -> list[str]:
    """What the column holds, the most frequent first."""
    rows = store.rows(
        f"select {column} as name from {relation} where {column} is not null"
        " group by name order by sum(calls) desc, name"
    )
    return [row["name"] for row in rows]


def _none_has(column: str, word: str) -> str:
    return f"no request has the {column.replace('_', ' ')} {word!r}"


def _nearest(word: str, known: list[str]) -> str:
    return did_you_mean(word, known) if known else "the log names none"


def _is_priced(store: Store, word: str) -> bool:
    try:
        book.resolve(store, word)
    except UsageError:
        return False
    return True
