"""The price of one call, where there is no store: the tracker's metrics in an application.

The same rules as `queries/pricing/priced.sql`, with which a test compares this.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from llmcost.prices.bands import Row
from llmcost.prices.overrides import Overrides
from llmcost.prices.table import expand

_NAMES_KEPT = 1000

_PARTS = {
    "input": ("input_audio", "input_image", "input_video"),
    "cache_read": ("cache_read_audio", "cache_read_image"),
    "output": ("output_audio", "output_image", "output_video", "reasoning"),
}
"""The parts of each bucket that have their own price, in the order in which they are taken from it."""

_STANDARD = ("", "none", "standard", "default", "auto", "on_demand", "standard_only")
"""How logs spell the standard tier, as the macro tier_of in queries/ingest/macros.sql has it."""


class CallPrices:
    """Prices by the names that a log gives."""

    def __init__(self, overrides: Overrides) -> None:
        self._expanded = lru_cache(_NAMES_KEPT)(lambda names: expand([names], overrides))

    def billed_model(self, call: Mapping[str, Any], at: datetime) -> str:
        """The price table's name for the call's model, else the call's own."""
        return str(self._billed(call, at)["model"])

    def cost_usd(self, call: Mapping[str, Any], at: datetime) -> float | None:
        """What a record of llmcost's log costs that began at a moment (UTC); None where its model has no price."""
        tokens = {name: int(call.get(f"{name}_tokens") or 0) for name in
                  ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output")}  # fmt: skip
        band = self._band(call, at, sum(tokens.values()) - tokens["output"])
        if band is None:
            return None
        for whole, parts in _PARTS.items():
            for part in parts:  # a part is never more than what is left of its whole
                tokens[part] = min(int(call.get(f"{part}_tokens") or 0), tokens[whole])
                tokens[whole] -= tokens[part]
        of_tokens: float = sum(count * band[_mtok(name)] for name, count in tokens.items()) / 1e6
        fees = int(call.get("web_searches") or 0) * band["web_search_usd"] + band["request_usd"]
        tools = call.get("tools") or {}
        return float(of_tokens + fees + sum(int(n) * band["tools_usd"].get(tool, 0) for tool, n in tools.items()))

    def _billed(self, call: Mapping[str, Any], at: datetime) -> Row:
        names, _ = self._expanded((call.get("provider"), str(call["model"])))
        return next(row for row in names if _holds(row, at))

    def _band(self, call: Mapping[str, Any], at: datetime, prompt_tokens: int) -> Row | None:
        billed = self._billed(call, at)
        _, bands = self._expanded((call.get("provider"), str(call["model"])))
        meant = (billed["provider"], billed["model"], _tier(call.get("service_tier")), "")
        minute = at.hour * 60 + at.minute
        for band in bands:
            if (
                (band["provider"], band["model"], band["service_tier"], band["region"]) == meant
                and _holds(band, at)
                and band["weekday_from"] <= at.isoweekday() < band["weekday_to"]
                and band["minute_from"] <= minute < band["minute_to"]
                and band["prompt_min"] <= prompt_tokens
                and (band["prompt_max"] is None or prompt_tokens <= band["prompt_max"])
            ):
                return band
        return None


def _tier(logged: object) -> str:
    tier = str(logged or "").strip().lower()
    return "standard" if tier in _STANDARD else tier


def _mtok(bucket: str) -> str:
    return f"{bucket}_usd_mtok"


def _holds(row: Row, at: datetime) -> bool:
    return bool(row["valid_from"] <= at.date() and (row["valid_to"] is None or at.date() < row["valid_to"]))
