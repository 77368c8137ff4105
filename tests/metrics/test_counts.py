"""Counters in the store: what an ingest counts, that none falls, and that labels stay bounded."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from llmcost.engine import access
from llmcost.errors import LlmcostError
from llmcost.ingest import run
from llmcost.metrics import definitions, exporter
from llmcost.metrics.exporter import Counters, Labels
from tests.logs import Row, call, contents, write
from tests.reports.test_audit import HOSTILE

DEAR = {"provider": "anthropic", "model": "claude-opus-4-5"}


def read(db: Path, *logs: Path) -> Counters:
    """The counters after one more ingest."""
    with access.writing(db) as opened:
        run.ingest(opened, [str(log) for log in logs])
        return exporter.read(opened)


def summed(counters: Counters, metric: str) -> float:
    return sum(counters.values.get(metric, {}).values())


def grown(before: Counters, after: Counters) -> bool:
    """Whether every counter is there still, and none has fallen."""
    return all(
        after.values.get(metric, {}).get(labels, -1) >= value
        for metric, series in before.values.items()
        for labels, value in series.items()
    )


@contextmanager
def bounds(monkeypatch: pytest.MonkeyPatch, top: int = 25, most: int = 2000) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(definitions, "TOP_VALUES", top)
        patch.setattr(definitions, "MOST_SERIES", most)
        yield


def test_every_metric_by_hand(tmp_path: Path, store_path: Path) -> None:
    rows: list[Row | str] = [
        call(1, feature="search", task_type="qa", latency_ms=640, cache_read_tokens=50, cache_write_5m_tokens=7),
        call(2, feature="search", task_type="qa", latency_ms=640.5, cache_write_1h_tokens=9),
        call(3, status="error", output_tokens=0, latency_ms=1e7),
        call(4, provider=None, model="our-own-7b", tags={"response_cache": "hit"}),  # the user's own word
        {"litellm_call_id": "c1", "call_type": "completion", "custom_llm_provider": "openai", "model": "our-own-7b",
         "startTime": "2026-11-02T10:00:00Z", "cache_hit": "True", "prompt_tokens": 1000, "completion_tokens": 100},
        call(5, provider=None, model="our-own-7b", input_tokens=0, output_tokens=0),  # costs nothing at any price
        "no call at all",
    ]  # fmt: skip
    counters = read(store_path, write(tmp_path / "log.jsonl", rows)).values
    haiku, own = "claude-haiku-4-5", "our-own-7b"
    assert counters["llm_requests_total"] == {
        (haiku, "search", "qa", "ok"): 2,
        (haiku, "unattributed", "none", "error"): 1,
        (own, "unattributed", "none", "ok"): 3,
    }
    assert counters["llm_cost_usd_total"] == {
        (haiku, "search"): pytest.approx(2 * 1500e-6 + 50 * 0.1e-6 + 7 * 1.25e-6 + 9 * 2e-6),
        (haiku, "unattributed"): pytest.approx(1000e-6),
    }
    tokens = {"input": 3000, "cache_read": 50, "cache_write_5m": 7, "cache_write_1h": 9, "output": 200}
    assert counters["llm_tokens_total"] == {
        **{(haiku, kind): number for kind, number in tokens.items()}, (own, "input"): 1000, (own, "output"): 100,
    }  # fmt: skip
    assert counters["llm_cache_hits_total"] == {("prompt",): 1, ("response",): 1}
    assert counters["llm_unpriced_requests_total"] == {(own,): 1}
    ends = definitions.DURATION_BUCKETS_S
    assert counters["llm_request_duration_seconds_bucket"] == {
        (haiku, str(ends.index(0.64))): 1,  # its end included
        (haiku, str(ends.index(1.28))): 1,
        (haiku, str(len(ends))): 1,
    }
    assert counters["llm_request_duration_seconds_sum"] == {(haiku,): pytest.approx(10001.2805)}
    assert counters["llmcost_log_lines_total"] == {
        ("requests",): 6, ("duplicates",): 0, ("no_call",): 0, ("rejects",): 1,
    }  # fmt: skip


def test_the_counters_are_the_report(tmp_path: Path, store_path: Path) -> None:
    from llmcost.reports import spend
    from llmcost.reports.scope import scope
    from tests.conftest import ROOT

    with access.writing(store_path) as opened:
        run.ingest(opened, [str(ROOT / "sample_logs")])
        counters = exporter.read(opened)
        total = spend.spend(opened, (), scope(opened))[0]
        lines = opened.value("select sum(lines) from ledger")
    assert summed(counters, "llm_requests_total") == total["requests"]
    assert summed(counters, "llm_cost_usd_total") == pytest.approx(total["cost_usd"])
    tokens = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens")
    assert summed(counters, "llm_tokens_total") == sum(total[name] for name in tokens)
    assert summed(counters, "llmcost_log_lines_total") == lines


def test_reading_again_counts_nothing_again(tmp_path: Path, store_path: Path) -> None:
    log = write(tmp_path / "log.jsonl", [call(n) for n in range(5)])
    copy = write(tmp_path / "copy.jsonl", [call(n) for n in range(5)])
    first = read(store_path, log)
    again = read(store_path, log)
    assert again == first
    copied = read(store_path, log, copy)
    assert copied.values["llm_requests_total"] == first.values["llm_requests_total"]
    assert copied.values["llm_cost_usd_total"] == first.values["llm_cost_usd_total"]
    assert copied.values["llmcost_log_lines_total"] == {
        ("requests",): 5, ("duplicates",): 5, ("no_call",): 0, ("rejects",): 0,
    }  # fmt: skip


def test_an_answer_completed_later_adds_what_it_lacked(tmp_path: Path, store_path: Path) -> None:
    before = read(store_path, write(tmp_path / "a.jsonl", [call(1, output_tokens=1), call(2)]))
    after = read(store_path, write(tmp_path / "b.jsonl", [call(1, output_tokens=100)]))
    assert grown(before, after)
    assert summed(after, "llm_requests_total") == 2
    assert after.values["llm_tokens_total"]["claude-haiku-4-5", "output"] == 200
    assert summed(after, "llm_cost_usd_total") == pytest.approx(2 * 1500e-6)


def test_no_counter_falls_when_a_request_changes_its_labels(tmp_path: Path, store_path: Path) -> None:
    """A better copy says another feature: what the first shows too much is made up by what comes next."""
    first = read(store_path, write(tmp_path / "a.jsonl", [call(1, feature="a", output_tokens=1)]))
    moved = read(store_path, write(tmp_path / "b.jsonl", [call(1, feature="b")]))
    assert grown(first, moved)
    features = {labels[1]: value for labels, value in moved.values["llm_requests_total"].items()}
    assert features == {"a": 1, "b": 1}
    made_up = read(store_path, write(tmp_path / "c.jsonl", [call(2, feature="a")]))
    assert made_up.values["llm_requests_total"] == moved.values["llm_requests_total"]
    assert summed(made_up, "llm_requests_total") == len(contents(store_path))


def test_records_that_turn_out_to_repeat_others_are_taken_back(tmp_path: Path, store_path: Path) -> None:
    """A span whose child comes later counts no more, and no counter falls."""
    from tests.formats.test_opentelemetry import request, span

    before = read(store_path, write(tmp_path / "a.jsonl", [request(span("a"))]))
    after = read(store_path, write(tmp_path / "b.jsonl", [request(span("b", parent="a"))]))
    assert grown(before, after)
    assert summed(after, "llm_requests_total") == len(contents(store_path)) == 1


def test_other_prices_and_rules_change_no_counter(
    tmp_path: Path, store_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = read(store_path, write(tmp_path / "a.jsonl", [call(n, feature=None) for n in range(4)]))
    (tmp_path / "llmcost.toml").write_text('[[features]]\nfeature = "named"\nmodel = "claude-*"\n')
    after = read(store_path, write(tmp_path / "b.jsonl", [call(9, feature=None)]))
    assert grown(before, after)
    features = {labels[1]: value for labels, value in after.values["llm_requests_total"].items()}
    assert features == {"unattributed": 4, "named": 1}


def test_the_most_expensive_values_have_series_and_the_rest_are_other(
    tmp_path: Path, store_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [call(n, feature=f"f{n}", output_tokens=100 * (n + 1)) for n in range(10)]
    with bounds(monkeypatch, top=3):
        counters = read(store_path, write(tmp_path / "log.jsonl", rows))
    features = {labels[1]: value for labels, value in counters.values["llm_requests_total"].items()}
    assert features == {"f9": 1, "f8": 1, "f7": 1, "other": 7}
    assert summed(counters, "llm_cost_usd_total") == pytest.approx(
        sum(1e-3 + 5e-6 * row["output_tokens"] for row in rows)
    )


def test_a_value_once_shown_stays_and_a_new_one_gets_its_own(
    tmp_path: Path, store_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ever more expensive features: each pushes another out of the top, none loses its series, and there is an end."""
    with bounds(monkeypatch, top=2):
        before = Counters({})
        for n in range(12):
            row = call(n, feature=f"f{n}", input_tokens=1000 * 2**n)
            after = read(store_path, write(tmp_path / f"{n}.jsonl", [row]))
            assert grown(before, after)
            assert summed(after, "llm_requests_total") == n + 1
            before = after
    features = {labels[1]: value for labels, value in before.values["llm_requests_total"].items()}
    assert features == {"f0": 1, "f1": 1, "f2": 1, "f3": 1, "other": 8}


