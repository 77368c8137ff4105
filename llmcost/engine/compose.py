"""Queries over queries, put together in one way: every query that llmcost runs over another one comes from here."""

import re
from collections import Counter
from collections.abc import Sequence

Relation = tuple[str, str]
"""A name and the SELECT that makes the relation of that name."""


class Inlined(tuple[str, str]):
    """A relation that the engine works out for each reader again, as wide rows that are kept cost more.

    Its own CTEs come before it and not inside it, so that each is computed once.
    """


_TOKEN = re.compile(r"'(?:[^']|'')*'|--[^\n]*|[()]|\w+")
_ALIAS = re.compile(r"select \* from \w+")
"""A SELECT that gives a table another name."""

_WITH = re.compile(r"(?P<comments>(?:\s|--[^\n]*\n)*)with\s+", re.IGNORECASE)


def compose(relations: Sequence[Relation], body: str) -> str:
    """SQL: the body over these relations, as one WITH, so that the body's order is the result's.

    A SELECT may read the relations before it. A name may be made again out of what it was, as `requests` by every step
    of a stack: whoever names it afterwards reads the newest. Such a relation is in the query under a number of its
    own, `requests_2`, since not every engine lets a name hide itself. What is not a relation here is the store's.
    """
    again = {name for name, count in Counter(name for name, _ in relations).items() if count > 1}
    times: Counter[str] = Counter()
    newest: dict[str, str] = {}
    made: list[str] = []
    for relation in relations:
        name, select = relation
        times[name] += 1
        own = f"{name}_{times[name]}" if name in again else name
        renamed, inlined = _aliases(newest, select), isinstance(relation, Inlined)
        if inlined and not renamed:
            inner, select = _apart(select)
            made += [inner] if inner else []
        made.append(_named(own, _over(renamed, select), inlined=inlined))
        if name in again:
            newest[name] = own
    return _over([*made, *_aliases(newest, body)], body)


def _aliases(newest: dict[str, str], select: str) -> list[str]:
    """What a SELECT reads under a name that was made more than once."""
    return [_named(name, f"select * from {own}") for name, own in newest.items() if re.search(rf"\b{name}\b", select)]


def _named(name: str, select: str, *, inlined: bool = False) -> str:
    # another name for a table is never copied: each reader takes the columns that it needs from the table itself
    apart = inlined or _ALIAS.fullmatch(select)
    return f"{name} as{' not materialized' if apart else ''} (\n{select}\n)"


def _apart(select: str) -> tuple[str, str]:
    """The list of CTEs of a SELECT's WITH, and the rest."""
    if not (start := _WITH.match(select)):
        return "", select
    depth = 0
    for token in _TOKEN.finditer(select, start.end()):
        depth += {"(": 1, ")": -1}.get(token[0], 0)
        if depth == 0 and token[0].lower() in ("select", "from"):
            return f"{start['comments']}{select[start.end() : token.start()].rstrip()}", select[token.start() :]
    raise ValueError(f"a WITH without a SELECT: {select}")


def _over(relations: Sequence[str], select: str) -> str:
    """The SELECT with more relations at the start of its WITH, or with a WITH if it has none."""
    if not relations:
        return select
    ahead = "with " + ",\n\n".join(relations)
    if own := _WITH.match(select):
        return f"{own['comments']}{ahead},\n\n{select[own.end() :]}"
    return f"{ahead}\n\n{select}"
