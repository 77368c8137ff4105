"""From the relation `requests` to traffic that a server could take."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from llmcost.errors import UsageError
from llmcost.self_hosting.prefixes import logged
from llmcost.self_hosting.replay import Integers, Traffic

COLUMNS = (
    "feature", "calls", "status", "complexity", "web_searches",
    "input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "output_tokens",
)  # fmt: skip
_PROMPT = ("input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens")


@dataclass(frozen=True)
class Selection:
    """Which requests to host, and how their tokens count there."""

    max_complexity: float | None = None  # None: whatever it is
    tokenizer_ratio: float = 1.0  # the hosted model's tokens for one of the logged model's
    waiting: Sequence[str] | None = ()  # the features whose requests can wait, * for any characters; None: all
    # share of the logged cache reads that the server's own prefix cache holds; None: by the logged prefixes
    prefix_hit_rate: float | None = None


@dataclass
class _Read:
    """What is kept of some of the requests; its columns have the same length."""

    row: Integers  # in the log
    sent_us: Integers
    prompt_tokens: Integers
    output_tokens: Integers
    cached_tokens: Integers | None
    can_wait: NDArray[np.bool_] | None
    prefix: pa.Array | None


def select(requests: Iterable[pa.Table], selection: Selection) -> tuple[Traffic, Integers]:
    """The requests wanted and fit to be replayed, by time, and which rows of the log they are, of which each table
    has some. Their prefixes are read where a table has the column `prefix`.

    Left out: a row without a time or of several calls (an aggregate has no arrivals), without tokens (answered
    elsewhere), an error, and one that searched the web, which the provider's own tool does.
    """
    if selection.tokenizer_ratio <= 0 or not 0 <= (selection.prefix_hit_rate or 0) <= 1:
        raise UsageError("tokenizer_ratio must be above 0 and prefix_hit_rate between 0 and 1")
    read: list[_Read] = []
    rows = 0
    for some in requests:
        read.append(_read(some, rows, selection))
        rows += some.num_rows

    def column(name: str) -> Any:
        parts = [getattr(one, name) for one in read]
        return None if not parts or parts[0] is None else np.concatenate(parts)

    row, sent_us = column("row"), column("sent_us")
    prefixes = [one.prefix for one in read if one.prefix is not None]
    traffic = Traffic(
        arrival_s=sent_us / 1e6,
        prompt_tokens=column("prompt_tokens"),
        output_tokens=column("output_tokens"),
        cached_tokens=column("cached_tokens"),
        prefixes=logged(prefixes, selection.tokenizer_ratio),
        can_wait=column("can_wait"),
    )
    if np.all(np.diff(sent_us) >= 0):
        return traffic, row
    order = np.argsort(sent_us, kind="stable")
    return traffic.take(order), row[order]


def _read(requests: pa.Table, before: int, selection: Selection) -> _Read:
    """What is kept of some requests that follow so many others."""
    rate, ratio = selection.prefix_hit_rate, selection.tokenizer_ratio
    sent_us = requests["ts"].cast(pa.timestamp("us")).cast(pa.int64()).fill_null(0).to_numpy()
    chosen = np.flatnonzero(_wanted(requests, selection) & _replayable(requests))
    prompt = _tokens(requests, _PROMPT)[chosen] * ratio
    output = _numbers(requests, "output_tokens")[chosen] * ratio
    cached, prefix = None, None
    if rate is not None:
        cached = np.floor(_numbers(requests, "cache_read_tokens")[chosen] * (ratio * rate)).astype(np.int64)
    elif "prefix" in requests.column_names:
        prefix = requests["prefix"].take(pa.array(chosen)).combine_chunks()
    return _Read(
        row=before + chosen,
        sent_us=sent_us[chosen],
        prompt_tokens=np.maximum(np.rint(prompt), 1).astype(np.int64),
        output_tokens=np.maximum(np.rint(output), 1).astype(np.int64),
        cached_tokens=cached,
        can_wait=None if selection.waiting == () else _named(requests["feature"], selection.waiting)[chosen],
        prefix=prefix,
    )


def _wanted(requests: pa.Table, selection: Selection) -> NDArray[np.bool_]:
    wanted = np.ones(requests.num_rows, bool)
    if selection.max_complexity is not None:
        wanted &= pc.less_equal(requests["complexity"], selection.max_complexity).fill_null(False).to_numpy()
    return wanted


def _named(features: pa.ChunkedArray, names: Sequence[str] | None) -> NDArray[np.bool_]:
    """Whose feature is among the names, as `is_named` of the queries says it."""
    if names is None:
        return np.ones(len(features), bool)
    patterns = "|".join(".*".join(map(re.escape, name.split("*"))) for name in names)
    return np.asarray(pc.match_substring_regex(features, f"(?s)^({patterns})$").fill_null(False).to_numpy())


def _replayable(requests: pa.Table) -> NDArray[np.bool_]:
    return np.asarray(
        pc.is_valid(requests["ts"]).to_numpy()
        & pc.equal(requests["status"], "ok").to_numpy()
        & (_numbers(requests, "calls") == 1)
        & (_numbers(requests, "web_searches") == 0)
        & (_tokens(requests, (*_PROMPT, "output_tokens")) > 0)
    )


def _tokens(requests: pa.Table, buckets: tuple[str, ...]) -> NDArray[np.int64]:
    return np.asarray(np.sum([_numbers(requests, name) for name in buckets], axis=0, dtype=np.int64))


def _numbers(requests: pa.Table, name: str) -> NDArray[np.int64]:
    return np.asarray(requests[name].cast(pa.int64()).to_numpy())
