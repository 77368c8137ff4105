"""What numbers rest on besides the log: versions, the entries of `llmcost.toml` in force, files, the store."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import metadata

from llmcost import __version__, config
from llmcost.engine.store import Store
from llmcost.prices import update
from llmcost.reports import assumed
from llmcost.reports.scope import Row, Scope

OLD = timedelta(days=30)
"""How much newer than the price data a log may be: vendors change a price about once a month."""
_NAMED = 2


@dataclass(frozen=True)
class Provenance:
    """What the numbers of a command rest on, and whether its screen shows all of it."""

    llmcost: str
    prices: str
    prices_as_of: date
    newest_request: date | None
    config: str | None
    overrides: Sequence[Row]  # of [[prices]]: entry, requests, cost_usd
    aliases: Sequence[Row]  # of [aliases]: name, model, requests
    features: Sequence[Row]  # by rules: name, requests, cost_usd
    formats: Sequence[Row]  # of one's own: name, requests, cost_usd
    store: str
    timezone: str
    files_read: int
    files_skipped: int
    lines_rejected: int
    assumed: Sequence[Row]  # model, requests, cost_usd
    shown: bool = False

    def document(self) -> Row:
        """Everything of it, by name."""
        return {name: value for name, value in vars(self).items() if name != "shown"}

    def unusual(self) -> list[str]:
        """In words what of it moved these numbers, or may have: what nobody may overlook."""
        said = _moved(self.overrides, self.aliases)
        said += [f"the model of {_requests(row['requests'])} is assumed: {row['model']}" for row in self.assumed]
        if self.files_skipped:
            skipped = "1 file was" if self.files_skipped == 1 else f"{self.files_skipped:,} files were"
            said.append(f"{skipped} skipped (llmcost rejects)")
        if self.newest_request and self.newest_request - self.prices_as_of > OLD:
            said.append(
                f"prices are those known on {self.prices_as_of}, the log goes on to {self.newest_request}"
                " (llmcost prices --update)"
            )
        return said


def provenance(store: Store, covered: Scope, rests: Sequence[Row] | None = None, *, shown: bool = False) -> Provenance:
    """What the covered requests' numbers rest on. `rests` is what `assumed.find` gives for them, where it is known."""
    file = config.path()
    own = store.rows(*covered.spend("own-rules")) if file else []
    mapped = config.table("formats")
    newest = store.value("select max(local_time(ts)) from requests")
    return Provenance(
        llmcost=__version__,
        prices=f"genai-prices {metadata.version('genai-prices')}",
        prices_as_of=update.as_of(store),
        newest_request=newest.date() if newest else None,
        config=str(file) if file else None,
        overrides=_overrides(store, covered, file.name) if file else [],
        aliases=_aliases(store, covered) if file else [],
        features=[_plain(row) for row in own if row["kind"] == "features"],
        formats=[_plain(row) for row in own if row["kind"] == "formats" and row["name"] in mapped],
        store=store.address,
        timezone=store.zone.name,
        files_read=store.value("select count(*) from sources"),
        files_skipped=store.value("select count(*) from skipped"),
        lines_rejected=store.value("select coalesce(sum(rejects), 0)::bigint from ledger"),
        assumed=assumed.find(store, covered) if rests is None else rests,
        shown=shown,
    )


def moved(store: Store, covered: Scope) -> list[str]:
    """In words the entries of `llmcost.toml` that moved the covered requests' costs, for results without the rest."""
    file = config.path()
    return _moved(_overrides(store, covered, file.name), _aliases(store, covered)) if file else []


def footer(found: Provenance) -> str | None:
    """What is unusual, as one line; None where nothing is."""
    return line(found.unusual(), "--provenance")


def line(said: Sequence[str], shows_all: str) -> str | None:
    """What is unusual as one line, and the words of a command that show all of it; None where nothing is."""
    if not said:
        return None
    more = f"; and {len(said) - _NAMED} more" if len(said) > _NAMED else ""
    return f"Unusual: {'; '.join(said[:_NAMED])}{more}. {shows_all} shows all."


def _moved(overrides: Sequence[Row], aliases: Sequence[Row]) -> list[str]:
    said = [
        f"{row['entry']}, applies to {_requests(row['requests'])} here (${row['cost_usd'] or 0:,.2f})"
        for row in overrides
    ]
    return said + [f"{row['name']} is billed as {row['model']} ({_requests(row['requests'])})" for row in aliases]


def _requests(count: int) -> str:
    return f"{count:,} request{'' if count == 1 else 's'}"


def _plain(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "kind"}


def _overrides(store: Store, covered: Scope, file: str) -> list[Row]:
    """The entries under [[prices]] at whose prices requests were billed, with how many."""
    if not config.entries("prices"):
        return []
    entries: dict[str, Row] = {}
    for row in store.rows(*covered.spend("price-sources")):
        if row["source"].startswith(f"{file}, "):
            entry = row["source"].partition("; otherwise ")[0]
            one = entries.setdefault(entry, {"entry": entry, "requests": 0, "cost_usd": None})
            one["requests"] += row["requests"]
            if row["cost_usd"] is not None:
                one["cost_usd"] = (one["cost_usd"] or 0.0) + row["cost_usd"]
    return list(entries.values())


def _aliases(store: Store, covered: Scope) -> list[Row]:
    """The names under [aliases] that requests were logged with."""
    names = {name.lower() for name in config.table("aliases")}
    if not names:
        return []
    return [
        {"name": row["model_logged"], "model": row["model"], "requests": row["requests"]}
        for row in store.rows(*covered.spend("models-as-logged"))
        if names & {row["model_logged"].lower(), row["model_logged"].lower().partition("/")[2]}
    ]
