"""The what-ifs there are, with their parameters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from llmcost.engine.registry import Query
from llmcost.render import terminal
from llmcost.render.view import Document, Flat, View

_COLUMNS = ("what_if", "question", "parameter", "default", "meaning")


@dataclass(frozen=True)
class WhatIfsView(View):
    """Every what-if with its question, parameters and assumptions."""

    queries: Sequence[Query]

    def document(self) -> Document:
        return {
            "what_ifs": [
                {
                    "what_if": query.name,
                    "title": query.title,
                    "question": query.field("question"),
                    "parameters": _parameters(query),
                    "assumptions": list(query.fields.get("assumes", ())),
                }
                for query in self.queries
            ]
        }

    def flat(self) -> Flat:
        """A row a parameter."""
        return Flat(
            [
                {"what_if": query.name, "question": query.field("question")} | parameter
                for query in self.queries
                for parameter in _parameters(query)
            ],
            _COLUMNS,
        )

    def screen(self) -> RenderableType:
        parts: list[RenderableType] = []
        for query in self.queries:
            title = Text(query.name, style="bold cyan")
            title.append(f"  {query.title}", style="default")
            parts.append(title)
            parts.append(Padding(Text(query.field("question"), style="italic"), (0, 0, 0, 2)))
            lines = [
                [Text(p.name), Text("none" if p.default is None else str(p.default).lower()
                                    if isinstance(p.default, bool) else str(p.default), style="green"), Text(p.meaning)]
                for p in query.parameters
            ]  # fmt: skip
            headings = [("parameter", "left"), ("default", "left"), ("meaning", "left")]
            parts.append(Padding(terminal.table(headings, lines), (0, 0, 0, 2)))
        return Group(*parts)


def _parameters(query: Query) -> list[dict[str, Any]]:
    return [{"parameter": p.name, "default": p.default, "meaning": p.meaning} for p in query.parameters]
