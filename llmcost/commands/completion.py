"""What a shell offers after an option: names known to llmcost, and those that the log holds.

A shell asks at every press of a key: what is not there, in use or broken is passed over without a word, and of a large
log a part is looked at. Names that a shell could take for more than a word are not offered.
"""

import re
from collections.abc import Callable, Iterable

import typer

Complete = Callable[[typer.Context, str], list[str]]

_WORD = re.compile(r"[\w.:/@+-]+")
_ROWS = 200_000
"""Of requests that are looked at for names."""
_MOST = 200


def keys(ctx: typer.Context, incomplete: str) -> list[str]:
    """Keys of --by, tags included; several may be separated by commas."""
    from llmcost.reports.spend import DIMENSIONS

    before, comma, last = incomplete.rpartition(",")
    tags = _stored(ctx, "unnest(map_keys(tags))")
    return _beginning(last, [*DIMENSIONS, *(f"tag:{name}" for name in tags)], before + comma)


def what_ifs(ctx: typer.Context, incomplete: str) -> list[str]:
    """What-ifs, and after a colon their parameters."""
    from llmcost.engine import registry

    known = registry.load("what_ifs")
    name, colon, given = incomplete.partition(":")
    if not colon:
        return _beginning(incomplete, [*known, "all"])
    before, comma, last = given.rpartition(",")
    parameters = known[name].parameters if name in known else ()
    return _beginning(last, [f"{one.name}=" for one in parameters], f"{name}:{before}{comma}")


def findings(ctx: typer.Context, incomplete: str) -> list[str]:
    """Findings of the audit."""
    from llmcost.engine import registry

    return _beginning(incomplete, registry.load("audit"))


def formats(ctx: typer.Context, incomplete: str) -> list[str]:
    """Formats of logs."""
    from llmcost.engine import registry

    return _beginning(incomplete, ["auto", *registry.load("formats")])


def scenarios(ctx: typer.Context, incomplete: str) -> list[str]:
    """Saved scenarios."""
    return _beginning(incomplete, ["logged", *_stored(ctx, "name", "scenarios")])


def values(column: str) -> Complete:
    """The values of a column of `requests`."""

    def complete(ctx: typer.Context, incomplete: str) -> list[str]:
        return _beginning(incomplete, _stored(ctx, column))

    return complete


def tags(ctx: typer.Context, incomplete: str) -> list[str]:
    """Tags, and after an equals sign the values of one."""
    name, equals, _ = incomplete.partition("=")
    if not equals:
        return _beginning(incomplete, [f"{tag}=" for tag in _stored(ctx, "unnest(map_keys(tags))")])
    return _beginning(incomplete, [f"{name}={value}" for value in _stored(ctx, "tags[$name]", name=name)])


def _beginning(incomplete: str, words: Iterable[str], before: str = "") -> list[str]:
    return [before + word for word in words if word.startswith(incomplete)]


def _stored(ctx: typer.Context, column: str, table: str = "requests", **parameters: str) -> list[str]:
    """The values of a column in the store, the most frequent first; none where it cannot be read at once."""
    from llmcost.engine import access, store

    found = access.glance(
        store.locate(ctx.params.get("db")),
        f"select name from (select {column} as name from {table} limit {_ROWS}) as looked_at where name is not null"
        f" group by name order by count(*) desc, name limit {_MOST}",
        parameters,
    )
    return [name for name in found if _WORD.fullmatch(name)]
