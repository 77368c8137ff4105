"""Which replays to trust on a log: what each predicted of it was near what the log recorded, and it recorded enough."""

from collections.abc import Mapping

from llmcost.backtest.truth import Row
from llmcost.numerals import change

FEWEST = 100
"""Requests, or hits where they are what is compared, that say enough of a replay."""

LARGEST = 0.1
"""The largest error, as a share of what the log recorded, of a replay to trust."""


def judged(result: Row) -> Row:
    """The result with `is_trusted`, and `trust_reason` in a few words."""
    doubts = _doubts(result)
    return result | {"is_trusted": not doubts, "trust_reason": ", ".join(doubts) or _merits(result)}


def sentences(found: Mapping[str, Row]) -> list[str]:
    """In words, of judged results: which replays to trust on this log, and which not."""
    said = []
    for is_trusted, words in ((True, "Trust on this log"), (False, "Do not trust on this log")):
        names = [f"{name} ({one['trust_reason']})" for name, one in found.items() if one["is_trusted"] is is_trusted]
        if names:
            said.append(f"{words}: {', '.join(names)}.")
    return said


def _doubts(result: Row) -> list[str]:
    compared: int = result["hits"] if "hits" in result else result["requests"]
    doubts = []
    if compared < FEWEST:
        doubts.append(f"only {compared:,} {'hits' if 'hits' in result else 'requests'}")
    if _ranged(result) and not _inside(result):
        doubts.append("the truth is outside its range")
    if result["error_share"] is None:
        if not _ranged(result):
            doubts.append("no error is known")
    elif abs(result["error_share"]) > LARGEST:
        doubts.append(_error(result))
    return doubts


def _merits(result: Row) -> str:
    said = [] if result["error_share"] is None else [_error(result)]
    return ", ".join([*said, *(["inside its range"] if _ranged(result) else [])])


def _error(result: Row) -> str:
    return f"error {change(result['error_share'])}"


def _unit(result: Row) -> str:
    """What is compared: dollars, else blocks, else shares of hits."""
    return next((unit for unit in ("usd", "blocks", "share") if result.get(f"actual_{unit}") is not None), "usd")


def _ranged(result: Row) -> bool:
    low, high = (result.get(f"{end}_{_unit(result)}") for end in ("low", "high"))
    return low is not None and high is not None and low != high


def _inside(result: Row) -> bool:
    low, actual, high = (result[f"{name}_{_unit(result)}"] for name in ("low", "actual", "high"))
    return bool(low <= actual <= high)
