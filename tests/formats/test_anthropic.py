"""Messages API: the counts under iterations, and those of the answer itself."""

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


def test_an_advisor_is_a_request_of_its_own(tmp_path: Path) -> None:
    advisor = {"type": "advisor_message", "model": "claude-opus-4-8", "input_tokens": 2543, "output_tokens": 18}
    found = read(tmp_path, [iterated({"type": "message"}, advisor)])
    assert found.tokens() == [(181, 5, 100, 200, 8), (2543, 0, 0, 0, 18)]
    own, advice = found.requests
    assert (own["part_of"], advice["part_of"]) == (None, own["request_id"])
    assert (own["model"], advice["model"]) == ("claude-sonnet-4-6", "claude-opus-4-8")
    assert (own["web_searches"], advice["web_searches"]) == (2, 0), "a search is billed once"
    assert found.counts["lines"] == 2


def test_an_advisor_without_a_model_has_no_price(tmp_path: Path) -> None:
    advisor = {"type": "advisor_message", "input_tokens": 2543, "output_tokens": 18}
    assert read(tmp_path, [iterated(advisor)]).requests[1]["model"] == "unknown"


def test_several_passes_are_billed_each(tmp_path: Path) -> None:
    """The counts of the whole are those of the first pass but for the output."""
    first = {"type": "message", "input_tokens": 181, "cache_read_input_tokens": 5, "output_tokens": 3}
    second = {"type": "message", "input_tokens": 700, "cache_read_input_tokens": 181, "output_tokens": 5}
    assert read(tmp_path, [iterated(first, second)]).tokens() == [(881, 186, 100, 200, 8)]


def test_what_the_split_leaves_lives_five_minutes(tmp_path: Path) -> None:
    split = {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 120}
    usage = MESSAGE["usage"] | {"cache_creation_input_tokens": 300, "cache_creation": split}
    assert read(tmp_path, [MESSAGE | {"usage": usage}]).tokens() == [(181, 5, 180, 120, 8)]


def test_a_proxys_id_for_every_answer(tmp_path: Path) -> None:
    rows = [{"request_id": f"req_{n}", "response": MESSAGE | {"id": "msg_proxy"}} for n in (1, 2)]
    found = read(tmp_path, rows, [{"response": MESSAGE | {"id": "msg_proxy"}}])
    assert (found.counts["requests"], found.counts["duplicates"]) == (2, 1), "a copy without the request's id is a copy"
    first_bare = read(tmp_path / "other", [{"response": MESSAGE | {"id": "msg_proxy"}}], rows)
    assert first_bare.requests == found.requests


def test_a_count_under_an_unknown_name_is_quoted(tmp_path: Path) -> None:
    usage = {"input_tokens": 5, "spoken_tokens": 70, "max_tokens": 9, "queue_time_ms": 8}
    found = read(tmp_path, [MESSAGE | {"usage": usage}, MESSAGE | {"usage": {"spoken_tokens": 0}}])
    assert found.reasons[0] == "usage under a name that no format knows: spoken_tokens"


def test_broken(tmp_path: Path) -> None:
    check_refusals(tmp_path, MESSAGE, ("usage", "output_tokens"))
