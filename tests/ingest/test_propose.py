"""A mapping proposed for a log that no format knows."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from llmcost.ingest import fields, paths
from tests.command import llmcost
from tests.logs import Row, contents, write


def _line(number: int, **others: Any) -> Row:
    return {
        "@timestamp": f"2026-11-02T10:00:{number:02d}Z",
        "reqId": f"abc-{number}",
        "llm": {
            "modelName": "claude-haiku-4-5",
            "usage": {
                "promptTokens": 1200, "completionTokens": 80 + number, "cachedTokens": 1000,
                "totalTokens": 1280 + number,
            },
        },
        "took": 1.25,
        "http": {"status_code": 429 if number == 1 else 200},
        "user": {"id": f"u{number % 2}"},
        "app": "search",
        "team": "core",
        "prompt": "a secret prompt",
        "title": "classified",
    } | others  # fmt: skip


def _explained(folder: Path, *words: str) -> Row:
    done = llmcost("ingest", "--explain", "--json", *words, cwd=folder)
    assert done.returncode == 0, done.stderr
    answer: Row = json.loads(done.stdout)
    return answer


def test_the_proposed_section_works_as_it_is_printed(tmp_path: Path) -> None:
    write(tmp_path / "gateway-2026-11.jsonl", [*(_line(n) for n in range(4)), {"event": "started"}])
    done = llmcost("ingest", "--explain", "gateway-2026-11.jsonl", cwd=tmp_path, COLUMNS="60")
    assert done.returncode == 0, done.stderr
    assert "secret" not in done.stdout
    assert "classified" not in done.stdout
    assert "With it, 4 of 5 lines are calls" in done.stdout
    printed = done.stdout[done.stdout.index("[formats.") : done.stdout.index("With it")]
    assert {"[formats.gateway]", 'latency_s = "$.took"'} <= {line.rstrip() for line in printed.splitlines()}
    (tmp_path / "llmcost.toml").write_text(printed)
    account = json.loads(llmcost("ingest", "gateway-2026-11.jsonl", "--json", cwd=tmp_path).stdout)
    assert account["formats"]["gateway"]["requests"] == 4
    assert account["empty_fields"] == {}
    request = contents(tmp_path / "llmcost.duckdb")[1]
    assert (request["request_id"], request["model"]) == ("abc-1", "claude-haiku-4-5")
    assert (request["input_tokens"], request["cache_read_tokens"], request["output_tokens"]) == (200, 1000, 81)
    assert (request["latency_ms"], request["status"], request["user_id"]) == (1250, "error", "u1")
    assert (request["feature"], request["tags"], str(request["ts"])) == (
        "search",
        {"team": "core"},
        "2026-11-02 10:00:01",
    )


def test_fields_are_listed_with_their_share_and_kind(tmp_path: Path) -> None:
    write(tmp_path / "log.jsonl", [_line(0), _line(1) | {"rare": True}])
    answer = _explained(tmp_path, "log.jsonl")
    found = {field["path"]: field for field in answer["fields"]}
    assert found["$.rare"] == {"path": "$.rare", "lines": 1, "share": 0.5, "holds": "true or false", "probably": None}
    assert found["$.prompt"]["holds"] == "text"
    assert found["$.http.status_code"]["probably"] == "status_http"
    assert answer["outcomes"] == {"a call": 2}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ({"model": "gpt-4o", "prompt_tokens": 10, "completion_tokens": 2, "duration_ms": 12},
         {"latency_ms": "$.duration_ms"}),
        ({"model": "gpt-4o", "tokens_in": 10, "tokens_out": 2, "elapsed": 900}, {"latency_ms": "$.elapsed"}),
        ({"engine": "my-model", "tokens": {"input": 10, "output": 2}, "success": False}, {"status_ok": "$.success"}),
        ({"model": "gpt-4o", "in_tokens": 10, "out_tokens": 2, "cost_cents": 3}, {"cost_logged_cents": "$.cost_cents"}),
        ({"model": "gpt-4o", "usage": {"input_tokens": 10, "output_tokens": 2, "cache_read_input_tokens": 50,
          "cache_creation_input_tokens": 5}}, {"cached_inside_input": False, "cache_write_tokens":
          "$.usage.cache_creation_input_tokens"}),
        ({"deployment": "d1", "inputTokenCount": "10", "outputTokenCount": "2", "created": 1793600000},
         {"model": "$.deployment", "ts": "$.created"}),
        ({"n_prompt_tokens": 10, "n_generated_tokens": 2}, {"model": "unknown"}),
        ({"when": "2026-11-02T10:00:00+01:00", "model": "m", "tokens_in": 10, "tokens_out": 2, "who": "u1"},
         {"ts": "$.when", "user_id": "$.who"}),
        ({"ended": 1793600001500, "started": 1793600000123, "model": "m", "tokens_in": 10, "tokens_out": 2},
         {"ts": "$.started"}),
        ({"at_ms": 1793600001500, "account": 123456789, "model": "m", "tokens_in": 10, "tokens_out": 2},
         {"ts": "$.at_ms"}),
        ({"t": "2026-11-02 10:00:00", "model": "m", "tokens_in": 10, "tokens_out": 2}, {"ts": "$.t"}),
    ],
)  # fmt: skip
def test_counts_and_units_are_found_by_their_names(tmp_path: Path, line: Row, expected: Row) -> None:
    write(tmp_path / "log.jsonl", [line])
    answer = _explained(tmp_path, "log.jsonl")
    [mapping] = tomllib.loads(answer["mapping"])["formats"].values()
    assert {name: mapping[name] for name in expected} == expected
    assert answer["outcomes"] == {"a call": 1}


def test_an_id_that_several_lines_share_is_not_taken_for_the_id_of_a_call(tmp_path: Path) -> None:
    write(tmp_path / "log.jsonl", [_line(n, reqId="same") for n in range(3)])
    [mapping] = tomllib.loads(_explained(tmp_path, "log.jsonl")["mapping"])["formats"].values()
    assert "request_id" not in mapping


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    write(tmp_path / "log.jsonl", [{"model": "gpt-4o", "prompt_tokens": 10}])
    assert _explained(tmp_path, "log.jsonl")["missing"] == ["output_tokens"]
    assert "A mapping needs output_tokens too" in llmcost("ingest", "--explain", "log.jsonl", cwd=tmp_path).stdout


@pytest.mark.parametrize(
    ("rows", "part"),
    [
        ([{"x": 1, "note": "hello"}], "looks like a count of tokens"),
        (["time,model,tokens", "1,gpt-4o,5"], "no line of it is a JSON object"),
        ([], "is empty"),
    ],
)
def test_what_is_no_log_is_one_clear_line(tmp_path: Path, rows: list[Row | str], part: str) -> None:
    write(tmp_path / "log.txt", rows)
    done = llmcost("ingest", "--explain", "log.txt", cwd=tmp_path)
    assert (done.returncode, part in done.stderr, "Traceback" in done.stderr) == (1, True, False)


def test_names_of_a_log_are_hostile(tmp_path: Path) -> None:
    names = [
        '"; drop table requests; --',
        "it's",
        "a.b[0]",
        "\x1b[31mred",
        "",
        "in\ntokens",
        "\u202e",
        "$",
        "🙂 tokens",
    ]
    line = {
        "model": "gpt-4o",
        "usage": {"in'put": {"prompt_tokens": 5}, "completion_tokens": 2} | dict.fromkeys(names, 3),
    }
    write(tmp_path / 'it\'s a "log".jsonl', [line] * 2)
    done = llmcost("ingest", "--explain", 'it\'s a "log".jsonl', cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    assert "With it, 2 of 2 lines are calls" in done.stdout


def test_the_error_for_an_unknown_log_mentions_it(tmp_path: Path) -> None:
    write(tmp_path / "my log.jsonl", [_line(1)])
    done = llmcost("ingest", "my log.jsonl", cwd=tmp_path)
    assert done.returncode == 1
    assert "llmcost ingest --explain 'my log.jsonl' proposes a mapping" in done.stderr


def test_a_log_in_one_array_is_explained_too(tmp_path: Path) -> None:
    (tmp_path / "log.json").write_text(json.dumps([_line(0), _line(1)], indent=2))
    assert _explained(tmp_path, "log.json")["outcomes"] == {"a call": 2}


def test_every_path_that_is_listed_is_one_of_a_mapping() -> None:
    line = {"a": {"b c": [{"d": 1}]}, "e-f": 2, 'g"h': 3}
    found = [field.path for field in fields.found([line])]
    assert [paths.steps(path) for path in found] == [["a", "b c", 0, "d"], ["e-f"], ['g"h']]
