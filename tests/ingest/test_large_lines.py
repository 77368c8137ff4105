"""Lines of many megabytes: recognised, and read one at a time."""

import json
from pathlib import Path

import pytest

from llmcost.engine import registry
from llmcost.ingest import large, lines
from tests.formats import samples
from tests.logs import Row, contents, ingested, write


def with_a_large_prompt(number: int, megabytes: float) -> Row:
    """A call of Anthropic's API whose answer, and so its usage, comes after the prompt."""
    return {
        "ts": "2026-08-01T00:00:00Z",
        "request": {
            "model": "claude-haiku-4-5",
            "max_tokens": 100,
            "messages": [{"role": "user", "content": "say, what? " * int(megabytes * 95_000)}],
        },
        "response": {
            "id": f"msg_{number:024}",
            "type": "message",
            "role": "assistant",
            "model": "claude-haiku-4-5",
            "content": [{"type": "text", "text": "ok"}],
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 200_000, "output_tokens": 5},
        },
    }


@pytest.mark.parametrize("form", ["lines", "one line", "indented"])
def test_a_log_that_begins_with_one_is_recognised(tmp_path: Path, store_path: Path, form: str) -> None:
    rows: list[Row | str] = [with_a_large_prompt(1, 6), with_a_large_prompt(2, 0.01)]
    log = tmp_path / "log.json"
    if form == "lines":
        write(log, rows)
    else:
        log.write_text(json.dumps(rows, indent=1 if form == "indented" else None))
    with ingested(store_path, log) as (opened, account):
        assert list(account.formats) == ["anthropic"]
        assert opened.value("select sum(input_tokens)::bigint from requests") == 400_000


def test_they_are_read_as_others_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = write(tmp_path / "log.jsonl", [with_a_large_prompt(number, 1.5) for number in range(3)])
    with ingested(tmp_path / "many.duckdb", log):
        pass
    monkeypatch.setattr(large, "LARGE_BYTES", 1 << 20)
    with ingested(tmp_path / "singly.duckdb", log) as (opened, account):
        assert account.total("requests") == 3
        assert int(opened.value("select current_setting('threads')")) > 0
    assert contents(tmp_path / "singly.duckdb") == contents(tmp_path / "many.duckdb")


STATEFUL = sorted(name for name, query in registry.load("formats").items() if query.field("stateful"))


@pytest.mark.parametrize("form", STATEFUL)
def test_formats_that_are_read_in_order_pass_over_a_line_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """Its lines before and after are what they are without it; it is one reject. A large one of no format is none."""
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 1 << 20)
    sample = samples.files(form)[0]
    own = sample.read_text("utf-8").splitlines()
    middle = len(own) // 2
    large_ones = [] if sample.suffix == ".csv" else [json.dumps({"note": "say, what? " * 60_000})]
    stored, rejects = [], []
    for name, more in (("without", []), ("with", ["x" * (3 << 20), *large_ones])):
        (tmp_path / name).mkdir()
        log = tmp_path / name / sample.name
        log.write_text("\n".join([*own[:middle], *more, *own[middle:]]) + "\n")
        with ingested(tmp_path / name / "llmcost.duckdb", log) as (opened, account):
            columns = "request_id, model, input_tokens, output_tokens, cache_read_tokens"
            stored.append(opened.rows(f"select {columns} from requests order by all"))
            rejects.append(account.total("rejects"))
    assert stored[0] == stored[1]
    assert stored[0]
    assert rejects[1] == rejects[0] + 1
