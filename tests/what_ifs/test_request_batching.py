"""request-batching: a case worked out by hand, and the kernel against the plainest second version of it."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost.engine import access
from llmcost.errors import UsageError
from llmcost.what_ifs.engine import replay
from llmcost.what_ifs.engine.step import parse, run
from llmcost.what_ifs.kernels import request_batching
from llmcost.what_ifs.kernels.kernel import Replayed
from tests.logs import Row, call
from tests.what_ifs.test_small_what_ifs import simulated

PLAIN, READ, OUT = 1 / 1e6, 0.10 / 1e6, 5 / 1e6  # claude-haiku-4-5, US dollars a token


def item(number: int, second: int, **fields: Any) -> Row:
    """A request of 1,000 tokens, 800 of them the system prompt."""
    prefix = [{"hash": "system", "tokens": 800}, {"hash": f"all {number}", "tokens": 1000}]
    return call(number, ts=f"2026-11-02T10:00:{second:02}Z", task_type="extraction", feature="f", latency_ms=2000.0,
                prefix=prefix, system_blocks=1, **fields)  # fmt: skip


def test_the_instructions_are_paid_once(tmp_path: Path) -> None:
    rows: list[Row | str] = [item(1, 0), item(2, 10), item(3, 20), item(4, 50), item(5, 30, status="error")]
    words = "request-batching:items=3,seconds=60,numbering_input_tokens=7,numbering_output_tokens=3"
    document = simulated(tmp_path, rows, words)
    [stage] = document["stages"]
    # three go in one call at 10:00:20, the fourth waits for nothing, the error stays as it is
    assert stage["effects"]["input_tokens"] == -2 * 800 + 3 * 7
    assert stage["effects"]["output_tokens"] == 3 * 3
    assert stage["effects"]["requests_without_a_call"] == 2
    assert stage["saved_usd"] == pytest.approx((2 * 800 - 3 * 7) * PLAIN - 9 * OUT)
    summary = stage["summary"]
    assert (summary["requests_that_may_be_joined"], summary["calls_made_of_them"]) == (4, 2)
    assert summary["requests_that_wait_in_vain"] == 1
    assert summary["added_wait_ms_p50"] == pytest.approx((10_000 + 20_000) / 2)


def test_cached_instructions_are_left_out_of_the_cached_tokens(tmp_path: Path) -> None:
    rows: list[Row | str] = [
        item(1, 0, input_tokens=200, cache_write_5m_tokens=800),
        item(2, 1, input_tokens=200, cache_read_tokens=800),
    ]
    words = "request-batching:items=2,numbering_input_tokens=0,numbering_output_tokens=0"
    [stage] = simulated(tmp_path, rows, words)["stages"]
    assert stage["saved_usd"] == pytest.approx(800 * READ)
    assert stage["effects"]["input_tokens"] == 0


def test_what_was_used_of_one_answer_says_nothing_of_several(tmp_path: Path) -> None:
    rows: list[Row | str] = [item(n, n, output_used_tokens=40) for n in range(2)]
    early = "token-caps:early_stop=true,extraction=none"
    [_, stage] = simulated(tmp_path, rows, "request-batching:items=2", early)["stages"]
    assert stage["effects"]["output_tokens"] == 0
    [stage] = simulated(tmp_path, rows, early)["stages"]
    assert stage["effects"]["output_tokens"] == -2 * 60


def test_a_large_log_is_replayed_in_shares_with_the_same_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows: list[Row | str] = [item(n, n) | {"feature": "abcdef"[n // 2 % 6]} for n in range(50)]
    simulated(tmp_path, rows, step := "request-batching:items=3,seconds=20")
    given, found = [], []

    class Watched(request_batching.RequestBatching):
        def replay(self, requests: pa.Table, **parameters: Any) -> Replayed[request_batching.Calls]:
            given.append(len(requests))
            return super().replay(requests, **parameters)

    monkeypatch.setattr(request_batching, "KERNEL", Watched())
    for at_once in (1000, 9):
        monkeypatch.setattr(replay, "ROWS_AT_ONCE", at_once)
        with access.reading(tmp_path / "llmcost.duckdb") as opened:
            said = run(opened, parse(step), "requests", "after")
            found.append((said, opened.rows("select * from after order by request_id")))
    assert found[0] == found[1]
    assert found[0][0]
    assert found[0][0]["items_per_call"] > 1
    assert given[0] == sum(given[1:]) == 50
    assert max(given[1:]) < 50


@pytest.mark.parametrize("words", ["items=0", "seconds=-1", "max_prompt_tokens=0"])
def test_bad_parameters(words: str) -> None:
    given = {"items": 5, "seconds": 60.0, "max_prompt_tokens": 1000,
             "numbering_input_tokens": 4, "numbering_output_tokens": 4}  # fmt: skip
    name, value = words.split("=")
    with pytest.raises(UsageError, match="too small"):
        request_batching.KERNEL.replay(table([]), **given | {name: int(value)})


requests = st.lists(
    st.fixed_dictionaries(
        {
            "second": st.integers(0, 12),
            "feature": st.sampled_from([None, "a", "b"]),
            "task_type": st.sampled_from([None, "extraction", "chat"]),
            "status": st.sampled_from(["ok", "ok", "ok", "error"]),
            "system": st.sampled_from([None, "x", "x", "y"]),
            "tokens": st.integers(20, 60),
            "read": st.integers(0, 10),
            "written": st.integers(0, 10),
            "reasoning": st.sampled_from([None, 0, 3]),
            "most": st.sampled_from([None, 100]),
            "latency": st.sampled_from([None, 50.0]),
        }
    ),
    max_size=25,
)


def table(rows: list[Row]) -> pa.Table:
    """The rows as the driver hands them over: sorted by the kernel's partition, time and id."""
    made = [
        {
            "request_id": f"r{number:02}", "ts": datetime(2026, 11, 2) + timedelta(seconds=row["second"]),
            "provider": "anthropic", "model": "m", "feature": row["feature"], "task_type": row["task_type"],
            "project": None, "status": row["status"], "service_tier": "standard", "calls": 1,
            "region": None, "uses_no_tools": True,
            "system_hash": row["system"], "system_tokens": None if row["system"] is None else 8,
            "input_tokens": row["tokens"] - row["read"] - row["written"], "cache_read_tokens": row["read"],
            "cache_write_5m_tokens": row["written"], "cache_write_1h_tokens": 0, "output_tokens": 5,
            "reasoning_tokens": row["reasoning"], "web_searches": 1, "max_output_tokens": row["most"],
            "latency_ms": row["latency"],
        }
        for number, row in enumerate(rows)
    ]  # fmt: skip
    made.sort(key=lambda row: (str(row["feature"]), str(row["task_type"]), row["ts"], row["request_id"]))
    schema = pa.schema(
        [("request_id", pa.string()), ("ts", pa.timestamp("us")), ("provider", pa.string()), ("model", pa.string()),
         ("feature", pa.string()), ("task_type", pa.string()), ("project", pa.string()), ("status", pa.string()),
         ("service_tier", pa.string()), ("calls", pa.int64()),
         ("region", pa.string()), ("uses_no_tools", pa.bool_()), ("system_hash", pa.string()),
         ("system_tokens", pa.int64()), ("input_tokens", pa.int64()), ("cache_read_tokens", pa.int64()),
         ("cache_write_5m_tokens", pa.int64()), ("cache_write_1h_tokens", pa.int64()), ("output_tokens", pa.int64()),
         ("reasoning_tokens", pa.int64()), ("web_searches", pa.int64()), ("max_output_tokens", pa.int64()),
         ("latency_ms", pa.float64())]
    )  # fmt: skip
    return pa.Table.from_pylist(made, schema)


