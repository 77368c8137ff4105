"""Messages API: what stands under iterations, beside what the answer counts itself."""

from pathlib import Path
from typing import Any

from tests.formats.reading import check_refusals, read
from tests.logs import Row

MESSAGE: dict[str, Any] = {
    "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-6", "stop_reason": "end_turn",
    "content": [{"type": "text", "text": "hi"}],
    "usage": {"input_tokens": 181, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 300,
              "cache_creation": {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 200},
              "output_tokens": 8, "output_tokens_details": {"thinking_tokens": 3},
              "server_tool_use": {"web_search_requests": 2}, "service_tier": "standard"},
}  # fmt: skip


def iterated(*iterations: Row) -> Row:
    return MESSAGE | {"usage": MESSAGE["usage"] | {"iterations": list(iterations)}}


def test_a_message(tmp_path: Path) -> None:
    for row in (MESSAGE, {"ts": "2026-11-02T10:00:00Z", "response": MESSAGE}):
        found = read(tmp_path, [row])
        assert found.tokens() == [(181, 5, 100, 200, 8)]
        assert (found.only()["reasoning_tokens"], found.only()["web_searches"]) == (3, 2)


def test_a_compaction_is_billed_too(tmp_path: Path) -> None:
    compaction = {"type": "compaction", "input_tokens": 100, "output_tokens": 83, "cache_read_input_tokens": 55_096,
                  "cache_creation_input_tokens": 7}  # fmt: skip
    found = read(tmp_path, [iterated(compaction, {"type": "message", "input_tokens": 181, "output_tokens": 8})])
    assert found.tokens() == [(281, 55_101, 107, 200, 91)]


def test_an_advisor_is_named(tmp_path: Path) -> None:
    advisor = {"type": "advisor_message", "model": "claude-opus-4-8", "input_tokens": 2543, "output_tokens": 18}
    found = read(tmp_path, [iterated({"type": "message"}, advisor)])
    assert (found.tokens(), found.only()["tags"]) == ([(181, 5, 100, 200, 8)], {"advisor_model": "claude-opus-4-8"})


def test_broken(tmp_path: Path) -> None:
    check_refusals(tmp_path, MESSAGE, ("usage", "output_tokens"))
