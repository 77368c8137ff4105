"""llmcost audit: each finding appears on a small log that has it, with its dollars, and not on one that has not."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from llmcost.engine import access, registry, store
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError, UsageError
from llmcost.prices import book as price_book
from llmcost.reports import audit
from llmcost.reports.scope import Scope, scope
from tests.command import llmcost
from tests.conftest import ROOT
from tests.logs import Row, call, ingested, write

INPUT, OUTPUT = 1e-6, 5e-6  # US dollars a token of claude-haiku-4-5; read 0.1, written 1.25 times the input
START = datetime(2026, 10, 5, 9, tzinfo=UTC)  # a Monday
HOSTILE = "\x1b[31m[red]x[/red]=cmd|'/c calc'!A1<b>'; drop table requests;--\u202e"


def at(day: int = 0, seconds: float = 0) -> str:
    return (START + timedelta(days=day, seconds=seconds)).isoformat().replace("+00:00", "Z")


def quiet() -> list[Row]:
    """Three weeks, three different calls a day: nothing to find."""
    return [
        call(number, ts=at(day, 3600 * number), request_id=f"quiet_{day}_{number}", prompt_hash=f"{day}-{number}",
             feature="search", session_id=f"day_{day}", stop_reason="end_turn", max_output_tokens=1000,
             latency_ms=900, ttft_ms=300, output_tokens=100 + number)
        for day in range(21)
        for number in range(3)
    ]  # fmt: skip


DEFAULTS: Row = {
    "source_format": "llmcost", "cache_read_tokens": 0, "cache_write_5m_tokens": 0, "cache_write_1h_tokens": 0,
    "web_searches": 0, "calls": 1, "service_tier": "standard", "status": "ok", "output_partial": False,
    "counts_doubtful": False, "branched": False, "copied": False, "model_assumed": False,
    "answered_by": "model", "requests_answered": 1,
}  # fmt: skip
MODELS = ("claude-haiku-4-5", "claude-haiku-5-5", "claude-sonnet-4-5", "claude-opus-4-5")


@pytest.fixture(scope="module")
def book() -> Iterator[Store]:
    """An empty store that knows some prices."""
    with store.in_memory() as opened:
        price_book.learn(opened, [("anthropic", model) for model in MODELS])
        yield opened


def found(opened: Store, rows: list[Row]) -> dict[str, audit.Finding]:
    """The findings of a log, by name. The requests stand in the store as ingestion would leave them."""
    import pyarrow as pa

    names = {row["column_name"] for row in opened.rows("describe requests")} - {"tags"}
    table = pa.Table.from_pylist([{name: (DEFAULTS | row).get(name) for name in names} for row in rows])
    opened.execute("delete from requests")
    with opened.relation("drawn", table):
        opened.execute("insert into requests by name select * replace (ts::timestamptz::timestamp as ts) from drawn")
    return {finding.query.name: finding for finding in audit.audit(opened, Scope()).findings}


def only(finding: audit.Finding) -> Row:
    [row] = finding.subjects
    return row


def test_a_quiet_log_has_no_findings(book: Store) -> None:
    assert found(book, quiet()) == {}


@pytest.mark.parametrize("name", registry.load("audit"))
def test_every_finding_keeps_to_the_contract(name: str) -> None:
    query = registry.find("audit", name)
    assert query.field("severity") in audit.SEVERITIES
    assert "examples" in {parameter.name for parameter in query.parameters}


def test_what_is_looked_for_is_found_or_not(book: Store) -> None:
    found(book, [*quiet(), call(1, ts=at(2), status="error")])
    result = audit.audit(book, Scope())
    names = [finding.query.name for finding in result.findings]
    assert names == ["paid-errors"]
    assert {*names, *(query.name for query in result.clean)} == set(registry.load("audit"))


def test_cost_outliers(book: Store) -> None:
    rows = [*quiet(), call(1, ts=at(3), input_tokens=100_000, request_id="huge")]
    row = only(found(book, rows)["cost-outliers"])
    assert row["example_request_ids"] == ["huge"]
    assert row["cost_usd"] == pytest.approx(100_000 * INPUT + 100 * OUTPUT - (1000 * INPUT + 101 * OUTPUT))


def test_a_cost_that_the_log_makes_up_is_an_outlier(book: Store) -> None:
    rows = [*quiet(), call(1, ts=at(3), cost_logged_usd=9990.01, request_id="typo")]
    assert only(found(book, rows)["cost-outliers"])["cost_usd"] == pytest.approx(9990, abs=0.1)


def test_costs_that_vary_by_the_session_are_no_outliers(book: Store) -> None:
    rows = [call(n, ts=at(n % 20, n), input_tokens=1000 * 2 ** (n % 6), prompt_hash=str(n)) for n in range(120)]
    assert "cost-outliers" not in found(book, rows)


def wrapped(**parent: Any) -> list[Row]:
    """Two calls of one session and what seems to be the span around them."""
    shared = {"session_id": "trace", "feature": "agent"}
    return [
        call(
            1, ts=at(2), latency_ms=9000, input_tokens=3000, output_tokens=300, request_id="outer", **shared, **parent
        ),
        call(2, ts=at(2, 1), latency_ms=2000, input_tokens=1000, output_tokens=100, **shared),
        call(3, ts=at(2, 4), latency_ms=2000, input_tokens=2000, output_tokens=200, **shared),
        call(4, ts=at(3, 4), latency_ms=2000, input_tokens=700, output_tokens=20, **shared),
    ]


def test_parents_counted_with_children(book: Store) -> None:
    row = only(found(book, [*quiet(), *wrapped()])["parents-with-children"])
    assert (row["subject"], row["requests"], row["example_request_ids"]) == ("agent", 1, ["outer"])
    assert row["cost_usd"] == pytest.approx(3000 * INPUT + 300 * OUTPUT)
    assert "2 others" in row["detail"]


def test_a_session_total_without_times_of_its_own_is_a_parent(book: Store) -> None:
    rows = wrapped()
    del rows[0]["latency_ms"]
    rows[0] |= {"ts": at(5), "input_tokens": 3700, "output_tokens": 320}
    assert only(found(book, [*quiet(), *rows])["parents-with-children"])["example_request_ids"] == ["outer"]


def test_a_call_that_is_no_sum_is_no_parent(book: Store) -> None:
    first, *rest = wrapped()
    assert "parents-with-children" not in found(book, [*quiet(), first | {"input_tokens": 3001}, *rest])


@pytest.mark.parametrize(("prompt", "is_parent"), [("same", False), (None, True)])
def test_a_single_child_is_no_parallel_repeat(book: Store, prompt: str | None, is_parent: bool) -> None:
    shared = {"session_id": "trace", "input_tokens": 3000, "output_tokens": 300, "prompt_hash": prompt}
    rows = [
        call(1, ts=at(2), latency_ms=9000, **shared),
        call(2, ts=at(2, 1), latency_ms=5000, **shared),
    ]
    assert ("parents-with-children" in found(book, [*quiet(), *rows])) is is_parent


@pytest.mark.parametrize(
    ("theirs", "twice"),
    [
        ({}, True),
        ({"source_format": "llmcost"}, False),
        ({"ts": at(4, 70)}, False),
        ({"output_tokens": 124}, False),
        ({"model": "claude-sonnet-4-5"}, False),
    ],
    ids=str,
)
def test_one_call_in_two_logs(book: Store, theirs: Row, twice: bool) -> None:
    mine = call(1, ts=at(4, 10), input_tokens=777, output_tokens=123)
    other = mine | {"request_id": "theirs", "source_format": "litellm", "ts": at(4, 12)} | theirs
    findings = found(book, [*quiet(), mine, other])
    assert ("logged-twice" in findings) is twice
    if twice:
        row = only(findings["logged-twice"])
        assert row["example_request_ids"] == ["theirs"]
        assert row["cost_usd"] == pytest.approx(777 * INPUT + 123 * OUTPUT)


def test_output_that_was_never_recorded(book: Store) -> None:
    rows = [*quiet(), *(call(n, ts=at(2, n), output_tokens=1, output_partial=True) for n in range(4))]
    row = only(found(book, rows)["output-not-recorded"])
    assert (row["subject"], row["requests"]) == ("claude-haiku-4-5", 4)
    assert row["cost_usd"] == pytest.approx(4 * (101 - 1) * OUTPUT)  # the average of 100, 101 and 102


def test_counts_that_the_total_contradicts(book: Store) -> None:
    rows = [*quiet(), *(call(n, ts=at(2, n), counts_doubtful=n < 3) for n in range(4))]
    row = only(found(book, rows)["counts-doubtful"])
    assert (row["subject"], row["requests"]) == ("llmcost claude-haiku-4-5", 3)
    assert row["cost_usd"] == pytest.approx(3 * (1000 * INPUT + 100 * OUTPUT))
    assert row["detail"] == "3,000 tokens in, 300 out as counted"


@pytest.mark.parametrize("fields", [{"stop_reason": "max_tokens"}, {"stop_reason": "length"}, {}], ids=str)
def test_truncated_answers(book: Store, fields: Row) -> None:
    rows = [*quiet(), call(1, ts=at(2), output_tokens=256, max_output_tokens=256, feature="summary", **fields)]
    row = only(found(book, rows)["truncated-answers"])
    assert (row["subject"], row["requests"]) == ("summary", 1)
    assert row["cost_usd"] == pytest.approx(1000 * INPUT + 256 * OUTPUT)


def test_an_answer_that_ends_at_its_cap_or_a_probe_is_not_truncated(book: Store) -> None:
    whole = {"output_tokens": 256, "max_output_tokens": 256, "stop_reason": "end_turn"}
    probe = {"output_tokens": 1, "max_output_tokens": 1, "stop_reason": "max_tokens"}
    rows = [*quiet(), call(1, ts=at(2), **whole), call(2, ts=at(2), **probe)]
    assert "truncated-answers" not in found(book, rows)


def test_errors_that_were_paid_for(book: Store) -> None:
    failed = {"feature": "chat", "prompt_hash": "p", "status": "error", "output_tokens": 0}
    rows = [
        *quiet(),
        call(1, ts=at(2), **failed),
        call(2, ts=at(2, 5), **failed | {"status": "ok", "output_tokens": 100}),
        call(3, ts=at(3), **failed | {"prompt_hash": "q"}),
        call(4, ts=at(4), **failed | {"prompt_hash": "r", "input_tokens": 0}),  # refused: not paid
    ]
    row = only(found(book, rows)["paid-errors"])
    assert (row["subject"], row["requests"], row["detail"]) == ("chat", 2, "1 retried within 10 minutes")
    assert row["cost_usd"] == pytest.approx(2 * 1000 * INPUT)


def test_errors_that_cost_nothing_are_no_finding(book: Store) -> None:
    rows = [*quiet(), call(1, ts=at(2), status="error", input_tokens=0, output_tokens=0)]
    assert "paid-errors" not in found(book, rows)


def test_identical_requests(book: Store) -> None:
    rows = [*quiet(), *(call(n, ts=at(2, 60 * n), prompt_hash="again", feature="faq") for n in range(4))]
    row = only(found(book, rows)["identical-requests"])
    assert (row["subject"], row["requests"]) == ("faq", 3)
    assert row["cost_usd"] == pytest.approx(3 * (1000 * INPUT + 100 * OUTPUT))


@pytest.mark.parametrize("other", [{"ts": at(3)}, {"prompt_hash": "else"}, {"model": "claude-sonnet-4-5"}], ids=str)
def test_a_request_of_another_time_prompt_or_model_is_no_repeat(book: Store, other: Row) -> None:
    rows = [
        *quiet(),
        call(1, ts=at(2), prompt_hash="again"),
        call(2, **{"ts": at(2, 60), "prompt_hash": "again"} | other),
    ]
    assert "identical-requests" not in found(book, rows)


def long_prompts(gap_s: float = 60, **fields: Any) -> list[Row]:
    """Twenty calls that begin with the same 8,000 tokens."""
    return [
        call(n, ts=at(2, gap_s * n), feature="chat", input_tokens=9000, prompt_hash=f"long-{n}",
             prefix=[{"hash": "system", "tokens": 8000}, {"hash": f"turn-{n}", "tokens": 9000}], system_blocks=1,
             **fields)
        for n in range(20)
    ]  # fmt: skip


def test_a_long_prompt_that_is_never_cached(book: Store) -> None:
    row = only(found(book, [*quiet(), *long_prompts()])["long-prompt-never-cached"])
    assert (row["subject"], row["requests"]) == ("chat", 20)
    assert row["cost_usd"] == pytest.approx(8000 * INPUT * (19 * 0.9 - 0.25))
    assert row["detail"].startswith("8,000 tokens, 95%")


def test_without_blocks_a_prompt_is_known_by_its_id(book: Store) -> None:
    rows = [{key: value for key, value in row.items() if key != "prefix"} for row in long_prompts(prompt_id="chat/1")]
    assert only(found(book, [*quiet(), *rows])["long-prompt-never-cached"])["subject"] == "chat/1"


@pytest.mark.parametrize(
    "rows",
    [
        long_prompts(gap_s=3600),
        long_prompts(cache_read_tokens=8000),
        [row | {"prefix": [{"hash": row["prompt_hash"], "tokens": 8000}]} for row in long_prompts()],
        [row | {"service_tier": "batch"} for row in long_prompts()],
    ],
    ids=["far apart", "cached", "different", "batch"],
)
def test_a_prompt_that_a_cache_cannot_help(book: Store, rows: list[Row]) -> None:
    assert "long-prompt-never-cached" not in found(book, [*quiet(), *rows])


def cached(reads: int, **written: int) -> list[Row]:
    return [
        call(n, ts=at(2, 30 * n), feature="agent", prompt_hash=f"cached-{n}", cache_read_tokens=reads, **written)
        for n in range(5)
    ]


def test_a_cache_that_is_written_and_never_read(book: Store) -> None:
    row = only(found(book, [*quiet(), *cached(0, cache_write_5m_tokens=4000)])["cache-never-read"])
    assert (row["subject"], row["requests"]) == ("agent", 5)
    assert row["cost_usd"] == pytest.approx(5 * 4000 * INPUT * 0.25)
    assert row["detail"] == "20,000 tokens written, 0 read, on 2026-10-07, by claude-haiku-4-5"


def test_both_lives_of_a_cache_cost_what_they_add(book: Store) -> None:
    rows = cached(1000, cache_write_5m_tokens=4000, cache_write_1h_tokens=2000)
    lost = 5 * INPUT * (4000 * 0.25 + 2000 * 1.0 - 1000 * 0.9)
    assert only(found(book, [*quiet(), *rows])["cache-never-read"])["cost_usd"] == pytest.approx(lost)


def test_a_cache_that_pays_for_itself_is_no_finding(book: Store) -> None:
    rows = cached(4000, cache_write_5m_tokens=4000)
    assert "cache-never-read" not in found(book, [*quiet(), *rows])


def labels(**fields: Any) -> list[Row]:
    """Thirty calls that an expensive model answers in two tokens."""
    expensive = {"model": "claude-opus-4-5", "output_tokens": 2, "feature": "triage"}
    return [call(n, **expensive | {"ts": at(n % 20, 60 * n), "prompt_hash": f"label-{n}"} | fields) for n in range(30)]


def test_an_expensive_model_on_trivial_tasks(book: Store) -> None:
    finding = found(book, [*quiet(), *labels()])["expensive-model-on-trivial-tasks"]
    row = only(finding)
    assert (row["subject"], row["requests"], finding.severity) == ("triage", 30, "info")
    assert 0 < row["cost_usd"] < 30 * (1000 * 5e-6 + 2 * 25e-6)  # less than all that claude-opus-4-5 cost
    assert "claude-haiku-5-5" in row["detail"]


@pytest.mark.parametrize("input_tokens", [1000, 150_000])  # the small model has a price of its own for long prompts
def test_an_expensive_model_is_compared_with_the_small_one(book: Store, input_tokens: int) -> None:
    saved = only(found(book, labels(input_tokens=input_tokens))["expensive-model-on-trivial-tasks"])["cost_usd"]
    spent = audit.audit(book, Scope()).cost_usd
    found(book, labels(input_tokens=input_tokens, model="claude-haiku-5-5"))
    needed = audit.audit(book, Scope()).cost_usd
    assert spent is not None
    assert needed is not None
    assert saved == pytest.approx(spent - needed)


@pytest.mark.parametrize(
    "fields",
    [{"model": "claude-haiku-5-5"}, {"output_tokens": 300}, {"complexity": 0.9}, {"reasoning_tokens": 2},
     {"output_partial": True}],
    ids=str,
)  # fmt: skip
def test_a_task_that_is_not_known_to_be_trivial(book: Store, fields: Row) -> None:
    assert "expensive-model-on-trivial-tasks" not in found(book, [*quiet(), *labels(**fields)])


def test_an_expensive_day(book: Store) -> None:
    more = [
        call(n, ts=at(9, 60 * n), prompt_hash=f"more-{n}", feature="agent", request_id=f"more_{n}") for n in range(9)
    ]
    row = only(found(book, [*quiet(), *more])["days-out-of-line"])
    assert (row["subject"], row["requests"]) == ("2026-10-14", 12)
    assert row["cost_usd"] == pytest.approx(9 * (1000 * INPUT + 100 * OUTPUT))
    assert row["detail"] == "4.0 times a working day's usual spend, most of it agent"


def test_a_step_up_is_one_finding_with_its_date(book: Store) -> None:
    """Be it recent or long ago."""
    for first in (14, 7):
        rows = [call(n, ts=at(day, n % 24), input_tokens=1000 if day < first else 5000)
                for day in range(1, 22) for n in range(day * 100, day * 100 + 20)]  # fmt: skip
        row = only(found(book, rows)["days-out-of-line"])
        assert row["subject"] == f"since {START + timedelta(days=first):%Y-%m-%d}"
        assert "a step up to " in row["detail"]
        assert row["requests"] == 20 * (22 - first)


@pytest.mark.parametrize("first", [10, 11, 17, 18])
def test_a_step_in_the_middle_is_one_finding_whatever_the_weekday(book: Store, first: int) -> None:
    """Of some weekdays most days are before it and of others most after: both sides of it would be unusual for them."""
    rows = [
        call(n, ts=at(day, n % 24), output_tokens=1,
             input_tokens=(1 if day % 7 >= 5 else 10) * (100 if day < first else 300))
        for day in range(28) for n in range(day * 100, day * 100 + 20 + day % 3)
    ]  # fmt: skip
    row = only(found(book, rows)["days-out-of-line"])
    assert row["subject"] == f"since {START + timedelta(days=first):%Y-%m-%d}"
    assert row["detail"].startswith("a step up to ")


def test_a_slope_is_told_as_one(book: Store) -> None:
    rows = [call(n, ts=at(day, n % 24), input_tokens=1000 + 200 * day, output_tokens=1)
            for day in range(35) for n in range(day * 100, day * 100 + 20)]  # fmt: skip
    row = only(found(book, rows)["days-out-of-line"])
    assert row["detail"].startswith("little by little up to ")


def test_the_cause_of_a_step_is_what_made_most_of_it_on_all_of_its_days(book: Store) -> None:
    """`agent` costs five times as much from a day on; on one day `chat` does, and by more."""

    def tokens(feature: str, day: int) -> int:
        return (20_000 if day == 18 else 1000) if feature == "chat" else 5000 if day > 13 else 1000

    rows = [
        call(n, ts=at(day, n % 24), feature=feature, prompt_hash=f"{feature}-{n}", request_id=f"{feature}_{n}",
             input_tokens=tokens(feature, day))
        for feature in ("agent", "chat") for day in range(1, 22) for n in range(day * 100, day * 100 + 20)
    ]  # fmt: skip
    row = next(row for row in found(book, rows)["days-out-of-line"].subjects if "a step up" in row["detail"])
    assert row["detail"].endswith(", most of it agent")


def test_a_spell_is_one_finding_and_cheap_days_come_last(book: Store) -> None:
    def tokens(day: int) -> int:
        return 9000 if day in (10, 11, 12) else 100 if day == 17 else 1000

    rows = [call(n, ts=at(day, n % 24), input_tokens=tokens(day), output_tokens=1)
            for day in range(1, 22) for n in range(day * 100, day * 100 + 20)]  # fmt: skip
    subjects = [row["subject"] for row in found(book, rows)["days-out-of-line"].subjects]
    assert subjects == ["2026-10-15 to 2026-10-17", "2026-10-22"]


@pytest.mark.parametrize(
    ("unusual", "cause"),
    [
        ({"copies": 3}, "most of it from more requests"),
        ({"input_tokens": 9000}, "most of it from more tokens per request"),
        ({"input_tokens": 1000, "output_tokens": 1000}, "most of it from more dollars per token"),
        ({"copies": 1 / 4}, "most of it from fewer requests"),
        ({"model": "claude-sonnet-4-5"}, "most of it claude-sonnet-4-5"),
    ],
)
def test_a_day_names_what_moved_and_not_the_only_model(book: Store, unusual: Row, cause: str) -> None:
    """By hand: twenty equal requests a day, but for one Thursday; what all of them share explains nothing."""
    usual: Row = {"copies": 1.0, "feature": "only", "input_tokens": 2000, "output_tokens": 1}
    rows = []
    for day in range(1, 22):
        own = usual | (unusual if day == 11 else {})
        own_requests = int(20 * own.pop("copies"))
        rows += [call(day * 100 + n, ts=at(day, n % 24), **own) for n in range(own_requests)]
    row = only(found(book, rows)["days-out-of-line"])
    assert row["detail"].endswith(cause), row["detail"]


def test_two_days_show_nothing_that_is_usual(book: Store) -> None:
    rows = [row for row in quiet() if row["request_id"].startswith(("quiet_1_", "quiet_2_0"))]
    assert "days-out-of-line" not in found(book, rows)


def test_a_day_that_is_short_may_lack_its_log(book: Store) -> None:
    rows = [row for row in quiet() if not row["request_id"].startswith(("quiet_9_1", "quiet_9_2"))]
    row = only(found(book, rows)["days-out-of-line"])
    assert (row["subject"], row["requests"]) == ("2026-10-14", 1)
    assert row["detail"].startswith("only 33.2%")


def test_weekends_and_cut_off_ends_are_in_line(book: Store) -> None:
    weekday = {f"quiet_{day}" for day in range(21) if day % 7 < 5 and day not in (0, 20)}
    more = [
        row | {"request_id": f"{row['request_id']}_{n}", "prompt_hash": f"{row['prompt_hash']}_{n}"}
        for row in quiet() for n in range(9) if row["request_id"].rsplit("_", 1)[0] in weekday
    ]  # fmt: skip
    assert "days-out-of-line" not in found(book, [*quiet(), *more])


@pytest.mark.parametrize(
    ("fields", "subject"),
    [
        ({"ts": "2199-01-01T00:00:00Z"}, "in the future"),
        ({"ts": "2020-01-01T00:00:00Z"}, "far from all others"),
        ({"ts": at(2), "latency_ms": -5}, "ends before it begins"),
        ({"ts": at(2), "latency_ms": 500, "ttft_ms": 3000}, "ends before it begins"),
    ],
    ids=["future", "past", "negative", "first after last"],
)
def test_clock_jumps(book: Store, fields: Row, subject: str) -> None:
    many = [row | {"request_id": row["request_id"] + "b", "prompt_hash": row["prompt_hash"] + "b"} for row in quiet()]
    row = only(found(book, [*quiet(), *many, call(1, **fields)])["clock-jumps"])
    assert (row["subject"], row["requests"], row["example_request_ids"]) == (subject, 1, ["req_1"])
    assert row["cost_usd"] == pytest.approx(1000 * INPUT + 100 * OUTPUT)


def conversation(*order: int) -> list[Row]:
    """The turns of one conversation, sent in this order: turn n holds the blocks 1 to n."""
    return [
        call(place, ts=at(2, 60 * place), session_id="talk", request_id=f"turn_{place}",
             prompt_hash=f"turn-{turn}-{place}",
             prefix=[{"hash": f"block-{block}", "tokens": 100 * block} for block in range(1, turn + 1)])
        for place, turn in enumerate(order)
    ]  # fmt: skip


def test_a_turn_before_what_it_answers_shows_a_clock_that_jumped(book: Store) -> None:
    row = only(found(book, [*quiet(), *conversation(2, 4, 3, 5)])["clock-jumps"])
    assert (row["subject"], row["example_request_ids"]) == ("before what it answers", ["turn_2"])


@pytest.mark.parametrize("order", [(2, 3, 4, 5), (2, 3, 4, 3, 4)], ids=["in order", "asked again"])
def test_turns_in_order_show_no_jump(book: Store, order: tuple[int, ...]) -> None:
    assert "clock-jumps" not in found(book, [*quiet(), *conversation(*order)])


def test_models_without_a_price(book: Store) -> None:
    rows = [
        *quiet(),
        call(1, ts=at(2), model="our-own-7b", provider=None, cost_logged_usd=0.25),
        call(2, ts=at(2), model="our-other-7b", provider=None),
        call(3, ts=at(2), model="<synthetic>", provider=None, input_tokens=0, output_tokens=0),
    ]
    finding = found(book, rows)["models-without-price"]
    assert {row["subject"]: row["cost_usd"] for row in finding.subjects} == {"our-own-7b": 0.25, "our-other-7b": None}
    assert (finding.severity, finding.requests, finding.cost_usd) == ("critical", 2, 0.25)


@pytest.fixture(scope="module")
def sample_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample logs' product traffic and coding sessions, ingested once."""
    db = tmp_path_factory.mktemp("samples") / "llmcost.duckdb"
    with ingested(db, ROOT / "sample_logs" / "llmcost", ROOT / "sample_logs" / "claude_code"):
        pass
    return db


