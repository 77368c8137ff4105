"""Logs of agents and streams, whose lines mean something only together."""

from pathlib import Path
from typing import Any

from tests.formats.reading import read
from tests.logs import Row

AT = "2026-11-02T10:00:0{}Z"


def start(id: str = "msg_01aaaaaaaaaaaaaaaaaaaa01", **usage: Any) -> Row:
    counts = {"input_tokens": 40, "cache_read_input_tokens": 900, "output_tokens": 1} | usage
    return {"type": "message_start", "message": {"id": id, "model": "claude-sonnet-4-6", "usage": counts}}


def delta(**usage: Any) -> Row:
    return {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage}


STOP = {"type": "message_stop"}


def test_the_events_of_a_stream_are_one_call(tmp_path: Path) -> None:
    found = read(tmp_path, [start(), {"type": "ping"}, delta(output_tokens=77), STOP])
    assert (found.tokens(), found.only()["stop_reason"]) == ([(40, 900, 0, 0, 77)], "end_turn")
    assert found.only()["output_partial"] is False
    assert (found.counts["requests"], found.counts["duplicates"], found.counts["no_call"]) == (1, 1, 2)


def test_the_last_counts_of_a_stream_are_those_of_the_whole(tmp_path: Path) -> None:
    last = {"input_tokens": 60, "cache_creation_input_tokens": 300,
            "cache_creation": {"ephemeral_1h_input_tokens": 120}, "output_tokens": 77}  # fmt: skip
    wrapped = [{"ts": AT.format(n), "event": event} for n, event in enumerate([start(), delta(**last), STOP])]
    found = read(tmp_path, wrapped)
    assert found.tokens() == [(60, 900, 180, 120, 77)]
    assert (str(found.only()["ts"]), found.only()["latency_ms"]) == ("2026-11-02 10:00:00", 1000)


def test_a_stream_cut_off(tmp_path: Path) -> None:
    found = read(tmp_path, [start(), start("msg_01aaaaaaaaaaaaaaaaaaaa02"), delta(output_tokens=9)])
    assert [request["output_partial"] for request in found.requests] == [True, False]
    assert found.tokens() == [(40, 900, 0, 0, 1), (40, 900, 0, 0, 9)]


def test_a_broken_stream(tmp_path: Path) -> None:
    rows = [delta(output_tokens=5), start(input_tokens="many"), start(input_tokens=-1), delta(spoken_tokens=5)]
    found = read(tmp_path, rows)
    assert found.reasons == [
        "no model", "a count that is not a whole number", "a negative count",
        "usage under a name that no format knows: spoken_tokens",
    ]  # fmt: skip


def qwen(session: str = "s1", **fields: Any) -> Row:
    counts = {"promptTokenCount": 15000, "candidatesTokenCount": 200, "thoughtsTokenCount": 50,
              "totalTokenCount": 15250, "cachedContentTokenCount": 9000}  # fmt: skip
    return {"uuid": "u1", "sessionId": session, "timestamp": AT.format(5), "type": "assistant", "cwd": "/w",
            "version": "1", "model": "qwen3-coder-plus", "message": {"role": "model", "parts": [{"text": "hi"}]},
            "usageMetadata": counts} | fields  # fmt: skip


MONTH = {"id": "x", "timestamp": AT.format(6), "sessionId": "s1", "model": "qwen3-coder-plus", "inputTokens": 15000,
         "outputTokens": 200, "cachedTokens": 9000, "thoughtsTokens": 50, "totalTokens": 15250}  # fmt: skip


def test_qwen_code_where_the_total_has_the_thoughts_apart(tmp_path: Path) -> None:
    found = read(tmp_path, [qwen()])
    assert (found.tokens(), found.only()["source_format"]) == ([(6000, 9000, 0, 0, 250)], "qwen-code")


def test_qwen_code_where_the_candidates_hold_the_thoughts(tmp_path: Path) -> None:
    counts = qwen()["usageMetadata"] | {"totalTokenCount": 15200}
    assert read(tmp_path, [qwen(usageMetadata=counts)]).tokens() == [(6000, 9000, 0, 0, 200)]


def test_qwen_code_says_a_call_in_two_files_and_in_forks(tmp_path: Path) -> None:
    fork = qwen("s2", forkedFrom={"sessionId": "s1"}, uuid="u9")
    for order in ([qwen()], [MONTH], [fork]), ([fork], [MONTH], [qwen()]):
        found = read(tmp_path, *order)
        assert (found.only()["session_id"], found.counts["duplicates"]) == ("s1", 2)


def test_broken_qwen_code(tmp_path: Path) -> None:
    rows = [qwen(model=None), qwen(usageMetadata={"promptTokenCount": "x"}), MONTH | {"inputTokens": -1},
            qwen(usageMetadata={"promptTokenCount": 5, "spokenTokenCount": 7})]  # fmt: skip
    assert read(tmp_path, rows).reasons == [
        "no model", "a count that is not a whole number", "a negative count",
        "usage under a name that no format knows: spokenTokenCount",
    ]  # fmt: skip


