"""Spend by any key, and the overview."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from llmcost.render import cells, tables
from llmcost.render.tables import Column
from llmcost.render.view import Document, Flat, View
from llmcost.reports import assumed
from llmcost.reports.scope import Row
from llmcost.reports.spend import EACH, MEASURES, TIMES, Report, others
from llmcost.views import provenance, zones

_SECTION_ROWS = 6
_ROWS = 21
_TREND_DAYS = 60
_EXAMPLE_WIDTH = 180
_NOTE_LINES = 5
_NAME_WIDTH = 22

_COUNTS = (
    tables.number("requests", 2), tables.number("input", 3), tables.number("cache read", 4),
    tables.number("cache write", 5), tables.number("output", 3), tables.number("cost"), tables.number("a request", 2),
    tables.number("share", 1),
)  # fmt: skip
_PER_REQUEST = (
    tables.number("requests", 2), tables.number("in each", 3), tables.number("out each", 3), tables.number("cost"),
    tables.number("a request", 2), tables.number("share", 1), tables.number("stable", 4), tables.bar("trend", 2),
)  # fmt: skip


@dataclass(frozen=True)
class ReportView(View):
    """Rows, their total and notes; of the overview every section."""

    report: Report

    def document(self) -> Document:
        report = self.report
        rests_on = report.provenance
        notes = [*(rests_on.unusual() if rests_on else ()), *report.notes]
        made: dict[str, Any] = {"rows": report.rows, "total": report.total, "notes": notes}
        made["timezone"] = report.timezone
        made["assumptions"] = assumed.said(report.assumed)
        made["provenance"] = rests_on and rests_on.document()
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
        return Flat(rows, list(rows[0]) if rows else [*self.report.dimensions, *MEASURES, *EACH])

    def screen(self, *, details: bool) -> RenderableType:
        report = self.report
        if "cost_logged_usd" in report.total:
            return Group(_logged(report, None if details else _ROWS), *provenance.below(report.provenance))
        if not report.total["requests"]:
            said = "There are no requests here. Check --since, --until and the filters, such as --feature."
            return Group(Text(said), *provenance.below(report.provenance))
        body = _overview(report, details) if report.sections else _by(report, details)
        caveats = tables.Bullets("Caveats", report.notes, "yellow", None if details else _NOTE_LINES)
        return Group(body, caveats, *provenance.below(report.provenance))


def _by(report: Report, details: bool) -> RenderableType:
    is_prompt = "prompt" in report.dimensions
    # a trend is of a whole prompt: without one the table loses that column
    per_request = _PER_REQUEST if report.dimensions == ("prompt",) else _PER_REQUEST[:-1]
    measured, made = (per_request, _prompt_cells) if is_prompt else (_COUNTS, _cells)
    timezone = report.timezone
    columns = [*(tables.name(zones.heading(dimension, timezone)) for dimension in report.dimensions), *measured]
    shown = report.rows if details else _screenful(report)
    twice = _shared_labels(shown)
    rows = [[*(cells.name(_called(row, name, twice)) for name in report.dimensions), *made(row)] for row in shown]
    rows.append([Text("total", style="bold"), *[Text("")] * (len(report.dimensions) - 1), *made(report.total)])
    rows = [row[: len(columns)] for row in rows]
    title = f"{_ROWS} of {len(report.rows):,} rows; --details shows all" if len(shown) < len(report.rows) else ""
    parts: list[RenderableType] = [tables.Table(columns, rows, title, total=True)]
    if report.total["fees_usd"]:
        parts.append(Text(f"Fees, in the total: {_fees(report.total)}\n"))
    examples = [f"{_called(row, 'prompt')}: {row['example']}" for row in report.rows if row.get("example")]
    if details:
        parts.append(tables.Bullets("Examples", [cells.shortened(line, _EXAMPLE_WIDTH, 1) for line in examples]))
    return Group(*parts)


def _fees(total: Row) -> str:
    return f"{cells.usd(total['fees_usd'])} for searches, other tools and requests"


def _screenful(report: Report) -> Sequence[Row]:
    """The first rows, or the newest where they are in order of time, and the others as one."""
    if len(report.rows) <= _ROWS + 1:
        return report.rows
    if report.dimensions[0] in TIMES:
        return [others(report.rows[:-_ROWS], report.dimensions), *report.rows[-_ROWS:]]
    return [*report.rows[:_ROWS], others(report.rows[_ROWS:], report.dimensions)]


def _shared_labels(rows: Sequence[Row]) -> set[str]:
    """Labels of more than one prompt: they tell no rows apart."""
    prompts: dict[str, set[Any]] = {}
    for row in rows:
        if row.get("label"):
            prompts.setdefault(row["label"], set()).add(row.get("prompt", row.get("key")))
    return {label for label, ids in prompts.items() if len(ids) > 1}


def _called(row: Row, column: str, twice: Container[str] = ()) -> Any:
    """What a row's column holds, in words where it is null or empty; a prompt by its label, and by its id if it
    shares that."""
    held = row.get("label") or row[column] if column in ("prompt", "key") else row[column]
    if held in twice and column in ("prompt", "key"):
        return f"{held} · {row[column]}"
    if held is None:
        return "(no time)" if column in TIMES else "(none)"
    return cells.NOTHING if held == "" else held


def _logged(report: Report, at_most: int | None) -> RenderableType:
    if not report.rows:
        return tables.Bullets("Caveats", report.notes, "yellow")
    columns = [
        tables.name("model"), tables.number("requests", 1), tables.number("in the log"),
        tables.number("computed"), tables.number("difference"), tables.words("likely reason"),
    ]  # fmt: skip
    rows = [
        [
            cells.name(row["model"]),
            cells.count(row["requests"]),
            *(cells.usd(row[name]) for name in ("cost_logged_usd", "cost_usd", "difference_usd")),
            cells.name(row.get("reason", "")),
        ]
        for row in [*report.rows[:at_most], report.total | {"model": "total"}]
    ]
    title = f"Cost by model{tables.more(len(rows) - 1, len(report.rows))}"
    return tables.Table(columns, rows, title, total=True)


def _cells(row: Row) -> list[Text]:
    cost = cells.usd(row["cost_usd"])
    if row["unpriced_requests"] and row["cost_usd"] is not None:
        cost.append("*", style="yellow")
    counts = ("requests", "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens")
    each = row["cost_per_request_usd"]
    return [*(cells.count(row[name]) for name in counts), cost, Text("–") if each is None else cells.usd(each),
            cells.share(row["cost_share"])]  # fmt: skip


def _prompt_cells(row: Row) -> list[Text]:
    """What is particular to a prompt: its size, and how much of it a cache could hold."""
    requests, *_, cost, cost_each, cost_share = _cells(row)
    each = [cells.count(row[f"{kind}_tokens_per_request"]) for kind in ("prompt", "output")]
    stable = row.get("stable_share")
    trend = cells.sparkline(row["trend_usd"]) if row.get("trend_usd") else ""
    return [requests, *each, cost, cost_each, cost_share, Text("–") if stable is None else cells.share(stable),
            Text(trend, style="cyan")]  # fmt: skip


def _overview(report: Report, details: bool) -> RenderableType:
    at_most = None if details else _SECTION_ROWS
    models = _section(report, "model", "By model", at_most)
    pair = tables.SideBySide(models, _section(report, "feature", "By feature", at_most))
    prompts: RenderableType = Text("No prompt has a name or a text in the log.\n")
    if report.sections.get("prompt"):
        prompts = _section(report, "prompt", "Most expensive prompts", at_most, bars=True)
    return Group(_headline(report), pair, prompts)


def _headline(report: Report) -> RenderableType:
    total = report.total
    days = report.sections["day"]
    requests = total["requests"]
    prompt = total["input_tokens"] + total["cache_read_tokens"] + total["cache_write_tokens"]
    priced = requests - total["unpriced_requests"]
    spent = Text("")
    spent.append(cells.usd(total["cost_usd"]).plain, style="bold green")
    rests = assumed.condition(report.assumed, requests)
    whole = assumed.rests_on_it(report.assumed, requests)
    spent.append(f"{rests if whole else ''} for {cells.counted(requests, 'request')}")
    if days:
        first, last = days[0]["key"], days[-1]["key"]
        spent.append(f", {first} to {last}" if first != last else f" on {first}")
        spent.append(f" ({zones.brief(report.timezone)})")
    spent.append("" if whole else rests)
    figures: list[tuple[str, str | Text]] = []
    if days and total["cost_usd"] is not None:
        figures += _by_day(days)
    each = cells.usd(total["cost_usd"] / priced if total["cost_usd"] is not None and priced else None).plain
    output = total["output_tokens"] / requests
    figures.append(("per request", f"{each}, {prompt / requests:,.0f} tokens in, {output:,.0f} out"))
    if total["fees_usd"]:
        figures.append(("fees", _fees(total)))
    cached = cells.share(total["cache_read_tokens"] / prompt if prompt else None)
    figures.append(("prompt cache", f"{cached} of input tokens were cache reads"))
    return Padding(Group(spent, tables.figures(figures)), (1, 0, 1, 0))


def _by_day(days: Sequence[Row]) -> list[tuple[str, str | Text]]:
    """The average day and the most expensive one; the last days as a sparkline, which has a line to itself.

    What has no time was spent on none of them.
    """
    peak = max(days, key=lambda row: row["cost_usd"] or 0.0)
    mean = sum(row["cost_usd"] or 0.0 for row in days) / len(days)
    average = f"{cells.usd(mean).plain} on average ({cells.counted(len(days), 'day')})"
    recent = days[-_TREND_DAYS:]
    label = f"last {len(recent)} days" if len(recent) < len(days) else "by day"
    return [
        ("per day", f"{average}, at most {cells.usd(peak['cost_usd']).plain} on {peak['key']}"),
        (label, Text(cells.sparkline([row["cost_usd"] or 0.0 for row in recent]), style="cyan")),
    ]


def _section(report: Report, section: str, title: str, at_most: int | None, *, bars: bool = False) -> tables.Table:
    every = report.sections.get(section, [])
    columns: list[Column] = [
        tables.name(section), tables.number("requests", 1), tables.number("cost"), tables.number("share", 2),
        *([tables.bar()] if bars else []),
    ]  # fmt: skip
    twice = _shared_labels(every[:at_most])
    rows = [
        [
            cells.name(_called(row, "key", twice)),
            cells.count(row["requests"]),
            cells.usd(row["cost_usd"]),
            cells.share(row["cost_share"]),
            *([cells.bar(row["cost_share"], 24)] if bars else []),
        ]
        for row in every[:at_most]
    ]
    there_are = sum(row.get("others") or 1 for row in every)
    return tables.Table(columns, rows, title + tables.more(len(rows), there_are), comfortable=_NAME_WIDTH)
