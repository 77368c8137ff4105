"""A log of one's own, mapped in llmcost.toml."""

import json
from pathlib import Path

import pytest

from tests.command import llmcost
from tests.logs import write

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
