"""Langfuse: observations in every form, each use counted where it stands lowest."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.formats.reading import read
from tests.logs import Row, ingested, totals


def observation(id: str, parent: str | None = None, usage: Row | None = None, **fields: Any) -> Row:
    """As the API gives it."""
    return {
        "id": id,
        "traceId": "t1",
        "type": "GENERATION",
        "parentObservationId": parent,
        "startTime": "2026-11-02T10:00:00.000Z",
        "endTime": "2026-11-02T10:00:02.500Z",
        "model": "gpt-4o",
        "usageDetails": usage if usage is not None else {"input": 10, "output": 2, "total": 12},
        "costDetails": {"total": 0.02},
    } | fields


EXPORTED = {
    "id": "o1", "trace_id": "t1", "type": "GENERATION", "start_time": "2026-11-02 10:00:00.123456",
    "end_time": "2026-11-02 10:00:01.000000", "completion_start_time": "2026-11-02 10:00:00.500000",
    "provided_model_name": "gpt-4o", "cost_details": {"total": 0.02}, "prompt_name": "p", "prompt_version": 3,
    "usage_details": {"input": 86, "input_cached_tokens": 17817, "output": 12, "total": 17915},
    "user_id": "u1", "session_id": "s1", "trace_name": "search", "environment": "production", "level": "ERROR",
    "model_parameters": {"max_tokens": 500},
}  # fmt: skip


def test_an_exported_row(tmp_path: Path) -> None:
    request = read(tmp_path, [EXPORTED]).only()
    expected = {
        "request_id": "t1:o1", "source_format": "langfuse", "provider": "openai", "model": "gpt-4o",
        "feature": "search", "prompt_id": "p v3", "user_id": "u1", "session_id": "s1", "input_tokens": 86,
        "cache_read_tokens": 17_817, "output_tokens": 12, "max_output_tokens": 500, "status": "error",
        "cost_logged_usd": 0.02, "tags": {"environment": "production"},
    }  # fmt: skip
    assert {name: request[name] for name in expected} == expected
    assert str(request["ts"]) == "2026-11-02 10:00:00.123456"
    assert (request["latency_ms"], request["ttft_ms"]) == (pytest.approx(876.544), pytest.approx(376.544))


@pytest.mark.parametrize(
    ("usage", "buckets", "reasoning"),
    [
        ({"input": 5, "output": 3, "total": 8}, (5, 0, 0, 0, 3), None),
        ({"input": 5, "output": 35, "output_reasoning": 64, "total": 104}, (5, 0, 0, 0, 99), 64),
        ({"input": 5, "input_audio": 7, "output": 3}, (12, 0, 0, 0, 3), None),
        ({"input": 5, "input_audio": 7, "output": 3, "total": 15}, (12, 0, 0, 0, 3), None),
        # a total that leaves no room for the parts holds them
        ({"input": 12, "input_audio": 7, "input_text": 5, "output": 3, "output_text": 3, "total": 15},
         (12, 0, 0, 0, 3), None),
        # two names of one count
        ({"input": 5, "prompt_tokens": 5, "output": 3, "completion_tokens": 3, "total": 8, "total_tokens": 8},
         (5, 0, 0, 0, 3), None),
        ({"input": 5, "input_tokens": 5, "output": 3, "output_tokens": 3}, (5, 0, 0, 0, 3), None),
        ({"input": 5, "cache_read_input_tokens": 90, "cache_creation_input_tokens": 8, "output": 3},
         (5, 90, 8, 0, 3), None),
        ({"input": 5, "input_cache_creation_5m": 8, "input_cache_creation_1h": 9, "output": 3}, (5, 0, 8, 9, 3), None),
        ({"input": 50, "prompt_details.cache_read": 40, "output": 9, "completion_details.reasoning": 4},
         (10, 40, 0, 0, 9), 4),
        ({"input": 20, "total": 20}, (20, 0, 0, 0, 0), None),
        ({"total": 20}, (20, 0, 0, 0, 0), None),
    ],
)  # fmt: skip
def test_names_of_usage(tmp_path: Path, usage: Row, buckets: tuple[int, ...], reasoning: int | None) -> None:
    found = read(tmp_path, [observation("o1", usage=usage)])
    assert found.tokens() == [buckets]
    assert found.only()["reasoning_tokens"] == reasoning


def test_the_first_form_of_usage(tmp_path: Path) -> None:
    old = {"usageDetails": None, "usage": {"input": 49, "output": 40, "total": 89, "unit": "TOKENS"}}
    assert read(tmp_path, [observation("o1") | old]).tokens() == [(49, 0, 0, 0, 40)]
    characters = {"usageDetails": None, "usage": {"input": 490, "output": 400, "unit": "CHARACTERS"}}
    assert read(tmp_path, [observation("o1") | characters]).counts["no_call"] == 1


def test_what_is_not_text_and_what_is_billed_by_the_use(tmp_path: Path) -> None:
    usage = {
        "input": 100, "input_audio_tokens": 40, "input_cached_tokens": 20, "output": 10, "output_audio_tokens": 30,
        "total": 200, "web_search_requests": 2,
    }  # fmt: skip
    parameters = {"service_tier": "priority", "inference_geo": "us"}
    request = read(tmp_path, [observation("o", usage=usage, modelParameters=parameters)]).only()
    expected = {
        "input_tokens": 140, "input_audio_tokens": 40, "cache_read_tokens": 20, "output_tokens": 40,
        "output_audio_tokens": 30, "web_searches": 2, "service_tier": "priority", "region": "us",
        "input_image_tokens": None, "counts_doubtful": False,
    }  # fmt: skip
    assert {name: request[name] for name in expected} == expected


SPAN = observation("a", usage={}, type="SPAN", model=None)
AGENT = observation("b", "a", usage={"input": 30, "output": 6}, type="AGENT", model="unknown")
CHAIN = observation("c", "b", usage={}, type="CHAIN", model=None)
FIRST = observation("d", "c", usage={"input": 10, "output": 2})
SECOND = observation("e", "b", usage={"input": 20, "output": 4})
TRACE = {"id": "t1", "name": "search", "userId": "u1", "sessionId": "s1", "tags": ["beta", "x"]}
ALL = [SPAN, AGENT, CHAIN, FIRST, SECOND]


@pytest.mark.parametrize(
    "log",
    [
        ALL,
        [{"data": ALL, "meta": {"page": 1}}],
        [TRACE | {"observations": ALL}],
        [{"trace": TRACE, "observations": ALL}],
    ],
    ids=["rows", "page", "trace", "exported trace"],
)
def test_the_lowest_usage_counts(tmp_path: Path, log: list[Row]) -> None:
    found = read(tmp_path, log)
    assert sorted(found.tokens()) == [(10, 0, 0, 0, 2), (20, 0, 0, 0, 4)]
    assert found.counts == {"lines": 5, "requests": 2, "duplicates": 1, "no_call": 2, "rejects": 0}
    if log is not ALL and "data" not in log[0]:
        first = found.requests[0]
        assert (first["feature"], first["user_id"], first["session_id"]) == ("search", "u1", "s1")
        assert first["tags"]["labels"] == "beta, x"


def test_the_order_of_arrival_decides_nothing(tmp_path: Path) -> None:
    """A parent that was counted makes room when what is below it comes, in later files too."""
    whole = read(tmp_path / "whole", ALL)
    for number, logs in enumerate(([[AGENT], [FIRST], [CHAIN], [SECOND], [SPAN]], [[CHAIN, SECOND], [FIRST], [AGENT]])):
        apart = read(tmp_path / str(number), *logs)
        assert apart.requests == whole.requests
        assert apart.counts["requests"] == 2


def test_one_that_stands_under_itself_counts(tmp_path: Path) -> None:
    assert read(tmp_path, [observation("a", "a")]).counts["requests"] == 1


def test_a_document_of_observations(tmp_path: Path) -> None:
    found = read(tmp_path, [json.dumps(ALL, indent=1)], suffix="json")
    assert found.counts["requests"] == 2


def test_broken(tmp_path: Path) -> None:
    rows = [
        observation("a", usage={"input": "lots", "output": 2}),
        observation("b", model=None),
        observation("c", usage={"input": 5, "input_cached_tokens": -7}),
        '{"id": "d", "traceId": "t1", "type": "GENERATION"',
        observation("e"),
    ]
    found = read(tmp_path, rows)
    assert found.reasons == ["a count that is not a whole number", "no model", "a negative count", "not JSON"]
    assert found.counts["requests"] == 1


def test_known_answers(shared_data: Path, store_path: Path) -> None:
    """The leaves that carry usage, found here by walking each trace."""
    used: dict[tuple[str, str], Row] = {}
    above: dict[tuple[str, str], str | None] = {}
    for path in sorted((shared_data / "langfuse_traces").iterdir()):
        for row in json.loads(path.read_text()).get("observations", []):
            key = row["traceId"], row["id"]
            above[key] = row.get("parentObservationId")
            if any((row.get("usageDetails") or {}).values()):
                used[key] = row
    repeated = set()
    for trace, id in used:
        parent = above[trace, id]
        while parent is not None and (trace, parent) in above:
            repeated.add((trace, parent))
            parent = above[trace, parent]
    leaves = [row for key, row in used.items() if key not in repeated]
    assert len(used) - len(leaves) == 4, "these stand on a parent and on what is below it"
    with ingested(store_path, shared_data / "langfuse_traces") as (opened, account):
        found = totals(opened)
        assert found["calls"] == len(leaves) == 31
        assert found["input"] == sum(row["inputUsage"] for row in leaves)
        # one of Gemini's leaves its thoughts out of output, and has them in the total alone
        assert found["output"] == sum(row["usageDetails"]["total"] - row["inputUsage"] for row in leaves)
        assert found["output"] - sum(row["outputUsage"] for row in leaves) == 2023 - 5 - 845
        assert account.formats["langfuse"]["rejects"] == 0
        assert opened.value("select round(sum(cost_logged_usd), 6) from requests") == round(
            sum(row["totalCost"] for row in leaves), 6
        )


def test_usage_as_an_application_sent_it(tmp_path: Path) -> None:
    sent = {"promptTokens": 10, "completionTokens": 2, "totalTokens": 12}
    found = read(tmp_path, [observation("o1", usage={}) | {"usage": sent}])
    assert found.tokens() == [(10, 0, 0, 0, 2)]
