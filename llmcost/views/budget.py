"""The budgets: spent, forecast, and recent unusual days."""

from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.render import cells, tables
from llmcost.render.text import visible
from llmcost.render.view import Document, Flat, View
from llmcost.reports import budgets, forecast, unusual
from llmcost.reports.budgets import Standing

Row = dict[str, Any]

_STYLES = {budgets.OVER: "bold red", budgets.WILL_BE_OVER: "red", budgets.AT_RISK: "yellow", budgets.WITHIN: "green"}
_SIGNS = {budgets.OVER: "🔴", budgets.WILL_BE_OVER: "🟠", budgets.AT_RISK: "🟡", budgets.WITHIN: "🟢"}
_HEADINGS = {
    budgets.OVER: "Over budget", budgets.WILL_BE_OVER: "Forecast to be over budget",
    budgets.AT_RISK: "Budget at risk", budgets.WITHIN: "Within budget",
}  # fmt: skip
"""By the most severe status."""
_ROWS = 14
_DAY_LINES = 10
_SLACK_LINES = 20
"""Of budgets and of days: a message has at most 50 blocks."""
_SLACK_CHARS = 300


@dataclass(frozen=True)
class BudgetView(View):
    """The budgets, their forecasts, and unusual days."""

    standing: Standing

    def document(self) -> Document:
        standing = self.standing
        return {
            "at": standing.at,
            "timezone": standing.timezone,
            "is_over": standing.is_over,
            "budgets": standing.rows,
            "out_of_line": [row | {"text": unusual.explained(row)} for row in standing.out_of_line],
            "notes": standing.notes,
        }

    def flat(self) -> Flat:
        return Flat(self.standing.rows, budgets.COLUMNS)

    def screen(self, *, details: bool) -> RenderableType:
        return _screen(self.standing, details)


@dataclass(frozen=True)
class SlackView(View):
    """The same as the payload of a message for a Slack webhook, in blocks (docs.slack.dev/block-kit)."""

    standing: Standing

    def document(self) -> Document:
        return _slack(self.standing)


def _screen(standing: Standing, details: bool) -> RenderableType:
    columns = [
        tables.name("budget"), tables.name("period"), tables.number("budget", 1), tables.number("spent"),
        tables.number("used", 2), tables.number("forecast", 1), tables.number("range", 3), tables.words("status"),
    ]  # fmt: skip
    shown = standing.rows if details else standing.rows[:_ROWS]
    rows = [
        [
            cells.name(row["budget"]),
            Text(_period(row)),
            cells.usd(row["budget_usd"]),
            cells.usd(row["spent_usd"]),
            cells.share(row["spent_share"]),
            _usd(row["forecast_usd"]),
            Text(_range(row)),
            Text(row["status"], style=_STYLES[row["status"]]),
        ]
        for row in shown
    ]
    title = _heading(standing) + tables.more(len(shown), len(standing.rows))
    days = [_line(row) for row in standing.out_of_line]
    at_most = None if details else _DAY_LINES
    said = (
        f"Forecast: past days of the same kind, drawn {forecast.DRAWS:,} times;"
        f" range: {forecast.HIGH - forecast.LOW:.0%} of the outcomes."
    )
    return Group(
        tables.Table(columns, rows, title),
        tables.Bullets(f"Unusual days in the last {budgets.RECENT_DAYS} days", days, "yellow", at_most),
        *(Text(visible(note), style="yellow") for note in standing.notes),
        Text(said, style="dim"),
    )


def _slack(standing: Standing) -> Row:
    statuses = {row["status"] for row in standing.rows}
    heading = next(_HEADINGS[status] for status in _HEADINGS if status in statuses)
    budget_lines = [
        f"{_SIGNS[row['status']]} {_cut(row['budget'])}, {_period(row)}: {row['status']}."
        f" {_plain(row['spent_usd'])} of {_plain(row['budget_usd'])} ({row['spent_share']:.0%}){_forecast(row)}"
        for row in standing.rows
    ]
    day_lines = [_cut(_line(row)) for row in standing.out_of_line]
    blocks: list[Row] = [{"type": "header", "text": _text(heading)}]
    blocks += [{"type": "section", "text": _text(line)} for line in _first(budget_lines)]
    if day_lines:
        blocks.append({"type": "divider"})
        blocks += [{"type": "section", "text": _text(line)} for line in _first(day_lines)]
    said = [f"llmcost, as of {_moment(standing)}", *standing.notes]
    blocks.append({"type": "context", "elements": [_text(line) for line in said]})
    return {"text": _escaped(" · ".join([heading, *budget_lines[:3]])), "blocks": blocks}


def _heading(standing: Standing) -> str:
    return f"Budgets as of {_moment(standing)}"


def _moment(standing: Standing) -> str:
    return f"{standing.at:%Y-%m-%d %H:%M} {standing.timezone}"


def _period(row: Row) -> str:
    return f"{row['from']:%Y-%m-%d}" if row["period"] == "day" else f"{row['from']:%Y-%m}"


def _usd(value: float | None) -> Text:
    return Text("–", style="dim") if value is None else cells.usd(value)


def _range(row: Row) -> str:
    if row["forecast_low_usd"] is None or row["forecast_low_usd"] == row["forecast_high_usd"]:
        return ""
    digits = 0 if row["forecast_high_usd"] >= 100 else 2
    return f"{row['forecast_low_usd']:,.{digits}f}–{row['forecast_high_usd']:,.{digits}f}"


def _forecast(row: Row) -> str:
    if row["forecast_usd"] is None:
        return ""
    ends = f" ({_range(row)})" if _range(row) else ""
    return f", forecast {_plain(row['forecast_usd'])}{ends}"


def _plain(value: float) -> str:
    return cells.usd(value).plain


def _line(row: Row) -> str:
    return f"{unusual.explained(row)} ({_plain(row['off_usd'])} {'more' if row['is_high'] else 'less'})"


def _first(lines: list[str]) -> list[str]:
    left_out = len(lines) - _SLACK_LINES
    return lines if left_out <= 0 else [*lines[:_SLACK_LINES], f"and {left_out:,} more"]


def _cut(text: str) -> str:
    return text if len(text) <= _SLACK_CHARS else text[: _SLACK_CHARS - 1] + "…"


def _text(line: str) -> Row:
    """Plain text: nothing in it is formatted, linked or a mention."""
    return {"type": "plain_text", "text": _escaped(line), "emoji": False}


def _escaped(line: str) -> str:
    return visible(line).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