def test_the_sample_logs_tell_their_story(sample_store: Path, tmp_path: Path) -> None:
    done = llmcost("audit", "--format", "json", "--db", sample_store, cwd=tmp_path)
    assert done.returncode == 0
    findings = {finding["finding"]: finding for finding in json.loads(done.stdout)["findings"]}
    subjects = {name: [row["subject"] for row in finding["subjects"]] for name, finding in findings.items()}
    assert subjects["days-out-of-line"] == ["2026-11-12"]
    assert "code-assist" in findings["days-out-of-line"]["subjects"][0]["detail"]
    assert subjects["cache-never-read"][:2] == ["code-assist/agent-v2", "contract-extraction/clauses"]
    assert subjects["truncated-answers"][0] == "doc-summaries/summary"
    assert subjects["models-without-price"] == ["deskmate-7b-v3"]
    assert subjects["long-prompt-never-cached"][0] == "support-chat/main"
    assert set(subjects["expensive-model-on-trivial-tasks"]) == {"ticket-triage/category", "ticket-triage/urgency"}
    assert findings["paid-errors"]["cost_usd"] > 0
    assert "output-not-recorded" in findings
    assert not {"parents-with-children", "logged-twice", "clock-jumps"} & set(findings)


def test_findings_come_gravest_first(sample_store: Path) -> None:
    with access.reading(sample_store) as opened:
        result = audit.audit(opened, Scope())
    grades = [audit.SEVERITIES.index(finding.severity) for finding in result.findings]
    assert grades == sorted(grades, reverse=True)


