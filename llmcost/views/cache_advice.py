"""Which prompts are worth caching, how far and for how long, as a person reads it."""

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.render import cells, tables
from llmcost.what_ifs.cache_advice import BREAKPOINTS, TTLS

_SHOWN = 12
_NAMED = 3
_REACH = {"tools": "after tools", "system": "after system", "implicit": "at the end", "explicit": "after each part"}


def show(rows: Sequence[dict[str, Any]]) -> RenderableType:
    """The prompts whose cheapest cache saves most, and those where a cache costs more than none."""
    worth = [row for row in rows if row["best"] != "none"]
    parts: list[RenderableType] = [_table(worth)] if worth else []
    losing = [f"{_name(row)}: {_losses(row)}" for row in sorted(rows, key=_worst) if row["costs_money"]]
    rest = [f"and {cells.counted(len(losing) - _SHOWN, 'more prompt')}"] if len(losing) > _SHOWN else []
    parts.append(settings(rows))
    return Group(*parts, tables.Bullets("Caching would cost money", [*losing[:_SHOWN], *rest], "yellow"))


def settings(rows: Sequence[dict[str, Any]]) -> RenderableType:
    """What to send for each prompt's cheapest cache: each setting once, with the prompts that it is for."""
    lines = [
        f"{setting} {put_at}, for {_some([_name(row) for row in own])}"
        for (setting, put_at), own in by_setting(rows).items()
    ]
    return tables.Bullets("Settings to paste", lines)


def by_setting(rows: Sequence[dict[str, Any]]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """The prompts that have something to set, by what to send and where."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        if row["setting"]:
            found.setdefault((row["setting"], row["put_at"]), []).append(row)
    return found


def _some(names: Sequence[str]) -> str:
    rest = [f"and {cells.counted(len(names) - _NAMED, 'more prompt')}"] if len(names) > _NAMED else []
    return ", ".join([*names[:_NAMED], *rest])


def _table(worth: Sequence[dict[str, Any]]) -> RenderableType:
    columns = [
        tables.name("prompt"), tables.name("model"), tables.number("requests", 2), tables.number("no cache", 1),
        tables.words("cheapest cache"), tables.number("saves"),
    ]  # fmt: skip
    made = [
        [cells.name(row["prompt"]), cells.name(row["model"]), cells.count(row["requests"]),
         cells.usd(row["uncached_usd"]), Text(_way(row["best"])), cells.usd(row["saved_usd"])]
        for row in worth[:_SHOWN]
    ]  # fmt: skip
    title = f"Each prompt's cheapest cache{tables.more(len(made), len(worth))}: input cost, against no cache at all"
    return tables.Table(columns, made, title)


def _way(way: str) -> str:
    """A way to cache in words: how far, and how long."""
    reach, _, ttl = way.partition("_")
    return f"{_REACH[reach]}, {ttl}" if ttl else way


def _name(row: dict[str, Any]) -> str:
    return f"{cells.brief(row['prompt'], 40)} on {cells.brief(row['model'], 40)}"


def _worst(row: dict[str, Any]) -> float:
    """What the most expensive cache saves: below zero where it costs money."""
    return round(float(row["uncached_usd"]) - max(float(row[f"{way}_usd"]) for way in _ways()), 9)


def _losses(row: dict[str, Any]) -> str:
    """How much more each cache costs than none."""
    costs = row["costs_money"]
    costlier = [f"{_way(way)} +{cells.usd(row[f'{way}_usd'] - row['uncached_usd']).plain}" for way in costs]
    if len(costs) < len(_ways()):
        return "; ".join(costlier)
    return f"every cache, from +{cells.usd(-max(row['uncached_usd'] - row[f'{way}_usd'] for way in costs)).plain}"


def _ways() -> list[str]:
    return [f"{reach}_{ttl}" for reach in BREAKPOINTS for ttl in TTLS]
