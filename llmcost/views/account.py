"""The account of an ingest."""

from dataclasses import dataclass
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.ingest.run import COUNTS, Account
from llmcost.render import terminal
from llmcost.render.view import Document, View

_SKIPPED_SHOWN = 10

_HEADINGS = {
    "lines": "lines",
    "requests": "new requests",
    "duplicates": "duplicates",
    "no_call": "no call",
    "rejects": "rejects",
}


@dataclass(frozen=True)
class AccountView(View):
    """Every count in all and by format; lines is the sum of the other four."""

    account: Account
    store: Path

    def document(self) -> Document:
        account = self.account
        return {
            "files": account.files,
            "unchanged": account.unchanged,
            "skipped": [{"file": file, "reason": reason} for file, reason in account.skipped.items()],
            **{count: account.total(count) for count in COUNTS},
            "formats": account.formats,
            "cost_usd": account.cost_usd,
            "unpriced_requests": account.unpriced_requests,
        }

    def screen(self) -> RenderableType:
        return _screen(self.account, self.store)


def _screen(account: Account, store: Path) -> RenderableType:
    """The account as a table, and what it found in a sentence."""
    columns = [("format", "left"), *((heading, "right") for heading in _HEADINGS.values())]
    rows = [
        [terminal.name(name), *(terminal.exact(counts[count]) for count in COUNTS)]
        for name, counts in sorted(account.formats.items())
    ]
    if len(rows) > 1:
        rows.append([Text("all", style="bold"), *(terminal.exact(account.total(count)) for count in COUNTS)])
    parts: list[RenderableType] = [terminal.table(columns, rows)] if rows else []
    unchanged = f", {account.unchanged:,} of them unchanged since the last time" if account.unchanged else ""
    parts.append(Text(f"{terminal.counted(account.files, 'file')}{unchanged}. {_found(account)}"))
    if account.skipped:
        parts.append(_skipped(account))
    if account.total("rejects"):
        rejects = terminal.counted(account.total("rejects"), "line")
        parts.append(
            Text(f"{rejects} could not be read and are kept with their reasons: llmcost rejects", style="yellow")
        )
    parts.append(Text(f"Store: {store}. Next: llmcost report", style="dim"))
    return Group(*parts)


def _skipped(account: Account) -> Text:
    """The files that were not read, each with its reason."""
    said = Text(f"{terminal.counted(len(account.skipped), 'file')} skipped:", style="yellow")
    for path, reason in list(account.skipped.items())[:_SKIPPED_SHOWN]:
        said.append("\n  ").append_text(terminal.name(path, 80))
        said.append(": ").append_text(terminal.name(reason, 200))
    if len(account.skipped) > _SKIPPED_SHOWN:
        said.append(f"\n  and {len(account.skipped) - _SKIPPED_SHOWN:,} more: llmcost rejects lists them all")
    return said


def _found(account: Account) -> str:
    if account.total("requests") == 0 and account.total("duplicates") == 0:
        return "Nothing new."
    priced = account.cost_usd is not None
    spend = f"{terminal.usd(account.cost_usd).plain} of spend" if priced else "no spend that can be priced"
    unpriced = terminal.counted(account.unpriced_requests, "request")
    unpriced = f", {unpriced} without a price" if account.unpriced_requests else ""
    return f"Found {spend}{unpriced}."