def naive(rows: list[Row], items: int, seconds: float, most: int) -> dict[str, tuple[Any, ...]]:
    """One open call for each kind of request, looked at request by request."""
    calls: list[list[Row]] = []
    open_calls: dict[tuple[Any, ...], list[Row]] = {}
    for row in sorted(rows, key=lambda row: (row["ts"], row["request_id"])):
        if row["status"] != "ok" or row["system_hash"] is None:
            continue
        key = (row["feature"], row["task_type"], row["system_hash"])
        current = open_calls.get(key)
        joins = (
            current is not None
            and len(current) < items
            and (row["ts"] - current[0]["ts"]).total_seconds() <= seconds
            and sum(_prompt(one) - 8 for one in current) + _prompt(row) - 8 + 8 <= most
        )
        if not joins:
            current = open_calls[key] = []
            calls.append(current)
        assert current is not None
        current.append(row)
    found = {}
    for one in calls:
        full = len(one) == items
        leaves = one[-1]["ts"] if full else one[0]["ts"] + timedelta(seconds=seconds)
        for place, row in enumerate(one):
            wait_ms = (leaves - row["ts"]).total_seconds() * 1000
            found[row["request_id"]] = (one[0]["request_id"], place, len(one), wait_ms, *_billed(one, place))
    return found


