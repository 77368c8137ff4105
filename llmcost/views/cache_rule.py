"""The rule of a model's prompt cache, with its source."""

from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.render import cells, tables
from llmcost.render.view import Document, Flat, View

_HIDDEN = {"place", "hosts", "models", "marked"}


@dataclass(frozen=True)
class CacheRuleView(View):
    """A model's rules, field by field; of three values the first saves least, the second is taken, the third saves
    most."""

    provider: str | None
    model: str
    rule: dict[str, Any]
    is_stale: bool
    marked_rule: dict[str, Any] | None = None  # of the second cache, for requests that mark what is cached
    marked_is_stale: bool = False

    def document(self) -> Document:
        return {
            "provider": self.provider,
            "model": self.model,
            "rule": self.rule,
            "is_stale": self.is_stale,
            "marked_rule": self.marked_rule,
            "marked_is_stale": self.marked_is_stale if self.marked_rule else None,
        }

    def flat(self) -> Flat:
        rows = [{"field": name, "value": value} for name, value in _fields(self.rule, self.is_stale).items()]
        if self.marked_rule:
            marked = _fields(self.marked_rule, self.marked_is_stale)
            rows += [{"field": f"marked_rule.{name}", "value": value} for name, value in marked.items()]
        return Flat(rows, ["field", "value"])

    def screen(self, *, details: bool) -> RenderableType:
        title = f"Prompt cache of {cells.brief(self.provider or '?', 40)}/{cells.brief(self.model, 60)}"
        parts = [_table(_fields(self.rule, self.is_stale), title)]
        if self.marked_rule:
            marked = _fields(self.marked_rule, self.marked_is_stale)
            parts.append(_table(marked, "The same model's cache for requests that mark what is cached"))
        return Group(*parts)


def _table(fields: dict[str, str], title: str) -> RenderableType:
    rows = [[Text(name), Text(value)] for name, value in fields.items()]
    return tables.Table([tables.name("field"), tables.words("value")], rows, title)


def _fields(rule: dict[str, Any], is_stale: bool) -> dict[str, str]:
    """What the rule says, in words; what it leaves open is left out."""
    fields = {
        name: _value(rule, name)
        for name, value in rule.items()
        if value is not None and name not in _HIDDEN and not name.endswith(("_low", "_high"))
    }
    if is_stale:
        fields["read_on"] += ", more than 90 days ago: check it"
    return fields


def _value(rule: dict[str, Any], name: str) -> str:
    ends = [rule[name + end] for end in ("_low", "", "_high") if name + end in rule]
    if len(set(ends)) > 1:
        return " / ".join(_written(value) for value in ends)
    return _written(rule[name])


def _written(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
