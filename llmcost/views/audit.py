"""What is wrong or suspicious, the most severe first."""

from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from llmcost.engine.registry import Query
from llmcost.render import cells, tables
from llmcost.render.view import Document, Flat, View
from llmcost.reports import assumed
from llmcost.reports.audit import COLUMNS, ROW_COLUMNS, Audit, Finding
from llmcost.reports.provenance import Provenance
from llmcost.views import provenance, zones

Row = dict[str, Any]

ROWS_SHOWN = 20  # of the requests behind a finding, in the table

_SUBJECTS_SHOWN = 4
_ADVICE_LINES = 9
_STYLES = {"critical": "bold red", "warning": "bold yellow", "info": "bold cyan"}
_OVERLAP = "Findings overlap, so do not add up their dollars."


@dataclass(frozen=True)
class AuditView(View):
    """Every finding. Dollars of different findings overlap."""

    audit: Audit
    provenance: Provenance

    def document(self) -> Document:
        return {
            "requests": self.audit.requests,
            "cost_usd": self.audit.cost_usd,
            "timezone": self.audit.timezone,
            "notes": self.provenance.unusual(),
            "provenance": self.provenance.document(),
            "assumptions": assumed.said(self.audit.assumed),
            "findings": [
                {
                    **finding.described(),
                    "assumptions": list(finding.query.fields.get("assumes", ())),
                    "subjects": finding.subjects,
                }
                for finding in self.audit.findings
            ],
            "not_found": [query.name for query in self.audit.clean],
        }

    def flat(self) -> Flat:
        """A row for each subject."""
        rows = [
            {"severity": finding.severity, "finding": finding.query.name, "advice": finding.query.field("advice")}
            | subject
            | {"example_request_ids": " ".join(subject["example_request_ids"])}
            for finding in self.audit.findings
            for subject in finding.subjects
        ]
        return Flat(rows, COLUMNS)

    def screen(self, *, details: bool) -> RenderableType:
        audit = self.audit
        if not audit.findings:
            cost = f" that cost {cells.usd(audit.cost_usd)}" if audit.assumed else ""
            rests = assumed.condition(audit.assumed, audit.requests)
            said = f"Nothing found in {cells.counted(audit.requests, 'request')}{cost}{rests}."
            return Group(Text(said), *provenance.below(self.provenance))
        parts: list[RenderableType] = [Padding(_headline(audit), (1, 0, 1 if details else 0, 0))]
        if details:
            parts += [_finding(finding) for finding in audit.findings]
            names = ", ".join(query.name for query in audit.clean)
            parts.append(Text(f"Not found: {names}.\n" if names else "", style="dim"))
            said = f"{_OVERLAP} The requests behind a finding: llmcost audit --show NAME"
        else:
            parts.append(_table(audit))
            advice = [f"{finding.query.name}: {finding.query.field('advice')}" for finding in audit.findings]
            parts.append(tables.Bullets("What to do", advice, at_most=_ADVICE_LINES))
            said = f"{_OVERLAP} --details shows what each is about, --show NAME the requests behind one."
        ended = Text(f"{zones.days(audit.timezone)} {said}", style="dim")
        return Group(*parts, ended, *provenance.below(self.provenance))


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

    def screen(self, *, details: bool) -> RenderableType:
        shown = self.behind
        if not shown:
            return Text(f"{self.query.name}: nothing found.")
        rows = [
            [
                cells.name(row["subject"]),
                cells.name(row["request_id"]),
                cells.name(row["ts"] and row["ts"].isoformat(" ", "seconds")),
                cells.name(row["model"]),
                cells.count(_prompt_tokens(row)),
                cells.count(row["output_tokens"]),
                cells.usd(row["cost_usd"]),
            ]
            for row in shown
        ]
        columns = [
            tables.name("subject"), tables.name("request"), tables.words("time (UTC)", 1), tables.words("model", 2),
            tables.number("input", 3), tables.number("output", 3), tables.number("cost"),
        ]  # fmt: skip
        more = f", the first {len(shown)}; --details shows all" if len(shown) < self.requests else ""
        return tables.Table(columns, rows, f"{self.query.name}: {cells.counted(self.requests, 'request')}{more}")


def _headline(audit: Audit) -> Text:
    line = Text(f"{cells.counted(len(audit.findings), 'finding')}", style="bold")
    rests = assumed.condition(audit.assumed, audit.requests)
    line.append(f" in {cells.counted(audit.requests, 'request')} that cost {cells.usd(audit.cost_usd)}{rests}",
                style="not bold")  # fmt: skip
    return line


def _table(audit: Audit) -> RenderableType:
    columns = [
        tables.words("severity", 2), tables.name("finding"), tables.number("dollars"), tables.number("requests", 1),
        tables.words("what it is", 3),
    ]  # fmt: skip
    rows = [
        [
            Text(finding.severity, style=_STYLES[finding.severity]),
            Text(finding.query.name, style="bold"),
            _dollars(finding.cost_usd),
            cells.count(finding.requests),
            Text(finding.query.title),
        ]
        for finding in audit.findings
    ]
    return tables.Table(columns, rows)


def _finding(finding: Finding) -> RenderableType:
    heading = Text(f"{finding.severity:<9}", style=_STYLES[finding.severity])
    heading.append(finding.query.name, style="bold")
    heading.append(f"  {_dollars(finding.cost_usd)}", style="bold")
    heading.append(f"  {cells.counted(finding.requests, 'request')}", style="not bold")
    grid = Table.grid(padding=(0, 2))
    for row in finding.subjects[:_SUBJECTS_SHOWN]:
        grid.add_row(Text(cells.brief(row["subject"], 30)), _dollars(row["cost_usd"]), cells.name(row["detail"]))
    left_out = finding.subject_count - _SUBJECTS_SHOWN
    if left_out > 0:
        grid.add_row(Text(f"and {left_out:,} more", style="dim"), Text(""), Text(""))
    said = Text.assemble(
        f"{finding.query.title}\n",
        (f"dollars: {finding.query.field('dollars')}\n", "dim"),
        ("to do: ", "green"),
        finding.query.field("advice"),
    )
    return Group(heading, Padding(Group(said, grid), (0, 0, 1, 9)))


def _dollars(value: float | None) -> Text:
    return Text("unknown", style="dim") if value is None else cells.usd(value)


def _prompt_tokens(row: Row) -> int:
    names = ("input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens")
    return sum(row[name] for name in names)
