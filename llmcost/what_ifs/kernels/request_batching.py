"""request-batching: which requests wait for one another and go in one call.

The first item of a call opens it; items with the same instructions join until the call is full, its prompt is long
enough, or the first has waited its time. Where each call ends follows from where it begins alone, so the ends are
computed for every row at once, and only the calls themselves are walked, one after another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from llmcost.errors import UsageError
from llmcost.what_ifs.kernels.cached_answers import mask
from llmcost.what_ifs.kernels.kernel import Kernel, Replayed

_PROMPT = ("cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "input_tokens")
_SUMMED = (*_PROMPT, "output_tokens", "reasoning_tokens", "web_searches")
_BILLED = (*_SUMMED, "max_output_tokens", "latency_ms")

_PARTITION = ("provider", "model", "feature", "task_type")
_KEYS = (*_PARTITION, "project", "region", "system_hash")

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Calls:
    """The calls that were made of the requests."""

    items: Ints  # of each call
    wait_ms: npt.NDArray[np.float64]  # of each request


class RequestBatching:
    """Calls of several requests, each of one partition.

    Those joined before, and those that a cache has answered, have no separate call and are not among its rows.
    """

    columns = (
        "provider", "model", "feature", "task_type", "project", "status", "service_tier", "region", "calls",
        "tools is null as uses_no_tools",
        "prefix[system_blocks].hash as system_hash", "prefix[system_blocks].tokens as system_tokens",
        *_BILLED,
    )  # fmt: skip
    rows = "requests_answered = 1 and is_named(feature, $features) and is_named(task_type, $task_types)"
    partition = _PARTITION
    is_streamed = False
    measured: ClassVar[Mapping[str, str]] = {}
    decisions: ClassVar[Mapping[str, str]] = {
        "request_id": "varchar", "batch_id": "varchar", "place": "bigint", "items": "bigint", "wait_ms": "double",
        **dict.fromkeys((*_SUMMED, "max_output_tokens"), "bigint"), "latency_ms": "double",
    }  # fmt: skip

    def is_apart(self, given: Mapping[str, Any]) -> bool:
        return True

    def replay(
        self, requests: pa.Table, *, items: int, seconds: float, max_prompt_tokens: int,
        numbering_input_tokens: int, numbering_output_tokens: int,
    ) -> Replayed[Calls]:  # fmt: skip
        """For every request that may be joined: its call's first request, its place in it, the call's size, its wait.

        `place` 0 opens the call. Then follows what the request is billed: the call's sums where it opens it, else
        nothing.
        """
        if items < 1 or seconds < 0 or max_prompt_tokens < 1:
            raise UsageError(
                f"items={items}, seconds={seconds:g}, max_prompt_tokens={max_prompt_tokens}: one of them is too small",
                hint="items and max_prompt_tokens from 1, seconds from 0",
            )
        row = np.flatnonzero(_may_be_joined(requests)) if items > 1 else np.empty(0, np.int64)
        sent = requests["ts"].cast(pa.timestamp("us")).cast(pa.int64()).fill_null(0).to_numpy()[row]
        group = _groups(requests, row)
        order = np.lexsort((np.arange(len(row)), sent, group))
        row, sent, group = row[order], sent[order], group[order]
        tokens = _prompt_tokens(requests)[row]
        shared = _numbers(requests, "system_tokens")[row]
        starts = _walk(_ends(sent, group, np.maximum(tokens - shared, 0), shared, items, seconds, max_prompt_tokens))
        size = np.diff(np.append(starts, len(row)))
        first = np.repeat(starts, size)
        full = size == items
        last = sent[starts + size - 1] if len(starts) else np.empty(0, np.int64)
        leaves = np.where(full, last, sent[starts] + round(seconds * 1e6))
        wait_ms = (np.repeat(leaves, size) - sent) / 1000
        joined = requests.select(["request_id", *_BILLED]).take(pa.array(row))
        decided = pa.table(
            {
                "request_id": joined["request_id"],
                "batch_id": joined["request_id"].take(pa.array(first)),
                "place": pa.array(np.arange(len(row)) - first),
                "items": pa.array(np.repeat(size, size)),
                "wait_ms": pa.array(wait_ms),
                **_billed(joined, starts, shared, numbering_input_tokens, numbering_output_tokens),
            }
        )
        return Replayed(decided, Calls(size, wait_ms))

    def summary(self, parts: Sequence[Calls]) -> dict[str, Any]:
        size = np.concatenate([part.items for part in parts])
        if not len(size):
            return {"notes": ["request-batching: no requests share their instructions, task type and model"]}
        p50, p95 = np.quantile(np.concatenate([part.wait_ms for part in parts]), [0.5, 0.95])
        return {
            "requests_that_may_be_joined": int(size.sum()),
            "calls_made_of_them": len(size),
            "items_per_call": float(size.mean()),
            "requests_that_wait_in_vain": int((size == 1).sum()),
            "added_wait_ms_p50": float(p50),
            "added_wait_ms_p95": float(p95),
        }


KERNEL: Kernel[Calls] = RequestBatching()


def _may_be_joined(requests: pa.Table) -> npt.NDArray[np.bool_]:
    joins = mask(requests["ts"].is_valid()) & mask(requests["system_hash"].is_valid())
    joins &= mask(requests["uses_no_tools"])
    joins &= mask(pc.equal(requests["status"], "ok")) & mask(pc.equal(requests["service_tier"], "standard"))
    joins &= mask(pc.equal(requests["calls"], 1))
    joins &= _prompt_tokens(requests) + _numbers(requests, "output_tokens") > 0  # none for which nothing was billed
    return joins


def _groups(requests: pa.Table, row: Ints) -> Ints:
    """A number for each combination of what requests must share to be joined."""
    group = np.zeros(len(row), np.int64)
    for name in _KEYS:
        codes = requests[name].combine_chunks().dictionary_encode("encode").indices.to_numpy(zero_copy_only=False)[row]
        _, group = np.unique(group * (codes.max(initial=0) + 1) + codes, return_inverse=True)
    return group.astype(np.int64)


def _ends(
    sent: Ints, group: Ints, own: Ints, shared: Ints, items: int, seconds: float, max_prompt_tokens: int
) -> Ints:  # fmt: skip
    """For each row, were it the first of a call, the row after the call's last."""
    here = np.arange(len(sent))
    # times of one group after another, far enough apart that no call reaches into the next
    wait = round(seconds * 1e6)
    opens = np.flatnonzero(np.diff(group, prepend=-1))
    closes = np.append(opens[1:], len(sent))[: len(opens)]
    spans = sent[closes - 1] - sent[opens] + wait + 1
    line = sent - np.repeat(sent[opens] - np.cumsum(spans) + spans, closes - opens)
    in_time = np.searchsorted(line, line + wait, side="right")
    summed = np.concatenate(([0], np.cumsum(own)))
    in_length = np.searchsorted(summed, summed[:-1] + max_prompt_tokens - shared, side="right") - 1
    return np.maximum(np.minimum.reduce([here + items, in_time, in_length]), here + 1)


