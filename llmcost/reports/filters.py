"""Which requests a user names: by feature, model, provider, prompt, user, session, project and tag."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from llmcost.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from llmcost.engine.registry import Value
    from llmcost.engine.store import Store

_COLUMNS = {
    "features": "coalesce(feature, 'unattributed')",
    "models": "model",
    "providers": "provider",
    "prompts": "prompt_id",
    "users": "user_id",
    "sessions": "session_id",
    "projects": "project",
}
_KNOWN = 5000
"""Names among which the nearest is looked for: the most frequent."""


@dataclass(frozen=True)
class Filters:
    """The names asked for, of each kind; none names all. Of one kind any will do, all kinds must hold.

    Tags are pairs of NAME=VALUE: any of the values of a tag, and all tags. `*` in a name or a value is any characters.
    """

    features: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def given(self) -> dict[str, tuple[str, ...]]:
        """The names by kind, of the kinds that have any."""
        return {field.name: getattr(self, field.name) for field in fields(self) if getattr(self, field.name)}

    def parameters(self) -> "dict[str, Value]":
        """Those of the query `window`."""
        pairs = [_pair(tag) for tag in self.tags]
        named: dict[str, Value] = {kind: list(getattr(self, kind)) or None for kind in _COLUMNS}
        named["tag_names"] = [name for name, _ in pairs] or None
        named["tag_values"] = [value for _, value in pairs] or None
        return named

    def check(self, store: "Store", relation: str) -> None:
        """Raises UsageError for a name that no request has, with the nearest that one has."""
        if not self.given or not store.rows(f"select 1 as it from {relation} limit 1"):
            return
        for kind, column in _COLUMNS.items():
            for word in getattr(self, kind):
                _check(store, relation, column, word, kind.removesuffix("s"))
        for name, value in (_pair(tag) for tag in self.tags):
            if not has_tag(store, name, relation):
                raise UsageError(f"no request has the tag {name!r}", hint=nearest_tag(name, tag_names(store, relation)))
            _check(store, relation, "tags[$name]", value, f"tag {name}", {"name": name})


NO_FILTERS = Filters()
_TAGS_NAMED = 8


def nearest_tag(name: str, tags: Sequence[str]) -> str:
    """A hint for a tag that no request has: those with a name like it, and which ones there are."""
    from difflib import get_close_matches

    if not tags:
        return "the log has no tags"
    near = get_close_matches(name, tags, n=3, cutoff=0.5)
    return (f"did you mean {' or '.join(near)}? " if near else "") + listed(tags)


def listed(tags: Sequence[str]) -> str:
    """Which tags there are, the most frequent first."""
    known = f"{len(tags) - _TAGS_NAMED:,}" if len(tags) < _KNOWN else "thousands"
    more = f" and {known} more" if len(tags) > _TAGS_NAMED else ""
    return f"tags: {', '.join(tags[:_TAGS_NAMED])}{more}"


def tag_names(store: "Store", relation: str = "requests") -> list[str]:
    """The tags that requests have, the most frequent first, and no more than can be told apart."""
    rows = store.rows(
        f"select name from (select unnest(map_keys(tags)) as name from {relation}) as tagged"
        f" group by name order by count(*) desc, name limit {_KNOWN}"
    )
    return [row["name"] for row in rows]


def has_tag(store: "Store", name: str, relation: str = "requests") -> bool:
    """Whether a request has the tag."""
    return bool(store.rows(f"select 1 as it from {relation} where tags[$name] is not null limit 1", {"name": name}))


def _check(
    store: "Store", relation: str, column: str, word: str, thing: str, values: "dict[str, Value] | None" = None
) -> None:
    values = values or {}
    found = f"select 1 as it from {relation} where is_named({column}, $word) limit 1"
    if store.rows(found, values | {"word": [word]}):
        return
    known = store.rows(
        f"select {column} as name from {relation} where {column} is not null group by name"
        f" order by count(*) desc, name limit {_KNOWN}",
        values,
    )
    raise UsageError(f"no request has the {thing} {word!r}", hint=_nearest(word, [row["name"] for row in known]))


def _nearest(word: str, known: Sequence[str]) -> str:
    return did_you_mean(word, list(known)) if known else "the log names none"


def _pair(tag: str) -> tuple[str, str]:
    name, equals, value = tag.partition("=")
    if not equals or not name:
        raise UsageError(f"--tag {tag} is not NAME=VALUE", hint="for example --tag team=search")
    return name, value
