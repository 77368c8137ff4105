"""What is wrong or suspicious, the gravest first."""

from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from llmcost.engine.registry import Query
from llmcost.render import terminal
from llmcost.render.view import Document, Flat, View
from llmcost.reports.audit import COLUMNS, ROW_COLUMNS, Audit, Finding

Row = dict[str, Any]

ROWS_SHOWN = 20  # of the requests behind a finding, in the table

_SUBJECTS_SHOWN = 4
_STYLES = {"critical": "bold red", "warning": "bold yellow", "info": "bold cyan"}


@dataclass(frozen=True)
class AuditView(View):
    """Every finding. Dollars of different findings overlap."""

    audit: Audit

    def document(self) -> Document:
        return {
            "requests": self.audit.requests,
            "cost_usd": self.audit.cost_usd,
            "findings": [
                {
                    "finding": finding.query.name,
                    "severity": finding.severity,
                    "title": finding.query.title,
                    "requests": finding.requests,
                    "cost_usd": finding.cost_usd,
                    "dollars": finding.query.field("dollars"),
                    "advice": finding.query.field("advice"),
                    "assumptions": list(finding.query.fields.get("assumes", ())),
                    "subjects": finding.subjects,
                }
                for finding in self.audit.findings
            ],
            "not_found": [query.name for query in self.audit.clean],
        }

    def flat(self) -> Flat:
        """A row a subject."""
        rows = [
            {"severity": finding.severity, "finding": finding.query.name, "advice": finding.query.field("advice")}
            | subject
            | {"example_request_ids": " ".join(subject["example_request_ids"])}
            for finding in self.audit.findings
            for subject in finding.subjects
        ]
        return Flat(rows, COLUMNS)

    def screen(self) -> RenderableType:
        audit = self.audit
        if not audit.findings:
            return Text(f"Nothing found in {terminal.counted(audit.requests, 'request')}.")
        parts: list[RenderableType] = [Padding(_headline(audit), (1, 0, 1, 0))]
        parts += [_finding(finding) for finding in audit.findings]
        if audit.clean:
            names = ", ".join(query.name for query in audit.clean)
            parts.append(Padding(Text(f"Not found: {names}.", style="dim"), (0, 0, 1, 0)))
        said = "Findings overlap: do not add their dollars. The rows behind one: llmcost audit --show NAME"
        return Group(*parts, Text(said, style="dim"))


@dataclass(frozen=True)
class BehindView(View):
    """The requests behind one finding, all or the first of them."""

    query: Query
    behind: list[Row]
    requests: int  # in all

    def document(self) -> Document:
        return {"finding": self.query.name, "requests": self.requests, "rows": self.behind}

    def flat(self) -> Flat:
        return Flat(self.behind, ROW_COLUMNS)

    def screen(self) -> RenderableType:
        name, shown = self.query.name, self.behind[:ROWS_SHOWN]
        if not shown:
            return Text(f"{name}: nothing found.")
        cells: list[list[RenderableType]] = [
            [
                terminal.name(row["subject"], 24),
                terminal.name(row["request_id"], 30),
                terminal.name(row["ts"] and row["ts"].isoformat(" ", "seconds")),
                terminal.name(row["model"], 18),
                terminal.count(_prompt_tokens(row)),
                terminal.count(row["output_tokens"]),
                terminal.usd(row["cost_usd"]),
            ]
            for row in shown
        ]
        headings = [("subject", "left"), ("request", "left"), ("time", "left"), ("model", "left"), ("in", "right"),
                    ("out", "right"), ("cost", "right")]  # fmt: skip
        more = f", the first {ROWS_SHOWN}; --format csv has all" if len(shown) < self.requests else ""
        return terminal.table(headings, cells, title=f"{name}: {terminal.counted(self.requests, 'request')}{more}")


def _headline(audit: Audit) -> Text:
    line = Text(f"{terminal.counted(len(audit.findings), 'finding')}", style="bold")
    line.append(f" in {terminal.counted(audit.requests, 'request')} that cost ", style="not bold")
    line.append(terminal.usd(audit.cost_usd).plain, style="not bold")
    return line


def _finding(finding: Finding) -> RenderableType:
    heading = Text(f"{finding.severity:<9}", style=_STYLES[finding.severity])
    heading.append(finding.query.name, style="bold")
    heading.append(f"  {_dollars(finding.cost_usd)}", style="bold")
    heading.append(f"  {terminal.counted(finding.requests, 'request')}", style="not bold")
    cells: list[list[RenderableType]] = [
        [
            terminal.name(row["subject"], 30),
            Text(_dollars(row["cost_usd"])),
            terminal.name(row["detail"], 200),
        ]
        for row in finding.subjects[:_SUBJECTS_SHOWN]
    ]
    left_out = len(finding.subjects) - len(cells)
    if left_out:
        cells.append([Text(f"and {left_out:,} more", style="dim"), Text(""), Text("")])
    said = Text.assemble(
        (f"{finding.query.title}\n", ""),
        (f"$: {finding.query.field('dollars')}\n", "dim"),
        ("to do: ", "green"),
        finding.query.field("advice"),
    )
    grid = Table.grid(padding=(0, 2))
    for cell in cells:
        grid.add_row(*cell)
    return Group(heading, Padding(Group(said, grid), (0, 0, 1, 9)))


def _dollars(value: float | None) -> str:
    return "$ unknown" if value is None else terminal.usd(value).plain


def _prompt_tokens(row: Row) -> int:
    names = ("input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens")
    return sum(row[name] for name in names)