META = {"sessionId": "s1", "projectHash": "p1", "startTime": AT.format(0)}


def told(id: str, **tokens: Any) -> Row:
    line = {"id": id, "timestamp": AT.format(1), "type": "gemini", "model": "gemini-2.5-flash", "content": "hi"}
    return line | ({"tokens": tokens} if tokens else {})


COUNTS = {"input": 900, "output": 50, "cached": 700, "thoughts": 200, "tool": 30, "total": 1180}


def test_the_gemini_cli(tmp_path: Path) -> None:
    """An answer comes again with its counts; one that was rewound was billed."""
    rows = [
        META,
        told("a"),
        told("a", **COUNTS),
        {"$rewindTo": "a"},
        told("b", **COUNTS | {"output": 250, "total": 1180}),
    ]
    found = read(tmp_path, rows)
    assert found.tokens() == [(230, 700, 0, 0, 250)] * 2
    assert {request["session_id"] for request in found.requests} == {"s1"}
    assert found.counts["no_call"] == 3


def test_a_session_of_the_gemini_cli_as_one_document(tmp_path: Path) -> None:
    found = read(tmp_path, [META | {"messages": [told("a"), told("a", **COUNTS)]}])
    assert (found.tokens(), found.only()["project"]) == ([(230, 700, 0, 0, 250)], "p1")


def test_a_broken_session_of_the_gemini_cli(tmp_path: Path) -> None:
    rows = [
        META,
        told("a", **COUNTS | {"input": "x"}),
        told("b", **COUNTS) | {"model": None},
        told("c", spoken_tokens=7),
    ]
    assert read(tmp_path, rows).reasons == [
        "a count that is not a whole number", "no model", "usage under a name that no format knows: spoken_tokens",
    ]  # fmt: skip


def ended(id: str, **fields: Any) -> Row:
    usage = {"input_tokens": 30, "output_tokens": 7, "cache_read_input_tokens": 6000, "cache_creation_input_tokens": 50}
    return {"type": "span.model_request_end", "id": id, "processed_at": AT.format(4), "is_error": False,
            "model_usage": usage} | fields  # fmt: skip


def test_managed_agents(tmp_path: Path) -> None:
    session = {"type": "session", "id": "sesn_1", "agent": {"name": "notes", "model": {"id": "claude-haiku-4-5"}}}
    begun = {"type": "span.model_request_start", "id": "sevt_0", "processed_at": AT.format(1)}
    found = read(tmp_path, [session, begun, ended("sevt_1"), {"type": "agent.message", "id": "sevt_2", "content": []}])
    request = found.only()
    assert found.tokens() == [(30, 6000, 50, 0, 7)]
    assert {name: request[name] for name in ("model", "session_id", "feature", "latency_ms", "status")} == {
        "model": "claude-haiku-4-5", "session_id": "sesn_1", "feature": "notes", "latency_ms": 3000.0, "status": "ok",
    }  # fmt: skip


def test_managed_agents_without_a_session(tmp_path: Path) -> None:
    found = read(tmp_path, [ended("sevt_1", is_error=True), ended("sevt_2", model_usage={})])
    assert (found.only()["model"], found.only()["status"], found.counts["no_call"]) == ("unknown", "error", 1)


def test_broken_managed_agents(tmp_path: Path) -> None:
    rows = [ended("a", model_usage={"input_tokens": "x"}), ended("b", model_usage={"spoken_tokens": 4})]
    assert read(tmp_path, rows).reasons == [
        "a count that is not a whole number", "usage under a name that no format knows: spoken_tokens",
    ]  # fmt: skip


def test_an_update_of_a_message_of_the_gemini_cli_completes_it(tmp_path: Path) -> None:
    def counts(output: int, thoughts: int) -> Row:
        return {"input": 1000, "output": output, "cached": 600, "thoughts": thoughts, "tool": 0,
                "total": 1000 + output + thoughts}  # fmt: skip

    rows = [
        {"type": "session_metadata", "sessionId": "s1", "startTime": AT.format(0)},
        {"type": "gemini", "id": "m1", "timestamp": AT.format(1), "model": "gemini-2.5-pro", "tokens": counts(5, 0)},
        {"type": "message_update", "id": "m1", "tokens": counts(50, 30)},
    ]
    found = read(tmp_path, rows)
    assert (found.tokens(), found.counts["rejects"]) == ([(400, 600, 0, 0, 80)], 0)
    request = found.only()
    assert (request["session_id"], request["model"], str(request["ts"])[:16]) == (
        "s1",
        "gemini-2.5-pro",
        "2026-11-02 10:00",
    )