def test_the_rows_behind_a_finding_are_those_that_it_counts(sample_store: Path) -> None:
    with access.reading(sample_store) as opened:
        for finding in audit.audit(opened, Scope()).findings:
            rows, requests = audit.rows_behind(opened, Scope(), finding.query.name)
            assert requests == finding.requests == sum(row["calls"] for row in rows)
            assert len(rows) == len({row["request_id"] for row in rows})
            some, requests = audit.rows_behind(opened, Scope(), finding.query.name, top=2)
            assert (some, requests) == (rows[:2], finding.requests)


def test_dollars_of_a_finding_never_exceed_all_spend(sample_store: Path) -> None:
    with access.reading(sample_store) as opened:
        result = audit.audit(opened, Scope())
    assert result.cost_usd is not None
    for finding in result.findings:
        assert 0 <= (finding.cost_usd or 0) <= result.cost_usd


def test_a_stretch_of_time_is_audited_alone(sample_store: Path) -> None:
    with access.reading(sample_store) as opened:
        result = audit.audit(opened, scope(opened, "2026-10-22", "2026-10-30"))
        assert "days-out-of-line" not in {finding.query.name for finding in result.findings}
        with pytest.raises(LlmcostError, match="no requests"):
            audit.audit(opened, scope(opened, "2020-01-01", "2020-01-02"))


