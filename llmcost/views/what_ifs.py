"""The what-ifs there are, with their parameters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.engine.registry import Query
from llmcost.render import tables
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
        """A row for each parameter."""
        return Flat(
            [
                {"what_if": query.name, "question": query.field("question")} | parameter
                for query in self.queries
                for parameter in _parameters(query)
            ],
            _COLUMNS,
        )

    def screen(self, *, details: bool) -> RenderableType:
        if len(self.queries) == 1:
            return _whole(self.queries[0])
        if details:
            return Group(*(_whole(query) for query in self.queries))
        rows = [[Text(query.name, style="cyan"), Text(query.title)] for query in self.queries]
        table = tables.Table([tables.name("what-if"), tables.words("what it replays")], rows)
        said = "Parameters and assumptions of one: llmcost simulate --list NAME"
        return Group(table, Text(said, style="dim"))


def _whole(query: Query) -> RenderableType:
    rows = [[Text(p.name), Text(p.written(p.default), style="green"), Text(p.meaning)] for p in query.parameters]
    columns = [tables.name("parameter"), tables.words("default"), tables.words("meaning")]
    title = Text(query.name, style="bold cyan")
    title.append(f": {query.title}", style="default")
    question = Text(query.field("question"), style="italic")
    assumptions = tables.Bullets("Assumptions", query.fields.get("assumes", ()))
    return Group(title, question, tables.Table(columns, rows), assumptions)


def _parameters(query: Query) -> list[dict[str, Any]]:
    return [
        {
            "parameter": p.name,
            "default": p.written(p.default) if p.type == "names" else p.default,
            "meaning": p.meaning,
        }
        for p in query.parameters
    ]
