"""Steps of a stack: a what-if and its parameters, as words and as SQL over the traffic before it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from llmcost.engine import registry
from llmcost.engine.compose import Relation, compose
from llmcost.engine.store import Store
from llmcost.errors import UsageError
from llmcost.prices import book
from llmcost.reports.scope import Row
from llmcost.what_ifs.engine.replay import kernel_of, replay
from llmcost.what_ifs.inputs import current_models, labels, side_tables

ENDS = ("low", "high")
"""The headers that name the settings with which a what-if's assumptions save least, and most."""


@dataclass(frozen=True)
class WhatIf:
    """One step of a stack: the query and the value of each of its parameters."""

    query: registry.Query
    values: dict[str, registry.Value]
    given: frozenset[str] = frozenset()  # the parameters that the user set: no assumptions of ours

    @property
    def word(self) -> str:
        """The step as on the command line, naming what differs from the defaults."""
        changed = [
            f"{p.name}={p.written(self.values[p.name])}"
            for p in self.query.parameters
            if self.values[p.name] != p.default
        ]
        return ":".join([self.query.name, *([",".join(changed)] if changed else [])])

    @property
    def files(self) -> list[Path]:
        """The files that it reads."""
        values = (self.values[p.name] for p in self.query.parameters if p.type == "file")
        return [Path(str(value)) for value in values if value is not None]


def parse(word: str) -> WhatIf:
    """`NAME[:param=value,…]` as on the command line. Raises UsageError for unknown names and values."""
    name, _, rest = word.partition(":")
    query = registry.find("what_ifs", name.strip().replace("_", "-"))
    words = settings(query, rest)
    return WhatIf(query, query.bind(words), frozenset(words))


def settings(query: registry.Query, text: str) -> dict[str, str]:
    """`param=value,…` by name. A comma inside quotes separates nothing; one between names adds to a list of names."""
    lists = {parameter.name for parameter in query.parameters if parameter.type == "names"}
    found: dict[str, str] = {}
    last = ""
    for part in _parts(text):
        key, equals, value = part.partition("=")
        if equals:
            last = key.strip()
            found[last] = value.strip()
        elif last in lists:
            found[last] += f",{part}"
        else:
            raise UsageError(
                f"{query.name}:{text}: {part.strip()} is not param=value", hint=f"like {query.name}:{_example(query)}"
            )
    return found


def at(end: str, what_if: WhatIf) -> WhatIf:
    """The step with its assumptions at their low or high end; what the user set himself stays."""
    if not (text := what_if.query.field(end)):
        return what_if
    moved = {name: word for name, word in settings(what_if.query, text).items() if name not in what_if.given}
    bound = what_if.query.bind(moved)
    return replace(what_if, values=what_if.values | {name: bound[name] for name in moved})


def assumptions(what_if: WhatIf) -> list[str]:
    """What a step assumes, in the words of its header."""
    return [f"{what_if.query.name}: {line}" for line in what_if.query.fields.get("assumes", ())]


def settled(store: Store, what_if: WhatIf) -> WhatIf:
    """The step as it will run: models that the user does not name are those of his outcomes file, where he gives one.

    Raises UsageError for a model without a price, LlmcostError for a file that holds no outcomes or labels.
    """
    if what_if.values.get("outcomes") is not None:
        small, *others = side_tables.models(store, what_if.values)
        large = others[-1] if others else small
        middle = others[len(others) // 2 - 1] if len(others) > 1 else large
        chosen = {"small": small, "middle": middle, "large": large}
        what_if = replace(what_if, values=what_if.values | {n: m for n, m in chosen.items() if n not in what_if.given})
    if (path := what_if.values.get("labels")) is not None:
        labels.read(str(path))
    with_models(store, what_if)
    if any(p.type == "model" and what_if.values[p.name] in p.choices for p in what_if.query.parameters):
        current_models.learn(store)
    return what_if


def steps(what_if: WhatIf) -> list[Relation]:
    """The what-if as steps of a query: its SELECT, and the one that its header says comes after it."""
    if not (after := what_if.query.field("then")):
        return [("requests", what_if.query.body)]
    return [("decided", what_if.query.body), ("requests", registry.find("billing", after).body)]


def with_models(store: Store, what_if: WhatIf) -> dict[str, registry.Value]:
    """The step's values, with `<name>_provider` for each model, whose prices are loaded."""
    values = dict(what_if.values)
    for parameter in what_if.query.parameters:
        if parameter.type == "model":
            name = values[parameter.name]
            is_name = name is not None and name not in parameter.choices
            provider, model = book.resolve(store, str(name)) if is_name else (None, name)
            values |= {parameter.name: model, f"{parameter.name}_provider": provider}
    return values


@dataclass(frozen=True)
class After:
    """The traffic after a step, as a query can read it."""

    requests: list[Relation]  # the last of them is `requests`
    values: dict[str, registry.Value]
    summary: Row | None  # what the step's kernel says of the whole, if it has one


@contextmanager
def replayed(store: Store, what_if: WhatIf, before: str) -> Iterator[After]:
    """The traffic of the relation `before` after a step, while the block runs.

    Raises LlmcostError when the kernel, or the engine, cannot project this traffic.
    """
    query, values = what_if.query, with_models(store, what_if)
    store.check_step(query.name, before)
    requests = [("requests", f"select * from {before}"), *steps(what_if)]
    if query.field("facts"):
        side_tables.prepare(store, values, before)
    if not (kernel := kernel_of(query)):
        yield After(requests, values, None)
        return
    decisions, summary = replay(store, kernel, query, values, before)
    with store.relation("replayed", decisions):
        yield After(requests, values, summary)


def run(store: Store, what_if: WhatIf, before: str, after: str) -> Row | None:
    """Makes the relation `after` out of `before`. Returns what the step's kernel says of the whole, if it has one.

    Raises LlmcostError as `replayed` does.
    """
    with replayed(store, what_if, before) as made:
        store.keep(after, compose(made.requests, "select * from requests"), made.values)
    return made.summary


def _parts(text: str) -> Sequence[str]:
    """The text split at commas; a comma inside quotes separates nothing."""
    parts: list[str] = []
    quoted = False
    current = ""
    for character in text:
        if character in "'\"":
            quoted = not quoted
        elif character == "," and not quoted:
            parts.append(current)
            current = ""
        else:
            current += character
    return [part for part in [*parts, current] if part.strip()]


def _example(query: registry.Query) -> str:
    return next((f"{p.name}={p.written(p.default)}" for p in query.parameters), "param=value")