@pytest.mark.parametrize(
    ("extra", "severity", "status"),
    [
        ([], "info", 0),
        ([call(1, ts=at(2), model="our-own-7b", provider=None)], "critical", 1),
        ([call(1, ts=at(2), status="error", prompt_hash="e")], "critical", 0),
        ([call(1, ts=at(2), status="error", prompt_hash="e")], "warning", 1),
        ([call(1, ts=at(2), status="error", prompt_hash="e")], "info", 1),
    ],
)
def test_fail_on(tmp_path: Path, extra: list[Row], severity: str, status: int) -> None:
    with ingested(tmp_path / "llmcost.duckdb", write(tmp_path / "log.jsonl", [*quiet(), *extra])):
        pass
    done = llmcost("audit", "--fail-on", severity, cwd=tmp_path)
    assert done.returncode == status, done.stdout
    assert llmcost("audit", cwd=tmp_path).returncode == 0


def test_wrong_words_are_usage_errors(sample_store: Path, tmp_path: Path) -> None:
    done = llmcost("audit", "--show", "paid-erors", "--db", sample_store, cwd=tmp_path)
    assert (done.returncode, "did you mean paid-errors" in done.stderr) == (2, True)
    assert llmcost("audit", "--show", "paid-errors", "--fail-on", "info", cwd=tmp_path).returncode == 2
    assert llmcost("audit", "--fail-on", "severe", cwd=tmp_path).returncode == 2
    with pytest.raises(UsageError):
        registry.find("audit", "nothing")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store whose every name is an attack."""
    path = tmp_path_factory.mktemp("hostile")
    named = {"model": HOSTILE, "feature": HOSTILE, "prompt_id": HOSTILE, "session_id": HOSTILE, "user_id": HOSTILE}
    rows = [
        *quiet(),
        call(1, **named | {"provider": None, "request_id": HOSTILE, "ts": at(2)}),
        *(call(n, **named | {"model": "claude-haiku-4-5", "ts": at(3, n), "status": "error", "prompt_hash": HOSTILE})
          for n in range(2, 5)),
        call(6, **named | {"model": "claude-haiku-4-5", "ts": at(4), "stop_reason": "max_tokens"}),
    ]  # fmt: skip
    with ingested(path / "llmcost.duckdb", write(path / "log.jsonl", rows)):
        return path


@pytest.mark.parametrize("words", [(), ("--show", "models-without-price"), ("--show", "paid_errors")], ids=str)
@pytest.mark.parametrize("form", ["table", "json", "csv", "markdown"])
def test_names_from_a_log_are_only_text(hostile: Path, words: tuple[str, ...], form: str) -> None:
    done = llmcost("audit", *words, "--format", form, cwd=hostile)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    assert form == "json" or "\u202e" not in done.stdout
    if form == "json":
        assert HOSTILE in json.dumps(json.loads(done.stdout), ensure_ascii=False).replace("\\u001b", "\x1b")
    if form == "csv":
        for line in csv.reader(io.StringIO(done.stdout)):
            assert not any(cell.startswith(("=", "+", "@")) for cell in line)
    if form == "markdown":
        assert "<b>" not in done.stdout


def test_csv_and_markdown_have_a_row_a_subject(sample_store: Path, tmp_path: Path) -> None:
    done = llmcost("audit", "--format", "csv", "--db", sample_store, cwd=tmp_path)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert tuple(rows[0]) == audit.COLUMNS
    assert {"2026-11-12", "deskmate-7b-v3"} <= {row["subject"] for row in rows}
    assert len(llmcost("audit", "--format", "markdown", "--db", sample_store, cwd=tmp_path).stdout.splitlines()) == (
        len(rows) + 2
    )
