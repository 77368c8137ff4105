"""A log of one's own, mapped in llmcost.toml."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.command import llmcost
from tests.logs import Row, call, contents, write

MAPPING = """
[formats.gateway]
ts = "$.time"
model = "$.llm.name"
provider = "openai"
input_tokens = "$.llm.usage.in"
output_tokens = "$.choices[0].tokens"
cache_read_tokens = "$.llm.usage.cached"
cached_inside_input = true
latency_ms = "$.took-ms"
tags = { team = "$.owner.team" }
"""
REQUIRED = '[formats.mine]\nmodel = "$.m"\ninput_tokens = "$.i"\noutput_tokens = "$.o"\n'
LINE = {
    "time": 1793600000,
    "llm": {"name": "gpt-4o", "usage": {"in": 1000, "cached": 600}},
    "choices": [{"tokens": "20"}],
    "took-ms": 12.5,
    "owner": {"team": "it's"},
}


def test_a_mapped_log_is_read(tmp_path: Path) -> None:
    (tmp_path / "llmcost.toml").write_text(MAPPING)
    write(tmp_path / "log.jsonl", [LINE, LINE | {"llm": None}, {"msg": "no call"}])
    done = llmcost("ingest", "log.jsonl", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    account = json.loads(done.stdout)
    assert account["formats"]["gateway"]["requests"] == 1
    assert account["lines"] == 3
    report = json.loads(llmcost("report", "--by", "tag:team", "--format", "json", cwd=tmp_path).stdout)
    [row] = report["rows"]
    assert row["tag:team"] == "it's"
    assert (row["input_tokens"], row["cache_read_tokens"], row["output_tokens"]) == (400, 600, 20)
    # gpt-4o: $2.50 in, $1.25 read, $10 out per million tokens
    assert row["cost_usd"] == pytest.approx((400 * 2.5 + 600 * 1.25 + 20 * 10) / 1e6, abs=1e-12)


@pytest.mark.parametrize(
    ("mapping", "part"),
    [
        ('[formats.mine]\nmodel = "$.m"\n', "input_tokens, output_tokens"),
        ('[formats.mine]\nmodel = "$.m"\ninput_tokens = "$.i"\noutput_tokens = "$.o"\nmodle = "$.m"\n', "model"),
        ('[formats.mine]\nmodel = "$m"\ninput_tokens = "$.i"\noutput_tokens = "$.o"\n', "is not a path"),
        ('[formats.mine]\nmodel = "$.m"\ninput_tokens = "$.m.i"\noutput_tokens = "$.o"\n', "one value"),
        ('[formats.aider]\nmodel = "$.m"\n', "another name"),
        ("[formats.mine]\nmodel = 3\ninput_tokens = 1\noutput_tokens = 2\n", "neither a path nor a text"),
        (REQUIRED + 'latency_ms = "$.l"\nlatency_s = "$.s"\n', "latency_ms a second time"),
        (REQUIRED + 'cache_read_tokens = "$.i"\n', "is input_tokens already"),
        (REQUIRED + 'status = "200"\n', "is an HTTP code"),
        (REQUIRED + 'status_http = "200"\n', "is not a path"),
        (REQUIRED + 'latency_s = "fast"\n', "neither a path nor a number"),
        (REQUIRED + 'total_tokens = { path = "$.t", default = "many" }\n', "neither a path nor a whole number"),
        (REQUIRED + 'user_id = { path = "$.u", prefix = "u/" }\n', "has no prefix"),
        (REQUIRED + 'user_id = { strip = "u/" }\n', "has no path"),
        (REQUIRED + 'user_id = { path = "$.u", strip = 3 }\n', "not a text or a list"),
        (REQUIRED + "user_id = { path = '$.u', default = true }\n", "neither a text nor a number"),
        (REQUIRED + 'user_id = "$.User"\nfeature = "$.user"\n', "in two spellings"),
        (REQUIRED + "user_id = '$.\"u'\n", "is not a path"),
        (REQUIRED + 'tags = "$.t"\n', "is not a table"),
        (REQUIRED + 'cached_inside_input = "yes"\n', "neither true nor false"),
        ('[formats.mine]\nmodel = "m"\ninput_tokens = "$.i"\noutput_tokens = "5"\n', "every line"),
        ("formats = 3\n", "is not a table"),
        ("[formats.mine\n", "TOML"),
    ],
)
def test_a_mapping_that_cannot_be_is_one_clear_line(tmp_path: Path, mapping: str, part: str) -> None:
    (tmp_path / "llmcost.toml").write_text(mapping)
    write(tmp_path / "log.jsonl", [LINE])
    done = llmcost("ingest", "log.jsonl", cwd=tmp_path)
    assert done.returncode == 1
    assert part in done.stderr
    assert "llmcost.toml" in done.stderr


def _read(folder: Path, mapping: str, lines: list[Any]) -> tuple[Row, list[Row]]:
    """The account of a log under a mapping, and the requests in the order of their ids."""
    (folder / "llmcost.toml").write_text(mapping)
    write(folder / "log.jsonl", lines)
    done = llmcost("ingest", "log.jsonl", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), contents(folder / "llmcost.duckdb")


def test_units_prefixes_and_defaults(tmp_path: Path) -> None:
    mapping = (
        '[formats.mine]\nmodel = { path = "$.m", strip = ["x/", "bedrock/"], default = "gpt-4o" }\n'
        'input_tokens = "$.i"\n'
        'output_tokens = "$.o"\nrequest_id = "$.id"\nlatency_s = "$.took"\nttft_us = "$.first"\n'
        'cost_logged_cents = "$.cents"\nuser_id = { path = "$.u", default = "nobody" }\nregion = "$.r"\n'
    )
    lines = [
        {
            "id": "a",
            "m": "bedrock/gpt-4o-mini",
            "i": 5,
            "o": 2,
            "took": 1.5,
            "first": 250000,
            "cents": "3.5",
            "u": "ann",
        },
        {"id": "b", "i": 5, "o": 2, "took": "n/a", "u": "", "r": "eu"},
    ]
    account, [a, b] = _read(tmp_path, mapping, lines)
    assert (a["model_logged"], a["latency_ms"], a["ttft_ms"], a["user_id"]) == ("gpt-4o-mini", 1500, 250, "ann")
    assert a["cost_logged_usd"] == pytest.approx(0.035)
    assert (b["model_logged"], b["latency_ms"], b["user_id"], b["region"]) == ("gpt-4o", None, "nobody", "eu")
    assert account["empty_fields"] == {}


@pytest.mark.parametrize(
    ("field", "values", "expected"),
    [
        ("status_http", [200, "304", 404, "500", 0, None], ["ok", "ok", "error", "error", "error", "ok"]),
        ("status_ok", [True, False, "true", None], ["ok", "error", "ok", "ok"]),
        ("status_error", [False, True, None, "timeout", {}, 0], ["ok", "error", "ok", "error", "ok", "ok"]),
        ("status", ["ok", "failed", None], ["ok", "error", "ok"]),
    ],
)
def test_a_status_in_any_spelling(tmp_path: Path, field: str, values: list[Any], expected: list[str]) -> None:
    lines = [{"id": f"r{n}", "m": "gpt-4o", "i": 1, "o": 1, "s": value} for n, value in enumerate(values)]
    _, requests = _read(tmp_path, REQUIRED + f'request_id = "$.id"\n{field} = "$.s"\n', lines)
    assert [request["status"] for request in requests] == expected


@pytest.mark.parametrize(
    ("mapping", "line", "part"),
    [
        ('status = "$.code"', {"code": 429}, "name it status_http"),
        ('status_http = "$.code"', {"code": "fine"}, "not an HTTP code"),
        ("", {"m": "please summarise " * 20}, "too long for the name of a model"),
    ],
)
def test_what_cannot_be_right_in_the_log_is_refused_before_anything_is_read(
    tmp_path: Path, mapping: str, line: Row, part: str
) -> None:
    (tmp_path / "llmcost.toml").write_text(f"{REQUIRED}{mapping}\n")
    write(tmp_path / "log.jsonl", [{"m": "gpt-4o", "i": 1, "o": 1} | line] * 3)
    write(tmp_path / "a_good.jsonl", [call(1)])
    done = llmcost("ingest", ".", cwd=tmp_path)
    assert done.returncode == 1
    assert part in done.stderr
    assert "formats.mine" in done.stderr
    assert "summarise" not in done.stderr
    assert not (tmp_path / "llmcost.duckdb").exists()


def test_a_single_line_that_cannot_be_right_is_a_reject(tmp_path: Path) -> None:
    lines = [{"m": "gpt-4o", "i": n, "o": 1, "s": "ok"} for n in range(3)] + [{"m": "gpt-4o", "i": 9, "o": 1, "s": 500}]
    account, requests = _read(tmp_path, REQUIRED + 'status = "$.s"\n', lines)
    assert (account["requests"], account["rejects"], len(requests)) == (3, 1, 3)


def test_a_field_that_was_empty_in_every_line_is_named(tmp_path: Path) -> None:
    mapping = REQUIRED + 'user_id = "$.user"\nfeature = "$.feature"\ntags = { team = "$.team", org = "$.org" }\n'
    lines = [{"m": "gpt-4o", "i": 1, "o": n, "feature": "f" if n else "", "org": "o"} for n in range(2)]
    account, _ = _read(tmp_path, mapping, lines)
    assert account["empty_fields"] == {"mine": ["user_id", "tags.team"]}
    (tmp_path / "llmcost.duckdb").unlink()
    said = " ".join(llmcost("ingest", "log.jsonl", cwd=tmp_path).stdout.split())
    assert "formats.mine: user_id, tags.team were empty in every line" in said


def test_a_count_under_a_name_that_the_mapping_does_not_read_is_a_reject_that_quotes_it(tmp_path: Path) -> None:
    mapping = '[formats.mine]\nmodel = "$.m"\ninput_tokens = "$.u.in"\noutput_tokens = "$.u.out"\n'
    lines = [
        {"m": "gpt-4o", "u": {"in": 5, "out": 1}},
        {"m": "gpt-4o", "u": {"in": 5, "output_toks": 7}},
        {"m": "gpt-4o", "u": {"in": 5, "output_toks": 0}},
        {"m": "gpt-4o", "note": "no call"},
    ]
    account, requests = _read(tmp_path, mapping, lines)
    assert (account["lines"], account["requests"], account["rejects"], account["no_call"]) == (4, 1, 1, 2)
    assert len(requests) == 1
    [reject] = json.loads(llmcost("rejects", "--format", "json", cwd=tmp_path).stdout)["rejects"]
    assert reject["reason"] == "usage under a name that no format knows: output_toks"


def test_an_input_count_and_a_total_say_what_came_out(tmp_path: Path) -> None:
    _, [request] = _read(tmp_path, REQUIRED + 'total_tokens = "$.t"\n', [{"m": "gpt-4o", "i": 5, "t": 12}])
    assert (request["input_tokens"], request["output_tokens"]) == (5, 7)


def test_fields_with_any_name_are_read(tmp_path: Path) -> None:
    """Those that llmcost gives its own columns too, and quotation marks."""
    mapping = (
        '[formats.mine]\nmodel = \'$."@model"\'\ninput_tokens = "$.raw"\noutput_tokens = "$.Line.claimed"\n'
        "user_id = '$.\"it''s \\\\\"quoted\\\\\"\"'\n".replace("''", "\u2019").replace("\\\\", "\\")
    )
    line = {"@model": "gpt-4o", "raw": 5, "Line": {"claimed": 3}, 'it\u2019s "quoted"': "ann"}
    _, [request] = _read(tmp_path, mapping, [line])
    assert (request["input_tokens"], request["output_tokens"], request["user_id"]) == (5, 3, "ann")


def test_a_field_may_have_any_name_and_a_constant_may_look_like_a_parameter(tmp_path: Path) -> None:
    (tmp_path / "llmcost.toml").write_text(
        """[formats.mine]
model = "$.record.model"
input_tokens = "$.raw.in"
output_tokens = "$.line.out"
task_type = { path = "$.claimed", default = "$assume_model" }
user_id = "$.fault"
session_id = "$.wrapped"
feature = '$."$assume_model"'
project = "it's $ttl {k} :name ?"
tags = { line = "$.source_id", "a'b" = '$."x y"."q"', select = '$."from"' }
"""
    )
    line = {"record": {"model": "gpt-4o"}, "raw": {"in": 5}, "line": {"out": 7}, "fault": "u", "wrapped": "s",
            "source_id": "t", "from": "f", "x y": {"q": "deep"}, "$assume_model": "search"}  # fmt: skip
    write(tmp_path / "log.jsonl", [line])
    done = llmcost("ingest", "log.jsonl", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    [row] = contents(tmp_path / "llmcost.duckdb")
    assert {name: row[name] for name in ("task_type", "user_id", "session_id", "feature", "project")} == {
        "task_type": "$assume_model", "user_id": "u", "session_id": "s", "feature": "search",
        "project": "it's $ttl {k} :name ?",
    }  # fmt: skip
    assert row["tags"] == {"line": "t", "a'b": "deep", "select": "f"}
