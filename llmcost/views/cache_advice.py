"""Which prompts are worth caching, how far and for how long, as a person reads it."""

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.render import terminal
from llmcost.what_ifs.cache_advice import BREAKPOINTS, TTLS

_SHOWN = 12
_REACH = {"tools": "after tools", "system": "after system", "implicit": "at the end", "explicit": "after each part"}


def show(rows: Sequence[dict[str, Any]]) -> RenderableType:
    """The prompts that save most by their cheapest way to cache, and those for which a way costs more than none."""
    worth = [row for row in rows if row["best"] != "none"]
    parts: list[RenderableType] = []
    if worth:
        parts.append(_table(worth))
    losing = [f"{_name(row)}: {_losses(row)}" for row in sorted(rows, key=_worst) if row["costs_money"]]
    if losing:
        rest = [f"and {len(losing) - _SHOWN:,} more prompts"] if len(losing) > _SHOWN else []
        parts.append(terminal.bullets("Where caching would cost money", [*losing[:_SHOWN], *rest], "yellow"))
    return Group(*parts)


def _table(worth: Sequence[dict[str, Any]]) -> RenderableType:
    headings = [
        ("prompt", "left"), ("model", "left"), ("requests", "right"), ("no cache", "right"), ("cheapest way", "left"),
        ("saves", "right"),
    ]  # fmt: skip
    cells: list[list[RenderableType]] = [
        [terminal.name(row["prompt"], 24), terminal.name(row["model"], 22), terminal.count(row["requests"]),
         terminal.usd(row["uncached_usd"]), Text(_way(row["best"])), terminal.usd(row["saved_usd"])]
        for row in worth[:_SHOWN]
    ]  # fmt: skip
    more = f", {_SHOWN} of {len(worth):,}" if len(worth) > _SHOWN else ""
    return terminal.table(
        headings, cells, title=f"The cheapest way to cache each prompt{more}; input side, beside no cache at all"
    )


def _way(way: str) -> str:
    """A way to cache in words: how far, and how long."""
    reach, _, ttl = way.partition("_")
    return f"{_REACH[reach]}, {ttl}" if ttl else way


def _name(row: dict[str, Any]) -> str:
    return f"{terminal.name(row['prompt']).plain} on {terminal.name(row['model']).plain}"


def _worst(row: dict[str, Any]) -> float:
    """What the dearest way saves: below zero where it costs money."""
    return round(float(row["uncached_usd"]) - max(float(row[f"{way}_usd"]) for way in _ways()), 9)


def _losses(row: dict[str, Any]) -> str:
    """By how much each way is dearer than no cache at all."""
    costs = row["costs_money"]
    dearer = [f"{_way(way)} +{terminal.usd(row[f'{way}_usd'] - row['uncached_usd']).plain}" for way in costs]
    if len(costs) < len(_ways()):
        return "; ".join(dearer)
    return f"every way, from +{terminal.usd(-max(row['uncached_usd'] - row[f'{way}_usd'] for way in costs)).plain}"


def _ways() -> list[str]:
    return [f"{reach}_{ttl}" for reach in BREAKPOINTS for ttl in TTLS]