def _billed(
    items: pa.Table, starts: Ints, shared: Ints, numbering_input_tokens: int, numbering_output_tokens: int
) -> dict[str, pa.Array]:
    """What each item is billed when its call is sent: its first item everything, the others nothing.

    `items` are sorted by call, `starts` are the calls' first. Items after the first leave out the `shared` tokens,
    cached ones first. How long an answer may be and how long it takes is the same for all items of a call; unknown
    where no item, or for the bound on the answer some item, does not say.
    """
    size = np.diff(np.append(starts, len(items)))
    opens = np.zeros(len(items), np.bool_)
    opens[starts] = True

    def of_call(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """For each item the sum over its call."""
        return np.repeat(np.add.reduceat(values, starts), size) if len(starts) else values

    def of_known(name: str) -> Ints:
        """For each item how many of its call say."""
        return of_call(mask(items[name].is_valid()).astype(np.int64))

    sent = {name: _numbers(items, name) for name in _SUMMED}
    unsent = np.where(opens, 0, shared)
    for name in _PROMPT:
        sent[name], unsent = np.maximum(sent[name] - unsent, 0), np.maximum(unsent - sent[name], 0)
    sent["input_tokens"] = sent["input_tokens"] + numbering_input_tokens
    sent["output_tokens"] = sent["output_tokens"] + numbering_output_tokens
    billed = {name: np.where(opens, of_call(tokens), 0) for name, tokens in sent.items()}
    billed["max_output_tokens"] = of_call(_numbers(items, "max_output_tokens") + numbering_output_tokens)
    billed["latency_ms"] = of_call(items["latency_ms"].fill_null(0.0).to_numpy())
    told = items["reasoning_tokens"].is_valid()
    unknown = {
        "reasoning_tokens": np.where(opens, of_known("reasoning_tokens") == 0, ~mask(told)),
        "max_output_tokens": of_known("max_output_tokens") < np.repeat(size, size),
        "latency_ms": of_known("latency_ms") == 0,
    }
    return {name: pa.array(values, mask=unknown.get(name)) for name, values in billed.items()}


def _prompt_tokens(requests: pa.Table) -> Ints:
    return np.asarray(np.add.reduce([_numbers(requests, name) for name in _PROMPT]))


def _numbers(requests: pa.Table, name: str) -> Ints:
    """A column of whole numbers, 0 where one is unknown."""
    return np.asarray(requests[name].cast(pa.int64()).fill_null(0).to_numpy())


def _walk(end: Ints) -> Ints:
    """The first rows of the calls: each begins where the one before it ended."""
    following = end.data
    starts = []
    place, last = 0, len(end)
    while place < last:
        starts.append(place)
        place = following[place]
    return np.array(starts, np.int64)
