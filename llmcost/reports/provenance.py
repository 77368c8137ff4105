"""What a number rests on besides the log: versions, the entries of `llmcost.toml` in force, files, the store."""

from collections.abc import Mapping
from importlib import metadata
from typing import Any

from llmcost import __version__, config
from llmcost.engine.store import Store
from llmcost.reports.scope import Row, Scope


def provenance(store: Store, covered: Scope) -> Row:
    """Everything of it, for JSON and --provenance."""
    file = config.path()
    return {
        "llmcost": __version__,
        "prices": f"genai-prices {metadata.version('genai-prices')}",
        "config": str(file) if file else None,
        "overrides": _overrides(store, covered, file.name) if file else [],
        "aliases": _aliases(store, covered) if file else [],
        "store": str(store.path),
        "timezone": store.zone.name,
        "files_read": store.value("select count(*) from sources"),
        "files_skipped": store.value("select count(*) from skipped"),
        "lines_rejected": store.value("select coalesce(sum(rejects), 0)::bigint from ledger"),
    }


def unusual(found: Mapping[str, Any]) -> list[str]:
    """In words what of it moved these numbers, which nobody may overlook."""
    said = [
        f"{row['entry']}, applies to {row['requests']:,} of these requests (${row['cost_usd'] or 0:,.2f})"
        for row in found["overrides"]
    ]
    said += [
        f"{found['config']}: {row['name']} is billed as {row['model']} ({row['requests']:,} requests)"
        for row in found["aliases"]
    ]
    return said


def _overrides(store: Store, covered: Scope, file: str) -> list[Row]:
    """The entries under [[prices]] at whose prices requests were billed, with how many."""
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
