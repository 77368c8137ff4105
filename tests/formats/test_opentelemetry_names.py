"""How instrumentations spell cached, written and reasoning tokens: each is read, and no such token is plain input."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.formats.reading import read
from tests.logs import Row

PLAIN, CACHED, WRITTEN, ANSWER, THOUGHT = 40, 700, 260, 50, 20
SENT = PLAIN + CACHED + WRITTEN
MODEL = {"gen_ai.request.model": "claude-sonnet-4-6"}
COUNTS = MODEL | {"gen_ai.usage.input_tokens": SENT, "gen_ai.usage.output_tokens": ANSWER}
ALL_5M = (PLAIN, CACHED, WRITTEN, 0, ANSWER)
READ_ONLY = (PLAIN + WRITTEN, CACHED, 0, 0, ANSWER)


def export(attributes: Row) -> Row:
    """An export request of one span."""

    def value(it: Any) -> Row:
        return {"intValue": str(it)} if isinstance(it, int) else {"stringValue": it}

    span = {"traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331", "name": "chat",
            "startTimeUnixNano": "1793613600000000000", "endTimeUnixNano": "1793613601000000000",
            "attributes": [{"key": key, "value": value(it)} for key, it in attributes.items()]}  # fmt: skip
    return {"resourceSpans": [{"resource": {"attributes": []}, "scopeSpans": [{"spans": [span]}]}]}


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (COUNTS | {"gen_ai.usage.cache_read_input_tokens": CACHED, "gen_ai.usage.cache_write_input_tokens": WRITTEN},
         ALL_5M),
        (COUNTS | {"gen_ai.usage.cache_read_tokens": CACHED, "gen_ai.usage.cache_write_tokens": WRITTEN}, ALL_5M),
        (COUNTS | {"gen_ai.usage.cached_input_tokens": CACHED}, READ_ONLY),
        (COUNTS | {"gen_ai.usage.prompt_tokens_details.cache_read": CACHED,
                   "gen_ai.usage.completion_tokens_details.reasoning": THOUGHT}, READ_ONLY),
        (COUNTS | {"gen_ai.usage.input_tokens_details.cached_tokens": CACHED}, READ_ONLY),
        (COUNTS | {"gen_ai.usage.input_token_details": json.dumps(
            {"cache_read": CACHED, "ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 160}),
                   "gen_ai.usage.output_token_details": json.dumps({"reasoning": THOUGHT})},
         (PLAIN, CACHED, 100, 160, ANSWER)),
        (COUNTS | {"gen_ai.usage.cache_read.input_tokens": CACHED, "gen_ai.usage.cache_creation.input_tokens": WRITTEN,
                   "gen_ai.usage.cache_creation.ephemeral_1h_input_tokens": 160}, (PLAIN, CACHED, 100, 160, ANSWER)),
        # neither costs nor limits are counts
        (COUNTS | {"gen_ai.usage.cache_read_tokens_cost": 9, "gen_ai.usage.experimental.reasoning_tokens_limit": 9,
                   "gen_ai.usage.cached_tokens": CACHED}, READ_ONLY),
        # nor is what was not cached
        (
            COUNTS
            | {"ai.usage.inputTokenDetails.noCacheTokens": PLAIN + WRITTEN, "gen_ai.usage.uncached_input_tokens": 9,
               "ai.usage.inputTokenDetails.cacheReadTokens": CACHED, "gen_ai.usage.prompt_cache_miss_tokens": 9000},
            READ_ONLY,
        ),
        # Google's ADK counted the thoughts apart while it named them so
        (COUNTS | {"gen_ai.usage.experimental.reasoning_tokens": THOUGHT}, (SENT, 0, 0, 0, ANSWER + THOUGHT)),
        (COUNTS | {"gen_ai.usage.reasoning.output_tokens": THOUGHT}, (SENT, 0, 0, 0, ANSWER)),
        # MLflow
        ({"mlflow.llm.model": '"claude-sonnet-4-6"', "mlflow.llm.provider": '"anthropic"',
          "mlflow.chat.tokenUsage": json.dumps({"input_tokens": SENT, "output_tokens": ANSWER,
                                                "total_tokens": SENT + ANSWER, "cache_read_input_tokens": CACHED,
                                                "cache_creation_input_tokens": WRITTEN})}, ALL_5M),
    ],
)  # fmt: skip
def test_one_count_by_many_names(attributes: Row, expected: tuple[int, ...], tmp_path: Path) -> None:
    found = read(tmp_path, [export(attributes)])
    assert (found.tokens(), found.only()["model_logged"]) == ([expected], "claude-sonnet-4-6")
    thoughts = any("reasoning" in f"{name}{value}" and not name.endswith("limit") for name, value in attributes.items())
    assert found.only()["reasoning_tokens"] == (THOUGHT if thoughts else None)


def test_a_cached_count_that_is_none_is_refused(tmp_path: Path) -> None:
    found = read(tmp_path, [export(COUNTS | {"gen_ai.usage.cache_read_tokens": "many"})])
    assert found.reasons == ["a count that is not a whole number"]
