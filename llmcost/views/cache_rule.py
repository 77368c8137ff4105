"""The rule of a model's prompt cache, with its source."""

from dataclasses import dataclass
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from llmcost.render import cells, tables
from llmcost.render.view import Document, Flat, View

_HIDDEN = {"place", "hosts", "models"}


@dataclass(frozen=True)
class CacheRuleView(View):
    """One rule, field by field; of three values the first saves least, the second is taken, the third saves most."""

    provider: str | None
    model: str
    rule: dict[str, Any]
    is_stale: bool

    def document(self) -> Document:
        return {"provider": self.provider, "model": self.model, "rule": self.rule, "is_stale": self.is_stale}

    def flat(self) -> Flat:
        rows = [{"field": name, "value": value} for name, value in self._fields().items()]
        return Flat(rows, ["field", "value"])

    def screen(self, *, details: bool) -> RenderableType:
        rows = [[Text(name), Text(value)] for name, value in self._fields().items()]
        title = f"Prompt cache of {cells.brief(self.provider or '?', 40)}/{cells.brief(self.model, 60)}"
        return tables.Table([tables.name("field"), tables.words("value")], rows, title)

    def _fields(self) -> dict[str, str]:
        """What the rule says, in words; what it leaves open is left out."""
        fields = {
            name: self._value(name)
            for name, value in self.rule.items()
            if value is not None and name not in _HIDDEN and not name.endswith(("_low", "_high"))
        }
        if self.is_stale:
            fields["read_on"] += ", more than 90 days ago: check it"
        return fields

    def _value(self, name: str) -> str:
        ends = [self.rule[name + end] for end in ("_low", "", "_high") if name + end in self.rule]
        if len(set(ends)) > 1:
            return " / ".join(_written(value) for value in ends)
        return _written(self.rule[name])


def _written(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
