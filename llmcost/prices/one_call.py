"""The price of one call, where there is no store: the tracker's metrics in an application.

The same rules as `queries/pricing/priced.sql`, which a test holds this against.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from llmcost.prices.bands import SERVICE_TIERS, Row
from llmcost.prices.overrides import Overrides
from llmcost.prices.table import expand

_NAMES_KEPT = 1000


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
                  ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output", "reasoning")}  # fmt: skip
        prompt = tokens["input"] + tokens["cache_read"] + tokens["cache_write_5m"] + tokens["cache_write_1h"]
        tokens["reasoning"] = min(tokens["reasoning"], tokens["output"])
        tokens["output"] -= tokens["reasoning"]
        band = self._band(call, at, prompt)
        if band is None or any(band[name] is None for name in (*map(_mtok, tokens), "web_search_usd", "request_usd")):
            return None
        of_tokens: float = sum(count * band[_mtok(name)] for name, count in tokens.items()) / 1e6
        return float(of_tokens + int(call.get("web_searches") or 0) * band["web_search_usd"] + band["request_usd"])

    def _billed(self, call: Mapping[str, Any], at: datetime) -> Row:
        names, _ = self._expanded((call.get("provider"), str(call["model"])))
        return next(row for row in names if _holds(row, at))

    def _band(self, call: Mapping[str, Any], at: datetime, prompt_tokens: int) -> Row | None:
        billed = self._billed(call, at)
        _, bands = self._expanded((call.get("provider"), str(call["model"])))
        tier = str(call.get("service_tier")).lower()
        tier = tier if tier in SERVICE_TIERS else "standard"
        minute = at.hour * 60 + at.minute
        for band in bands:
            if (
                (band["provider"], band["model"], band["service_tier"]) == (billed["provider"], billed["model"], tier)
                and _holds(band, at)
                and band["minute_from"] <= minute < band["minute_to"]
                and band["prompt_min"] <= prompt_tokens
                and (band["prompt_max"] is None or prompt_tokens <= band["prompt_max"])
            ):
                return band
        return None


def _mtok(bucket: str) -> str:
    return f"{bucket}_usd_mtok"


def _holds(row: Row, at: datetime) -> bool:
    return bool(row["valid_from"] <= at.date() and (row["valid_to"] is None or at.date() < row["valid_to"]))
