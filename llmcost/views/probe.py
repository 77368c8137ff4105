"""What a probe of a prompt cache has measured."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.prices.probe import Found
from llmcost.render import cells, tables
from llmcost.render.view import Document, Flat, View

_COLUMNS = ("what", "value", "prompt_tokens", "cached_tokens")


@dataclass(frozen=True)
class ProbeView(View):
    """Every prompt that was sent again and what of it was read; the rule made of that, and the file that holds it."""

    provider: str | None
    model: str
    found: Found
    rule: dict[str, Any]
    file: Path | None

    def document(self) -> Document:
        return {
            "provider": self.provider,
            "model": self.model,
            "seen": self.found.seen,
            "rule": self.rule if self.file else None,
            "file": str(self.file) if self.file else None,
        }

    def flat(self) -> Flat:
        return Flat(self.found.seen, _COLUMNS)

    def screen(self, *, details: bool) -> RenderableType:
        rows = [
            [Text(row["what"]), Text(f"{row['value']:,}"), cells.count(row["prompt_tokens"]),
             cells.count(row["cached_tokens"])]
            for row in self.found.seen
        ]  # fmt: skip
        columns = [tables.words("sent again"), tables.number("at"), tables.number("tokens"), tables.number("read")]
        title = f"Prompt cache of {cells.brief(self.provider or '?', 40)}/{cells.brief(self.model, 60)}"
        said = (
            f"{self.rule['note']}. The rule is in {self.file}: llmcost prices {self.model} --cache"
            if self.file
            else "Nothing was read from the cache, so that no rule was written."
        )
        return Group(tables.Table(columns, rows, title), tables.Bullets("Measured", [said]))
