"""What is whole in a broken line is read, and what is not is a reject: nothing is lost, nothing guessed."""

import json
from pathlib import Path

import pytest

from llmcost.ingest import torn
from tests.logs import Row, call, claude, ingested, totals, write

A, B = '{"a": {"b": 1}}', '{"c": "{}"}'


@pytest.mark.parametrize(
    ("line", "whole", "has_rest"),
    [
        (A + B, [A, B], False),
        (f"{A} {B}\n", [A, B], False),
        (A + B[:8], [A], True),
        ('{"type": "as' + A, [A], True),
        ('{"type": "as' + A + B, [A, B], True),
        ('{"type": "as' + A + B[:8], [A], True),
        ('1, "b": 2}}' + A, [A], True),
        ("\ufeff" + A + "\ufeff" + B, [A, B], False),
        ("10:00:01 " + A, [A], False),
        ('{"message": {"usage": {"input_tokens": 1}}', [], None),  # what is inside a cut-off record is not a record
        ('{"message": {"usage": {"input_tokens": 1}}, "x": "cu', [], None),
        ('{"list": [{"a": 1}, {"a": 1}', [], None),
        ("{" * 100_000, [], None),
        ('{"a":' * 100_000, [], None),
        ('{"a' * 100_000, [], None),
    ],
)
def test_pieces(line: str, whole: list[str], has_rest: bool | None) -> None:
    found = torn.pieces(line)
    assert [text for text, fault in found if fault is None] == whole
    if has_rest is not None:
        assert any(fault for _, fault in found) == has_rest


def test_torn_lines_of_a_log(tmp_path: Path, store_path: Path) -> None:
    cut = json.dumps(call(9))[:-30]
    rows: list[Row | str] = [
        call(1),
        json.dumps(call(2)) + json.dumps(call(3)),
        cut + json.dumps(call(4)),
        json.dumps(call(5)) + cut,
    ]
    log = write(tmp_path / "a.jsonl", [*rows, json.dumps(claude(6)) + json.dumps(call(6)), call(7)])
    with ingested(store_path, log) as (opened, account):
        assert totals(opened)["calls"] == 8
        assert account.total("lines") == 10
        assert opened.rows("select line_no, reason from rejects order by line_no") == [
            {"line_no": 3, "reason": torn.CUT_OFF},
            {"line_no": 4, "reason": torn.CUT_OFF},
        ]


def test_a_torn_line_of_a_session_whose_lines_depend_on_one_another(tmp_path: Path, store_path: Path) -> None:
    def counted(total: int) -> str:
        usage = {"input_tokens": total, "cached_input_tokens": 0, "output_tokens": total, "total_tokens": 2 * total}
        last = {"input_tokens": 10, "cached_input_tokens": 0, "output_tokens": 10, "total_tokens": 20}
        info = {"total_token_usage": usage, "last_token_usage": last}
        payload = {"type": "token_count", "info": info}
        return json.dumps({"timestamp": "2026-11-02T10:00:00Z", "type": "event_msg", "payload": payload})

    def line(kind: str, **payload: str) -> str:
        return json.dumps({"timestamp": "2026-11-02T10:00:00Z", "type": kind, "payload": payload})

    log = write(
        tmp_path / "rollout.jsonl",
        [
            line("session_meta", id="s1", model_provider="openai"),
            line("turn_context", model="gpt-5") + counted(10),
            counted(20) + counted(30)[:40],
            counted(40),
        ],
    )
    with ingested(store_path, log) as (opened, account):
        assert opened.rows("select distinct model_logged, session_id from requests") == [
            {"model_logged": "gpt-5", "session_id": "s1"}
        ]
        assert (totals(opened)["calls"], account.total("rejects")) == (3, 1)


@pytest.mark.parametrize(
    "first", ['{"ts": "2026-11-', "[" + json.dumps(call(9))[1:], '{"usage": {"input_tokens": 1', "["]
)
def test_a_first_line_that_is_broken_does_not_swallow_the_others(tmp_path: Path, store_path: Path, first: str) -> None:
    log = write(tmp_path / "a.jsonl", [first, *(call(n) for n in range(1, 6))])
    with ingested(store_path, log) as (opened, account):
        assert (totals(opened)["calls"], account.total("rejects"), account.total("lines")) == (5, 1, 6)


def test_nor_does_one_before_lines_so_long_that_detection_sees_none_of_them_whole(
    tmp_path: Path, store_path: Path
) -> None:
    rows = [call(n, tags={"note": "x" * 15_000}) for n in range(1, 6)]
    log = write(tmp_path / "a.jsonl", [json.dumps(rows[0])[:9_000], *rows])
    with ingested(store_path, log) as (opened, account):
        assert (totals(opened)["calls"], account.total("rejects"), account.total("lines")) == (5, 1, 6)


@pytest.mark.parametrize("indent", [None, 0, 2])
def test_a_document_of_several_lines_is_one(tmp_path: Path, store_path: Path, indent: int | None) -> None:
    (tmp_path / "list.json").write_text(json.dumps([call(1), call(2)], indent=indent))
    (tmp_path / "one.json").write_text(json.dumps(call(3), indent=indent))
    (tmp_path / "lines.json").write_text("[\n" + ",\n".join(json.dumps(call(n)) for n in range(4, 600)) + "\n]\n")
    with ingested(store_path, tmp_path) as (opened, account):
        assert (totals(opened)["calls"], account.total("rejects")) == (599, 0)