def _prompt(row: Row) -> int:
    return int(row["input_tokens"] + row["cache_read_tokens"] + row["cache_write_5m_tokens"])


def _billed(call: list[Row], place: int) -> tuple[int | float | None, ...]:
    """Input, read, written, output, reasoning, the bound on the answer and the latency: 8 shared tokens are sent once,
    2 number an item of input and 3 one of output."""
    sums = {"input_tokens": 0, "cache_read_tokens": 0, "cache_write_5m_tokens": 0}
    for number, row in enumerate(call):
        left = 8 if number else 0
        for name in ("cache_read_tokens", "cache_write_5m_tokens", "input_tokens"):
            cut = min(row[name], left)
            sums[name] += row[name] - cut
            left -= cut
    reasoning = [row["reasoning_tokens"] for row in call if row["reasoning_tokens"] is not None]
    most = [row["max_output_tokens"] for row in call]
    took = [row["latency_ms"] for row in call if row["latency_ms"] is not None]
    bounds = (None if None in most else sum(most) + 3 * len(call), sum(took) if took else None)
    if place:
        return 0, 0, 0, 0, None if call[place]["reasoning_tokens"] is None else 0, *bounds
    sums["input_tokens"] += 2 * len(call)
    return *sums.values(), 8 * len(call), sum(reasoning) if reasoning else None, *bounds


@given(requests, st.integers(2, 5), st.sampled_from([0.0, 1.0, 3.0, 30.0]),
       st.sampled_from([30, 100, 10_000]))  # fmt: skip
def test_it_is_what_one_open_call_a_kind_would_give(rows: list[Row], items: int, seconds: float, most: int) -> None:
    handed = table(rows)
    replayed = request_batching.KERNEL.replay(
        handed, items=items, seconds=seconds, max_prompt_tokens=most,
        numbering_input_tokens=2, numbering_output_tokens=3,
    ).decisions.to_pylist()  # fmt: skip
    billed = ("input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "output_tokens", "reasoning_tokens",
              "max_output_tokens", "latency_ms")  # fmt: skip
    found = {
        row["request_id"]: (
            row["batch_id"], row["place"], row["items"], pytest.approx(row["wait_ms"]), *(row[name] for name in billed)
        )
        for row in replayed
    }  # fmt: skip
    assert naive(handed.to_pylist(), items, seconds, most) == found


@pytest.mark.parametrize(("tokens", "cut", "answers"), [(8, 0, 0), (10, 0, 0), (200, 5 * 204 - 5 * (100 + 8), 5)])
def test_a_cap_on_each_answer_is_no_cap_on_several(tmp_path: Path, tokens: int, cut: int, answers: int) -> None:
    """Five extractions go in one call, whose answers may take 100 tokens and their numbers 8 each."""
    rows: list[Row | str] = [item(n, n, output_tokens=tokens) for n in range(5)]
    [_, stage] = simulated(tmp_path, rows, "request-batching", "token-caps")["stages"]
    assert stage["effects"]["output_tokens"] == -cut
    assert stage["effects"]["answers_cut_short"] == answers
    assert sum(row["answers_cut_short"] for row in stage["cut_short"]) == answers
