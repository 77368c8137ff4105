"""Spend by any key, and the overview."""

from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from llmcost.render import terminal
from llmcost.render.view import Document, Flat, View
from llmcost.reports.scope import Row
from llmcost.reports.spend import MEASURES, Report

_SECTION_ROWS = 7
_TREND_DAYS = 60
_EXAMPLES_SHOWN = 10
_EXAMPLE_WIDTH = 180
_COUNTS = ("requests", "input", "cache read", "cache write", "output", "cost", "share")
_PER_REQUEST = ("requests", "in each", "out each", "cost", "share", "stable", "trend")


@dataclass(frozen=True)
class ReportView(View):
    """Rows, their total and notes; of the overview every section."""

    report: Report

    def document(self) -> Document:
        report = self.report
        made: dict[str, Any] = {"rows": report.rows, "total": report.total, "notes": report.notes}
        if report.sections:
            made["overview"] = {
                section: [{section: row["key"]} | {name: row[name] for name in MEASURES} for row in rows]
                for section, rows in report.sections.items()
                if section != "total"
            }
        return made

    def flat(self) -> Flat:
        """Its rows: their dimensions, then what is measured."""
        rows = self.report.rows
        return Flat(rows, list(rows[0]) if rows else [*self.report.dimensions, *MEASURES])

    def screen(self) -> RenderableType:
        report = self.report
        if "cost_logged_usd" in report.total:
            return _logged(report)
        if not report.total["requests"]:
            return Text("No requests here: check --since and --until.")
        parts = [_overview(report) if report.sections else _by(report)]
        if report.notes:
            parts.append(terminal.bullets("What to know beside these numbers", report.notes, "yellow"))
        return Group(*parts)


def _by(report: Report) -> RenderableType:
    measured = _PER_REQUEST if "prompt" in report.dimensions else _COUNTS
    cells = _prompt_cells if "prompt" in report.dimensions else _cells
    headings = [(dimension, "left") for dimension in report.dimensions] + [(heading, "right") for heading in measured]
    rows: list[list[RenderableType]] = [
        [
            *(terminal.name(_called(row, dimension)) for dimension in report.dimensions),
            *cells(row),
        ]
        for row in report.rows
    ]
    rows.append([Text("total", style="bold"), *[Text("")] * (len(report.dimensions) - 1), *cells(report.total)])
    table: RenderableType = terminal.table(headings, rows, rule_before_last=True)
    if report.total["fees_usd"]:
        table = Group(table, Text(f"Fees, in the total: {_fees(report.total)}\n"))
    examples = [f"{_called(row, 'prompt')}: {row['example']}" for row in report.rows if row.get("example")]
    if not examples:
        return table
    shown = [line if len(line) <= _EXAMPLE_WIDTH else line[: _EXAMPLE_WIDTH - 1] + "…" for line in examples]
    return Group(table, terminal.bullets("An example of each", shown[:_EXAMPLES_SHOWN]))


def _fees(total: Row) -> str:
    return f"{terminal.usd(total['fees_usd']).plain} for searches, other tools and requests"


def _called(row: Row, column: str) -> Any:
    """What a row's column holds; a prompt by its label."""
    return row.get("label") or row[column] if column in ("prompt", "key") else row[column]


def _logged(report: Report) -> RenderableType:
    if not report.rows:
        return terminal.bullets("What to know", report.notes, "yellow")
    headings = [("model", "left"), ("requests", "right"), ("the log", "right"), ("by tokens", "right"),
                ("difference", "right"), ("because", "left")]  # fmt: skip
    rows: list[list[RenderableType]] = [
        [
            terminal.name(row["model"], 28),
            terminal.count(row["requests"]),
            *(terminal.usd(row[name]) for name in ("cost_logged_usd", "cost_usd", "difference_usd")),
            terminal.name(row.get("reason", ""), 120),
        ]
        for row in [*report.rows, report.total | {"model": "total"}]
    ]
    return terminal.table(headings, rows, rule_before_last=True)


