"""Codex rollouts: what a line means depends on those before it."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.formats.reading import read
from tests.logs import Row, ingested, totals, write


def meta(session: str, forked_from: str | None = None, **fields: Any) -> Row:
    fork = {"forked_from_id": forked_from} if forked_from else {}
    return line("session_meta", {"id": session, "cwd": "/r", "originator": "cli", "cli_version": "1", **fork, **fields})


def turn(model: str = "gpt-5.5", **fields: Any) -> Row:
    return line("turn_context", {"model": model, "cwd": "/r", **fields})


def usage(*counts: int) -> Row:
    """Input, of it cached, output, of it reasoning."""
    names = ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_output_tokens")
    return dict(zip(names, counts, strict=True))


def count(last: Row | None, total: Row | None, at: str = "2026-11-02T10:00:00Z") -> Row:
    info = {"total_token_usage": total, "last_token_usage": last}
    return line("event_msg", {"type": "token_count", "info": info}, at)


def line(kind: str, payload: Row, at: str = "2026-11-02T09:59:00Z") -> Row:
    return {"timestamp": at, "type": kind, "payload": payload}


CALL = count(usage(2000, 900, 200, 50), usage(2000, 900, 200, 50))
SECOND = count(usage(3000, 1920, 100, 0), usage(5000, 2820, 300, 50))


def test_a_call(tmp_path: Path) -> None:
    request = read(tmp_path, [meta("s1", git={"branch": "main"}), turn(), CALL]).only()
    assert {name: request[name] for name in ("model_logged", "session_id", "project", "reasoning_tokens")} == {
        "model_logged": "gpt-5.5", "session_id": "s1", "project": "/r", "reasoning_tokens": 50,
    }  # fmt: skip
    assert (request["input_tokens"], request["cache_read_tokens"], request["output_tokens"]) == (1100, 900, 200)
    assert str(request["ts"]) == "2026-11-02 10:00:00"
    assert request["tags"] == {"client": "cli", "client_version": "1", "git_branch": "main"}


@pytest.mark.parametrize(
    ("source", "tag"),
    [
        ("exec", "exec"),
        ({"subagent": {"thread_spawn": {"parent_thread_id": "p", "depth": 1}}}, "subagent"),
        (None, None),
        ("", None),
        ({}, None),
        (["cli"], None),
    ],
)
def test_how_a_session_was_started_is_a_tag(tmp_path: Path, source: Any, tag: str | None) -> None:
    request = read(tmp_path, [meta("s1", source=source), turn(), CALL]).only()
    assert request["tags"].get("entrypoint") == tag


def test_the_model_is_that_of_the_turn_before(tmp_path: Path) -> None:
    found = read(tmp_path, [meta("s1"), turn("gpt-5.5"), CALL, turn("gpt-5.4-mini"), SECOND])
    assert sorted(request["model_logged"] for request in found.requests) == ["gpt-5.4-mini", "gpt-5.5"]


def test_what_is_emitted_again_counts_once(tmp_path: Path) -> None:
    again = CALL | {"timestamp": "2026-11-02T10:00:03Z"}
    found = read(tmp_path, [meta("s1"), turn(), CALL, again, again, SECOND])
    assert (found.counts["requests"], found.counts["duplicates"]) == (2, 2)


def test_a_total_that_falls_takes_nothing_back(tmp_path: Path) -> None:
    found = read(tmp_path, [meta("s1"), turn(), CALL, SECOND, count(usage(40, 0, 5, 0), usage(1000, 0, 20, 0))])
    assert sum(request["output_tokens"] for request in found.requests) == 200 + 100 + 5


def test_without_the_last_usage_the_total_says_it(tmp_path: Path) -> None:
    found = read(tmp_path, [meta("s1"), turn(), count(None, usage(10, 0, 1, 0)), count(None, usage(30, 5, 4, 2))])
    assert sorted(found.tokens()) == [(10, 0, 0, 0, 1), (15, 5, 0, 0, 3)]


def test_a_guess_at_the_context_is_no_call(tmp_path: Path) -> None:
    guess = count(usage(0, 0, 0, 0) | {"total_tokens": 18_826}, usage(2000, 900, 200, 50))
    found = read(tmp_path, [meta("s1"), turn(), CALL, guess, line("event_msg", {"type": "token_count", "info": None})])
    assert (found.counts["requests"], found.counts["no_call"]) == (1, 4)


def test_a_fork_adds_only_what_is_new(tmp_path: Path) -> None:
    parent = [meta("s1"), turn(), CALL, SECOND]
    later = "2026-11-03T08:00:00Z"
    replayed = [row | {"timestamp": later} for row in (meta("s1"), turn(), CALL)]
    fork = [meta("s2", "s1"), *replayed, count(usage(70, 0, 7, 0), usage(2070, 900, 207, 50), later)]
    fork_of_fork = [meta("s3", "s2"), *fork, count(usage(80, 0, 8, 0), usage(2150, 900, 215, 50), later)]
    for order in ([parent, fork, fork_of_fork], [fork_of_fork, fork, parent]):
        found = read(tmp_path, *order)
        assert sorted(request["output_tokens"] for request in found.requests) == [7, 8, 100, 200]
        first = next(request for request in found.requests if request["output_tokens"] == 200)
        assert first["session_id"] == "s1", "the parent's copy says whose it was"
        assert str(first["ts"]) == "2026-11-02 10:00:00", "and when"


def test_a_rollout_that_grows_is_read_with_its_beginning(tmp_path: Path, store_path: Path) -> None:
    log = write(tmp_path / "rollout.jsonl", [meta("s1"), turn("gpt-5.4-mini"), CALL])
    with ingested(store_path, log):
        pass
    write(log, [meta("s1"), turn("gpt-5.4-mini"), CALL, SECOND])
    with ingested(store_path, log) as (opened, account):
        assert (account.total("requests"), account.total("duplicates"), account.total("rejects")) == (1, 1, 0)
        assert opened.rows("select distinct model_logged from requests") == [{"model_logged": "gpt-5.4-mini"}]


def test_broken(tmp_path: Path) -> None:
    """No turn before it; a count that is none; a line cut off."""
    wrong = count(usage(5, 0, 1, 0) | {"output_tokens": "many"}, usage(9, 0, 9, 0))
    found = read(tmp_path, [meta("s1"), CALL, turn(), wrong, json.dumps(SECOND)[:90], SECOND])
    assert found.reasons == ["no model", "a count that is not a whole number", "not JSON"]
    assert found.counts["requests"] == 1


def test_known_answers(shared_data: Path, store_path: Path) -> None:
    """The sum of the calls, not of the last totals: in one of the files the total fell after an undo."""
    with ingested(store_path, shared_data / "codex_rollouts") as (opened, account):
        found = totals(opened)
        assert (found["input"] + found["cache_read"], found["output"]) == (89_220_882, 284_223)
        assert account.formats["codex"]["requests"] == 864 - 25
        sessions = opened.rows("select session_id, sum(output_tokens)::bigint as output from requests group by all")
    last: Counter[str] = Counter()
    for path in (shared_data / "codex_rollouts").iterdir():
        infos = [json.loads(text)["payload"].get("info") for text in path.read_text().splitlines()]
        total = [info for info in infos if info][-1]["total_token_usage"]
        last["input"] += total["input_tokens"]
        last["cached"] += total["cached_input_tokens"]
        last["output"] += total["output_tokens"]
        # all but the session with the undo: what the last total says
        [summed] = [row["output"] for row in sessions if path.stem.endswith(row["session_id"])]
        assert summed - total["output_tokens"] == (16_650 if path.stem.endswith("cb5c9100"[-8:]) else 0)
    assert last == {"input": 86_765_275, "cached": 84_510_592, "output": 267_573}


def test_events_of_another_program_in_the_same_form_hide_no_spend(tmp_path: Path) -> None:
    at = "2026-11-02T10:00:00Z"
    events = [
        {"timestamp": at, "type": "run_started", "payload": {"id": "r"}},
        {
            "timestamp": at,
            "type": "model_call",
            "payload": {"model": "gpt-4o", "input_tokens": 1200, "output_tokens": 5},
        },
        {"timestamp": at, "type": "model_call", "payload": {"usage": {"prompt_tokens": 1200, "completion_tokens": 5}}},
    ]
    found = read(tmp_path, events)
    assert found.reasons == ["usage under a name that no format knows: model_call.payload_tokens"] * 2
    # next to lines of Codex they may say anything
    found = read(
        tmp_path / "rollout", [{"timestamp": at, "type": "event_msg", "payload": {"type": "warning"}}, *events]
    )
    assert found.reasons == []
