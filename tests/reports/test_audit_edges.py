"""Where each finding of the audit begins: just inside its thresholds, and just outside."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from llmcost.engine import store
from llmcost.engine.store import Store
from llmcost.prices import book as price_book
from tests.logs import Row, call
from tests.reports.test_audit import MODELS, at, cached, found, labels, long_prompts, only, quiet, wrapped

DEAR, SMALL = "claude-opus-4-5", "claude-haiku-5-5"


@pytest.fixture(scope="module")
def book() -> Iterator[Store]:
    """A store in which one model costs exactly twice what the small one does, for every kind of token."""
    with store.in_memory() as opened:
        price_book.learn(opened, [("anthropic", model) for model in MODELS])
        for model, factor in ((SMALL, 1), (DEAR, 2)):
            opened.execute(
                f"update prices set input_usd_mtok = {factor}, cache_read_usd_mtok = {factor / 8},"
                f" cache_write_5m_usd_mtok = {factor * 1.25}, cache_write_1h_usd_mtok = {factor * 2},"
                f" output_usd_mtok = {factor * 4} where model = '{model}'"
            )
        yield opened


def later(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def lengths(*, short: int, long: int) -> list[Row]:
    """Thirty answers of the expensive model, six of them long: the 90th percentile is as long as these."""
    return [row | {"output_tokens": long if n % 5 == 0 else short} for n, row in enumerate(labels())]


def repeats(seconds: float, **fields: Any) -> list[Row]:
    return [call(n, ts=at(2, seconds * n), prompt_hash="again", feature="faq", **fields) for n in range(2)]


def twice(seconds: float, output: int = 123, **fields: Any) -> list[Row]:
    mine = call(1, ts=at(4, 10), input_tokens=777, output_tokens=output)
    return [mine, mine | {"request_id": "theirs", "source_format": "litellm", "ts": at(4, 10 + seconds)} | fields]


def capped(cut: int, of: int, **fields: Any) -> list[Row]:
    """Answers of which some reach their cap; none says why it ended."""
    return [
        call(n, ts=at(2, n), feature="summary", output_tokens=20 if n < cut else 19, max_output_tokens=20,
             prompt_hash=f"cap-{n}", **fields)
        for n in range(of)
    ]  # fmt: skip


def usual(count: int, times: float) -> list[Row]:
    """Calls that cost the same, and one that costs a multiple of it."""
    rows = [call(n, ts=at(2, n), output_tokens=0, prompt_hash=f"u-{n}") for n in range(count)]
    return [*rows, call(999, ts=at(3), output_tokens=0, input_tokens=round(1000 * times))]


def lonely(others: int, days: int) -> list[Row]:
    """A call so many days before the others."""
    rows = [call(n, ts=at(0), prompt_hash=f"l-{n}") for n in range(others)]
    return [*rows, call(999, ts=at(-days), prompt_hash="lonely")]


def wraps(ends_s: float = 9.0, output: int = 300, prompt: int = 3000) -> list[Row]:
    """A record and a single one that runs while it does, of the same counts."""
    shared = {"session_id": "trace", "input_tokens": prompt, "output_tokens": output}
    return [
        call(1, ts=at(2), latency_ms=9000, **shared),
        call(2, ts=at(2, 1), latency_ms=(ends_s - 1) * 1000, **shared),
        call(3, ts=at(3), session_id="trace"),
    ]


CASES: list[tuple[str, list[Row], bool]] = [
    ("expensive-model-on-trivial-tasks", labels(), True),  # exactly twice the small model's cost
    ("expensive-model-on-trivial-tasks", labels(model="claude-haiku-4-5"), False),
    ("expensive-model-on-trivial-tasks", lengths(short=2, long=64), True),
    ("expensive-model-on-trivial-tasks", lengths(short=2, long=65), False),
    ("expensive-model-on-trivial-tasks", lengths(short=16, long=16), True),
    ("expensive-model-on-trivial-tasks", lengths(short=17, long=17), False),
    ("expensive-model-on-trivial-tasks", labels()[:20], True),
    ("expensive-model-on-trivial-tasks", labels()[:19], False),
    ("expensive-model-on-trivial-tasks", labels(complexity=0.5), True),
    ("expensive-model-on-trivial-tasks", labels(complexity=0.51), False),
    ("expensive-model-on-trivial-tasks", labels(reasoning_tokens=0), True),
    ("expensive-model-on-trivial-tasks", labels(reasoning_tokens=1), False),
    ("expensive-model-on-trivial-tasks", labels(status="error"), False),
    ("expensive-model-on-trivial-tasks", labels(output_tokens=0), False),
    ("expensive-model-on-trivial-tasks", labels(calls=2), False),
    ("expensive-model-on-trivial-tasks", labels(service_tier="batch"), True),
    ("cache-never-read", cached(0, cache_write_5m_tokens=4000)[:2], True),
    ("cache-never-read", cached(0, cache_write_5m_tokens=4000)[:1], False),
    ("cache-never-read", cached(0, cache_write_1h_tokens=4000)[:2], True),
    ("cache-never-read", cached(1000, cache_write_5m_tokens=4000), True),
    ("cache-never-read", cached(1200, cache_write_5m_tokens=4000), False),
    ("identical-requests", repeats(600), True),
    ("identical-requests", repeats(600.5), False),
    ("identical-requests", repeats(60, status="error"), False),
    ("identical-requests", repeats(60, calls=2), False),
    ("identical-requests", repeats(0), True),
    ("logged-twice", twice(5), True),
    ("logged-twice", twice(5.5), False),
    ("logged-twice", twice(1, output=16), True),
    ("logged-twice", twice(1, output=15), False),
    ("logged-twice", twice(1, input_tokens=776, cache_read_tokens=1), True),
    ("logged-twice", twice(1, input_tokens=776), False),
    ("logged-twice", twice(1, calls=2), False),
    ("truncated-answers", capped(1, 100), True),
    ("truncated-answers", capped(1, 101), False),
    ("truncated-answers", capped(1, 1, status="error"), False),
    ("truncated-answers", capped(0, 1), False),
    ("truncated-answers", capped(0, 1, stop_reason="MAX_TOKENS"), True),
    ("truncated-answers", capped(0, 1, stop_reason="length"), True),
    ("truncated-answers", capped(0, 1, stop_reason="max_output_tokens"), True),
    ("truncated-answers", capped(0, 1, stop_reason="model_length"), True),
    ("truncated-answers", capped(1, 1, stop_reason="stop"), False),
    ("truncated-answers", capped(1, 1, calls=2), False),
    ("truncated-answers", [row | {"max_output_tokens": 16, "output_tokens": 16} for row in capped(1, 1)], True),
    ("truncated-answers", [row | {"max_output_tokens": 15, "output_tokens": 15} for row in capped(1, 1)], False),
    ("cost-outliers", usual(19, 12), True),
    ("cost-outliers", usual(18, 12), False),  # too few to know what is usual
    ("cost-outliers", usual(19, 11), False),  # 2 to the power of 3.5 is 11.3
    ("cost-outliers", usual(1200, 12), False),  # less than a hundredth of all spend
    ("cost-outliers", usual(1180, 12), True),
    ("clock-jumps", lonely(101, 91), True),
    ("clock-jumps", lonely(101, 90), False),
    ("clock-jumps", lonely(99, 91), False),  # a hundredth of all requests is not a jump of a clock
    ("clock-jumps", [*quiet(), call(1, ts=at(2), latency_ms=500, ttft_ms=1501)], True),
    ("clock-jumps", [*quiet(), call(1, ts=at(2), latency_ms=500, ttft_ms=1500)], False),
    ("clock-jumps", [*quiet(), call(1, ts=at(2), latency_ms=-1)], True),
    ("clock-jumps", [*quiet(), call(1, ts=at(2), latency_ms=0)], False),
    ("clock-jumps", [*quiet(), call(1, ts=at(2), ttft_ms=-1)], True),
    ("clock-jumps", [call(1, ts=later(23.9))], False),
    ("clock-jumps", [call(1, ts=later(26))], True),  # made when tests are collected, which may be minutes before
    ("parents-with-children", wrapped(), True),
    ("parents-with-children", wraps(output=16), True),
    ("parents-with-children", wraps(output=15), False),
    ("parents-with-children", wraps(ends_s=10.0), True),  # to a second
    ("parents-with-children", wraps(ends_s=10.1), False),
    ("parents-with-children", wraps(output=0), False),
    ("long-prompt-never-cached", long_prompts(gap_s=300), True),
    ("long-prompt-never-cached", long_prompts(gap_s=301), False),
    ("long-prompt-never-cached", long_prompts()[:10], True),
    ("long-prompt-never-cached", long_prompts()[:9], False),
    ("long-prompt-never-cached", long_prompts(status="error"), False),
    ("models-without-price", [call(1, model="own", output_tokens=0)], True),
    ("models-without-price", [call(1, model="own", input_tokens=0)], True),
    ("models-without-price", [call(1, model="own", input_tokens=0, output_tokens=0, web_searches=1)], True),
    ("models-without-price", [call(1, model="own", input_tokens=0, output_tokens=0, cache_read_tokens=1)], True),
    ("models-without-price", [call(1, model="own", input_tokens=0, output_tokens=0, cache_write_5m_tokens=1)], True),
    ("models-without-price", [call(1, model="own", input_tokens=0, output_tokens=0, cache_write_1h_tokens=1)], True),
    ("models-without-price", [call(1, model="own", input_tokens=0, output_tokens=0, cost_logged_usd=0.1)], True),
    ("models-without-price", [call(1, model="own", input_tokens=0, output_tokens=0)], False),
    ("paid-errors", [call(1, status="error", output_tokens=0)], True),
    ("paid-errors", [call(1, status="error", input_tokens=0, output_tokens=0)], False),
    ("output-not-recorded", [call(1, output_partial=True), call(2)], True),
    ("output-not-recorded", [call(1), call(2)], False),
]
for tokens, is_found in ((1024, True), (1023, False)):
    prefix = [{"hash": "system", "tokens": tokens}]
    CASES.append(("long-prompt-never-cached", [row | {"prefix": prefix} for row in long_prompts()], is_found))


@pytest.mark.parametrize(
    ("name", "rows", "is_found"), CASES, ids=[f"{name}-{number}" for number, (name, *_) in enumerate(CASES)]
)
def test_a_finding_begins_at_its_thresholds(book: Store, name: str, rows: list[Row], is_found: bool) -> None:
    assert (name in found(book, rows)) is is_found


@pytest.mark.parametrize(("seconds", "counted"), [(600, 1), (601, 0)])
def test_an_error_counts_as_tried_again_within_ten_minutes(book: Store, seconds: int, counted: int) -> None:
    failed = {"feature": "chat", "prompt_hash": "p", "status": "error"}
    rows = [call(1, ts=at(2), **failed), call(2, ts=at(2, seconds), **failed | {"status": "ok"})]
    assert only(found(book, rows)["paid-errors"])["detail"] == f"{counted} retried within 10 minutes"
