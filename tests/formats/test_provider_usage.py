"""Usage objects of every provider, compared with what genai-prices makes of them."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from genai_prices.data_snapshot import get_snapshot

from llmcost.engine import store
from llmcost.ingest import run
from tests.formats.reading import read
from tests.logs import Row


def exchange(uri: str, *usage: Row, model: str | None = "m", mode: str = "json") -> Row:
    return {"host": uri.split("/")[2], "uri": uri, "status": 200, "mode": mode, "model": model,
            "usage_objects": list(usage)}  # fmt: skip


OPENAI = "https://api.openai.com/v1/chat/completions"
ANTHROPIC = "https://api.anthropic.com/v1/messages"
GEMINI = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:generateContent"


@pytest.mark.parametrize(
    ("row", "buckets", "model"),
    [
        (exchange(OPENAI, {"prompt_tokens": 2006, "prompt_tokens_details": {"cached_tokens": 1920},
                           "completion_tokens": 300}, model="gpt-4o"), (86, 1920, 0, 0, 300), "gpt-4o"),
        (exchange(ANTHROPIC, {"input_tokens": 3, "cache_read_input_tokens": 9000, "cache_creation_input_tokens": 300,
                              "cache_creation": {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 200},
                              "output_tokens": 159}, model="claude-opus-4-7"), (3, 9000, 100, 200, 159),
         "claude-opus-4-7"),
        (exchange(ANTHROPIC, {"input_tokens": 19, "output_tokens": 2}, {"output_tokens": 216}, mode="sse"),
         (19, 0, 0, 0, 216), "m"),
        (exchange(GEMINI, {"promptTokenCount": 900, "cachedContentTokenCount": 700, "candidatesTokenCount": 50,
                           "thoughtsTokenCount": 200, "toolUsePromptTokenCount": 86}, model=None),
         (286, 700, 0, 0, 250), "gemini-2.5-pro"),
        (exchange("https://api.cohere.com/v2/chat", {"billed_units": {"input_tokens": 62, "output_tokens": 38},
                  "tokens": {"input_tokens": 1531, "output_tokens": 89}}, model=None), (62, 0, 0, 0, 38), "unknown"),
        (exchange("https://bedrock-runtime.us-east-1.amazonaws.com/model/amazon.nova-lite-v1%3A0/converse",
                  {"contentPolicyUnits": 1}, {"inputTokens": 54, "outputTokens": 18, "totalTokens": 72}, model=None),
         (54, 0, 0, 0, 18), "amazon.nova-lite-v1:0"),
        (exchange("https://api.groq.com/openai/v1/chat/completions", {"prompt_tokens": 100, "completion_tokens": 9},
                  {"prompt_tokens": 60, "completion_tokens": 5}, {"prompt_tokens": 40, "completion_tokens": 4}),
         (100, 0, 0, 0, 9), "m"),
        (exchange("https://api.voyageai.com/v1/embeddings", {"total_tokens": 18}), (18, 0, 0, 0, 0), "m"),
    ],
)  # fmt: skip
def test_shapes(tmp_path: Path, row: Row, buckets: tuple[int, ...], model: str) -> None:
    found = read(tmp_path, [row])
    assert found.tokens() == [buckets]
    assert found.only()["model_logged"] == model


def test_equal_lines_are_calls_of_their_own(tmp_path: Path) -> None:
    row = exchange(OPENAI, {"prompt_tokens": 1, "completion_tokens": 1})
    assert read(tmp_path, [row, row, row]).counts["requests"] == 3
    assert read(tmp_path, [row, row], [row, row]).counts["requests"] == 2, "but a file read twice adds nothing"


def test_broken(tmp_path: Path) -> None:
    rows = [
        exchange(OPENAI, {"prompt_tokens": "x", "completion_tokens": 1}),
        exchange(OPENAI, {"prompt_tokens": 5}),
        exchange(OPENAI, {"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": 9}, "completion_tokens": 1}),
        exchange(OPENAI),
        exchange(OPENAI, {"prompt_tokens": 5, "completion_tokens": 1}) | {"usage_objects": [None, 7, "x"]},
    ]
    found = read(tmp_path, rows)
    assert found.reasons == ["a count that is not a whole number", "no output token count"]
    assert found.counts["no_call"] == 2
    assert (found.tokens(), found.only()["counts_doubtful"]) == ([(5, 9, 0, 0, 1)], True)


# --- every recorded line against genai-prices ---------------------------------------------------------

COUNTS = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "output_reasoning_tokens",
          "web_searches")  # fmt: skip
TOKEN_COUNT = re.compile(r"tokens$|Tokens$|TokenCount$|^billed_units$")


def extracted(row: Row) -> tuple[int, ...] | None:
    """What extract_usage finds; None where the package does not know the provider or its shape."""
    try:
        provider = get_snapshot().find_provider(None, None, row["uri"])
    except LookupError:
        return None
    if row["mode"] == "sse":
        usage = {name: count for part in row["usage_objects"] for name, count in part.items() if count is not None}
    else:
        counted = [part for part in row["usage_objects"] if any(map(TOKEN_COUNT.search, part))]
        usage = counted[0] if counted else {}
    key = "usageMetadata" if "googleapis" in row["host"] else "usage"
    response = json.loads(re.sub(r'"modality": (\d+)', r'"modality": "\1"', json.dumps({key: usage, "model": "m"})))
    for flavor in _flavors(row["uri"]):
        if any(extractor.api_flavor == flavor for extractor in provider.extractors or ()):
            try:
                _, found = provider.extract_usage(response, api_flavor=flavor)
            except ValueError:
                continue
            return tuple(int(getattr(found, name) or 0) for name in COUNTS)
    return None


def _flavors(uri: str) -> list[str]:
    if "/messages" in uri:
        return ["default"]
    special = {"/responses": "responses", "mbed": "embeddings", "/invoke": "anthropic"}
    return [flavor for part, flavor in special.items() if part in uri] + ["chat", "default"]


def difference(row: Row, wanted: tuple[int, ...], request: Row) -> str:
    """Why llmcost says otherwise; empty where it does not."""
    written = request["cache_write_5m_tokens"] + request["cache_write_1h_tokens"]
    found = (request["input_tokens"] + request["cache_read_tokens"] + written, request["cache_read_tokens"], written,
             request["output_tokens"], request["reasoning_tokens"] or 0, request["web_searches"])  # fmt: skip
    if found == wanted:
        return ""
    usage: Any = row["usage_objects"][-1]
    if "num_cached_tokens" in usage and found == (wanted[0], usage["num_cached_tokens"], *wanted[2:]):
        return "num_cached_tokens is Mistral's older name of the cached tokens: the package does not read it"
    compacted = [part for part in usage.get("iterations", ()) if part["type"] == "compaction"]
    if compacted and found[3] == wanted[3] + sum(part["output_tokens"] for part in compacted):
        return "a compaction is billed and stands under iterations alone: the package leaves it out"
    if found[1:] == wanted[1:] and wanted[1] == wanted[2] > 0 and found[0] == wanted[0] + wanted[2]:
        return "the same tokens were read and written: as disjoint buckets they stand twice"
    return f"{wanted} is not {found}"


def test_every_recorded_line_gives_what_extract_usage_gives(shared_data: Path) -> None:
    log = shared_data / "provider_usage_objects.jsonl"
    rows = [json.loads(text) for text in log.read_text("utf-8").splitlines()]
    with store.in_memory() as opened:
        run.ingest(opened, [str(log)])
        staged = {row["line_no"]: row for row in opened.rows("from staged where part_of is null")}
    outcomes: Counter[str] = Counter()
    for number, row in enumerate(rows, 1):
        wanted, request = extracted(row), staged[number]
        if not request["carries_call"]:
            assert wanted is None
            outcomes["no tokens"] += 1
        elif request["reason"]:
            assert wanted is None
            outcomes[request["reason"]] += 1
        elif wanted is None:
            assert request["input_tokens"] is not None
            outcomes["the package does not know the provider or the shape"] += 1
        else:
            outcomes[difference(row, wanted, request)] += 1
    assert outcomes == {
        "": 1776,
        "the package does not know the provider or the shape": 119,
        "num_cached_tokens is Mistral's older name of the cached tokens: the package does not read it": 18,
        "a compaction is billed and stands under iterations alone: the package leaves it out": 3,
        "the same tokens were read and written: as disjoint buckets they stand twice": 1,
        "no output token count": 2,  # a guardrail stopped the call: the answer has no output count
        "no tokens": 1,  # a vector database's read units
    }
    assert len(rows) == 1920
