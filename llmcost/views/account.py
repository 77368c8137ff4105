"""The account of an ingest."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.ingest.run import COUNTS, Account
from llmcost.render import cells, tables
from llmcost.render.text import visible
from llmcost.render.view import Document, View
from llmcost.reports import assumed, provenance

_SKIPPED_SHOWN = 10
HEADINGS = {
    "lines": "lines",
    "requests": "new requests",
    "duplicates": "duplicates",
    "no_call": "without a call",
    "rejects": "rejects",
}


@dataclass(frozen=True)
class AccountView(View):
    """Every count in all and by format; lines is the sum of the other four."""

    account: Account
    store: Path | str  # or the address of a lake
    moved: Sequence[str] = ()  # entries of llmcost.toml that moved the costs of what the store holds, in words

    def document(self) -> Document:
        account = self.account
        return {
            "files": account.files,
            "unchanged": account.unchanged,
            "outdated": account.outdated,
            "skipped": [{"file": file, "reason": reason} for file, reason in account.skipped.items()],
            **{count: account.total(count) for count in COUNTS},
            "formats": account.formats,
            "uncounted": account.uncounted,
            "empty_fields": account.empty_fields,
            "calls": account.calls,
            "cost_usd": account.cost_usd,
            "unpriced_requests": account.unpriced_requests,
            "assumptions": assumed.said(account.assumed),
            "unusual": list(self.moved),
        }

    def screen(self, *, details: bool) -> RenderableType:
        account = self.account
        where = visible(str(self.store))
        beside = f" --lake {where}" if isinstance(self.store, str) else ""
        parts: list[RenderableType] = [_table(account)] if account.formats else []
        unchanged = f", {account.unchanged:,} unchanged since the last ingest" if account.unchanged else ""
        parts.append(Text(f"{cells.counted(account.files, 'file')}{unchanged}. {_found(account)}"))
        if account.outdated:
            reread = cells.counted(account.outdated, "file")
            parts.append(Text(f"{reread} read again: the mapping or an assumption has changed."))
        if account.skipped:
            parts.append(_skipped(account, beside))
        if account.uncounted:
            parts.append(_uncounted(account.uncounted))
        for name, fields in account.empty_fields.items():
            are = "was" if len(fields) == 1 else "were"
            parts.append(Text(f"formats.{name}: {', '.join(fields)} {are} empty in every line", style="yellow"))
        if rejects := account.total("rejects"):
            kept = f"{cells.counted(rejects, 'line')} could not be read and {'is' if rejects == 1 else 'are'} kept"
            parts.append(Text(f"{kept}, with the reason: llmcost rejects{beside}", style="yellow"))
        unusual = provenance.line(self.moved, "llmcost report --provenance")
        if unusual and account.cost_usd is not None:
            parts.append(Text(visible(unusual), style="yellow"))
        kind = "Lake" if beside else "Store"
        parts.append(Text(f"{kind}: {where}. Next: llmcost report{beside}", style="dim"))
        return Group(*parts)


def brief(account: Account, store: Path) -> str:
    """What came of an ingest, in a line."""
    said = [f"{cells.counted(account.total('requests'), 'new request')} in {store}"]
    if rejects := account.total("rejects"):
        said.append(f"{cells.counted(rejects, 'line')} could not be read")
    if account.skipped:
        said.append(f"{cells.counted(len(account.skipped), 'file')} skipped")
    if account.uncounted:
        said.append(f"{cells.counted(len(account.uncounted), 'file')} with counts of tokens but no call")
    return ", ".join(said) + (": llmcost rejects" if rejects or account.skipped else "")


def _table(account: Account) -> tables.Table:
    columns = [tables.name("format"), *(tables.number(heading) for heading in HEADINGS.values())]
    rows = [
        [cells.name(name), *(cells.exact(counts[count]) for count in COUNTS)]
        for name, counts in sorted(account.formats.items())
    ]
    if len(rows) > 1:
        rows.append([Text("all", style="bold"), *(cells.exact(account.total(count)) for count in COUNTS)])
    return tables.Table(columns, rows)


def _skipped(account: Account, beside: str) -> Text:
    """The files that were not read, each with its reason."""
    said = Text(f"{cells.counted(len(account.skipped), 'file')} skipped:", style="yellow")
    for path, reason in list(account.skipped.items())[:_SKIPPED_SHOWN]:
        said.append(f"\n  {cells.brief(path, 80)}: ").append_text(cells.name(reason))
    if (rest := len(account.skipped) - _SKIPPED_SHOWN) > 0:
        said.append(f"\n  and {rest:,} more: llmcost rejects{beside} lists them all")
    return said


def _uncounted(files: Sequence[str]) -> Text:
    """The files whose counts of tokens are in no call that was read."""
    more = f" and {len(files) - 1:,} more" if len(files) > 1 else ""
    state = "states" if len(files) == 1 else "state"
    path = cells.brief(files[0], 80)
    return Text(
        f"{path}{more} {state} counts of tokens but gave no call: llmcost ingest --explain FILE", style="yellow"
    )


def _found(account: Account) -> str:
    rests = assumed.condition(account.assumed, account.total("requests")) if account.cost_usd is not None else ""
    aggregated = f"With aggregates, {account.calls:,} requests. " if account.calls > account.total("requests") else ""
    return aggregated + spend(account.cost_usd, account.unpriced_requests, rests)


def spend(cost_usd: float | None, unpriced: int, rests: str = "") -> str:
    """What the requests that were added cost, what that rests on, and how many of them have no price."""
    if cost_usd is None:
        return "No request has a price." if unpriced else "Nothing new."
    without = f"; {cells.counted(unpriced, 'request')} without a price" if unpriced else ""
    return f"Spend: {cells.usd(cost_usd)}{rests}{without}."