def _cells(row: Row) -> list[RenderableType]:
    cost = terminal.usd(row["cost_usd"])
    if row["unpriced_requests"] and row["cost_usd"] is not None:
        cost.append("*", style="yellow")
    counts = ("requests", "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens")
    return [*(terminal.count(row[name]) for name in counts), cost, terminal.share(row["cost_share"])]


def _prompt_cells(row: Row) -> list[RenderableType]:
    """What tells a prompt: its size, and how much of it a cache could hold."""
    requests, *_, cost, cost_share = _cells(row)
    prompt = row["input_tokens"] + row["cache_read_tokens"] + row["cache_write_tokens"]
    each = [terminal.count(tokens / row["requests"]) for tokens in (prompt, row["output_tokens"])]
    stable = row.get("stable_share")
    trend = terminal.sparkline(row["trend_usd"]) if row.get("trend_usd") else ""
    return [requests, *each, cost, cost_share, Text("–") if stable is None else terminal.share(stable),
            Text(trend, style="cyan")]  # fmt: skip


def _overview(report: Report) -> RenderableType:
    pair = terminal.side_by_side(_section(report, "model", "By model"), _section(report, "feature", "By feature"))
    return Group(_headline(report), pair, _section(report, "prompt", "Most expensive prompts", bars=True))


def _headline(report: Report) -> RenderableType:
    total = report.total
    days = report.sections["day"]
    requests = total["requests"]
    prompt = total["input_tokens"] + total["cache_read_tokens"] + total["cache_write_tokens"]
    priced = requests - total["unpriced_requests"]
    spent = Text("")
    spent.append(terminal.usd(total["cost_usd"]).plain, style="bold green")
    spent.append(f" for {terminal.counted(requests, 'request')}")
    if days:
        spent.append(f", {days[0]['key']} to {days[-1]['key']}")
    lines = [spent]
    if days:
        recent = days[-_TREND_DAYS:]
        trend = Text("per day        ", style="dim")
        trend.append(terminal.sparkline([row["cost_usd"] or 0.0 for row in recent]), style="cyan")
        dearest = max(recent, key=lambda row: row["cost_usd"] or 0.0)
        trend.append(f"  {terminal.usd(total['cost_usd'] and total['cost_usd'] / len(days)).plain} on average,")
        trend.append(f" {terminal.usd(dearest['cost_usd']).plain} on {dearest['key']}")
        lines.append(trend)
    each = Text("per request    ", style="dim")
    each.append(terminal.usd(total["cost_usd"] / priced if total["cost_usd"] is not None and priced else None).plain)
    if requests:
        each.append(f", {prompt / requests:,.0f} tokens in, {total['output_tokens'] / requests:,.0f} out")
    lines.append(each)
    if total["fees_usd"]:
        fees = Text("fees           ", style="dim")
        fees.append(_fees(total))
        lines.append(fees)
    cached = Text("prompt cache   ", style="dim")
    cached.append(
        f"{terminal.share(total['cache_read_tokens'] / prompt if prompt else None)} of input tokens read from it"
    )
    lines.append(cached)
    return Padding(Group(*lines), (1, 0, 1, 0))


def _section(report: Report, section: str, title: str, *, bars: bool = False) -> RenderableType:
    rows = report.sections.get(section, [])
    if not rows:
        return Text(f"{title}: the log names none.\n", style="dim")
    cells: list[list[RenderableType]] = [
        [
            terminal.name(_called(row, "key"), 40 if bars else 22),
            terminal.count(row["requests"]),
            terminal.usd(row["cost_usd"]),
            terminal.share(row["cost_share"]),
            *([terminal.bar(row["cost_share"], 24)] if bars else []),
        ]
        for row in rows[:_SECTION_ROWS]
    ]
    headings = [(section, "left"), ("requests", "right"), ("cost", "right"), ("share", "right")]
    more = f" ({_SECTION_ROWS} of {len(rows)})" if len(rows) > _SECTION_ROWS else ""
    return terminal.table(headings + ([("", "left")] if bars else []), cells, title=title + more)