def test_a_feature_promoted_from_other_leaves_its_past_there(
    tmp_path: Path, store_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bounds(monkeypatch, top=1):
        before = read(
            store_path, write(tmp_path / "a.jsonl", [call(1, feature="big"), call(2, feature="small", input_tokens=1)])
        )
        after = read(store_path, write(tmp_path / "b.jsonl", [call(n, feature="small") for n in range(3, 9)]))
    assert grown(before, after)
    features = {labels[1]: value for labels, value in after.values["llm_requests_total"].items()}
    assert features == {"big": 1, "other": 1, "small": 6}


def test_combinations_are_bounded_too(tmp_path: Path, store_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [call(10 * a + b, feature=f"f{a}", task_type=f"t{b}") for a in range(5) for b in range(5)]
    with bounds(monkeypatch, most=6):
        first = read(store_path, write(tmp_path / "a.jsonl", rows))
        more = [row | {"request_id": f"more-{row['request_id']}", "feature": f"g{row['feature']}"} for row in rows]
        after = read(store_path, write(tmp_path / "b.jsonl", more))
    assert grown(first, after)
    assert len(after.values["llm_requests_total"]) == 7
    assert after.values["llm_requests_total"]["other", "other", "other", "ok"] == 44
    assert summed(after, "llm_requests_total") == 50


def test_names_from_a_log_are_cut_and_otherwise_as_they_are(tmp_path: Path, store_path: Path) -> None:
    rows: list[Row] = [call(1, feature=HOSTILE), call(2, feature="x" * 5000), call(3, feature="x" * 5000 + "y")]
    counters = read(store_path, write(tmp_path / "log.jsonl", rows))
    features = {labels[1]: value for labels, value in counters.values["llm_requests_total"].items()}
    assert features == {HOSTILE: 1, "x" * 100: 2}


@pytest.mark.parametrize(
    "fields",
    [{"latency_ms": -5}, {"latency_ms": 1e300}, {"latency_ms": 0}, {"calls": 10**9}, {"input_tokens": 10**8}],
    ids=str,
)
def test_extreme_values_stop_no_ingest(tmp_path: Path, store_path: Path, fields: dict[str, Any]) -> None:
    counters = read(store_path, write(tmp_path / "log.jsonl", [call(1, **fields), call(2)]))
    assert len(contents(store_path)) == 2
    assert summed(counters, "llm_requests_total") >= 2


def test_an_ingest_that_fails_counts_nothing(tmp_path: Path, store_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = read(store_path, write(tmp_path / "a.jsonl", [call(1)]))

    def fail(*_: object) -> None:
        raise LlmcostError("the power is gone")

    log = write(tmp_path / "b.jsonl", [call(2)])
    with monkeypatch.context() as patch:
        patch.setattr(run, "_remember", fail)
        with pytest.raises(LlmcostError):
            read(store_path, log)
    with access.reading(store_path) as opened:
        assert exporter.read(opened) == before
    labels: Labels = ("claude-haiku-4-5", "unattributed", "none", "ok")
    assert read(store_path, log).values["llm_requests_total"] == {labels: 2}
