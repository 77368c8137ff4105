"""A count under a name that no format knows is never passed over: its line is a reject that quotes the name."""

import re
from pathlib import Path

import pytest

from tests.formats.reading import read
from tests.formats.samples import FORMATS, lines

OUTPUT = {
    "aider": "completion_tokens",
    "anthropic": "output_tokens",
    "anthropic-batches": "output_tokens",
    "anthropic-stream": "output_tokens",
    "bedrock": "outputTokenCount|outputTokens|output_tokens",
    "claude-code": "output_tokens",
    "codex": "output_tokens",
    "cohere": "output_tokens",
    "gemini": "candidatesTokenCount",
    "gemini-cli": "output",
    "helicone": "completion_tokens",
    "langfuse": "output",
    "litellm": "completion_tokens",
    "litellm-spend-logs": "completion_tokens",
    "llmcost": "output_tokens",
    "managed-agents": "output_tokens",
    "openai": "completion_tokens",
    "openai-batch": "completion_tokens",
    "openai-responses": "output_tokens",
    "openrouter-activity": "completion_tokens",
    "opentelemetry": "output_tokens|completion_tokens",
    "provider-usage": r"completion_tokens|output_tokens|candidatesTokenCount|responseTokenCount|outputTokens",
    "qwen-code": "candidatesTokenCount|outputTokens",
}
"""What a format's samples call the count of the answer."""
NO_USAGE = {"azure-trace", "mooncake"}
"""Traces of lengths, in columns that are always there."""


def test_every_format_is_looked_at() -> None:
    assert OUTPUT.keys() | NO_USAGE == set(FORMATS)


@pytest.mark.parametrize("form", sorted(OUTPUT))
def test_the_answers_count_under_another_name(form: str, tmp_path: Path) -> None:
    counted = r'\\*"\s*:\s*\\*"?[1-9]|","value"'
    name = re.compile(rf'(\\*"(?:gen_ai\.usage\.)?)(?:{OUTPUT[form]})(?={counted})')
    log = lines(form, 60)
    without_count = [line for line in log if not name.search(line)]
    assert len(without_count) < len(log)
    renamed = read(tmp_path, [name.sub(r"\1spoken_tokens", line) for line in log], form=form)
    assert any(reason.endswith("no format knows: spoken_tokens") for reason in renamed.reasons)
    told = {request["request_id"] for request in read(tmp_path / "rest", without_count, form=form).requests}
    billed = [it for it in renamed.requests if it["answered_by"] == "model" and it["request_id"] not in told]
    assert billed == []


def test_a_line_of_no_format_hides_spend_where_it_counts_tokens(tmp_path: Path) -> None:
    known = {"id": "msg_01ABCDEFGHIJK", "type": "message", "role": "assistant", "model": "claude-opus-5", "content": [],
             "usage": {"input_tokens": 1, "output_tokens": 1}}  # fmt: skip
    queued = {"object": "thread.run", "usage": None, "max_prompt_tokens": None}
    counted = {"attributes": {"event.name": "an.answer", "input_token_count": 10}}
    empty: dict[str, object] = queued | {"usage": {}}
    found = read(tmp_path, [known, queued, empty, counted, queued | {"usage": {"prompt_tokens": 5}}])
    assert found.counts["no_call"] == 2
    assert found.reasons == ["token counts in a shape no format knows"] * 2
