"""Mooncake's traffic: lengths, times, and prompts that share blocks."""

import json
from pathlib import Path

from tests.formats.reading import read
from tests.logs import Row, ingested, totals

MOONCAKE = {"timestamp": 1500, "input_length": 1100, "output_length": 50, "hash_ids": [0, 14, 15]}


def test_a_mooncake_request(tmp_path: Path) -> None:
    request = read(tmp_path, [MOONCAKE]).only()
    assert (request["input_tokens"], request["output_tokens"], request["model"]) == (1100, 50, "claude-haiku-4-5")
    assert str(request["ts"]) == "2026-11-02 00:00:01.500000"
    assert request["tags"] == {"model_source": "assumed"}
    assert [block["tokens"] for block in request["prefix"]] == [512, 1024, 1100]


def test_what_is_assumed(tmp_path: Path) -> None:
    said = {"assume_model": "gpt-5-mini", "assume_start": "2026-01-01T12:00:00Z"}
    request = read(tmp_path, [MOONCAKE], assumed=said).only()
    assert (request["provider"], request["model"]) == ("openai", "gpt-5-mini")
    assert str(request["ts"]) == "2026-01-01 12:00:01.500000"
    wrong = read(tmp_path / "wrong", [MOONCAKE], assumed={"assume_start": "soon"})
    assert wrong.reasons == ["a time that cannot be read or is outside 1970 to 2100"]


def test_prompts_that_begin_alike_share_blocks(tmp_path: Path) -> None:
    other = MOONCAKE | {"timestamp": 1600, "hash_ids": [0, 14, 99]}
    found = read(tmp_path, [MOONCAKE, other]).requests
    first, second = ([block["hash"] for block in request["prefix"]] for request in found)
    assert [one == another for one, another in zip(first, second, strict=True)] == [True, True, False]


def test_equal_lines_are_requests_of_their_own(tmp_path: Path) -> None:
    assert read(tmp_path, [MOONCAKE, MOONCAKE]).counts["requests"] == 2
    again = [MOONCAKE, MOONCAKE]
    assert read(tmp_path, again, again).counts["requests"] == 2, "but a file read twice adds nothing"


def test_broken(tmp_path: Path) -> None:
    rows: list[Row | str] = [
        MOONCAKE | {"input_length": "long"},
        MOONCAKE | {"timestamp": "noon"},
        MOONCAKE | {"output_length": -1},
        json.dumps(MOONCAKE)[:40],
        MOONCAKE,
    ]
    found = read(tmp_path, rows)
    assert found.reasons == [
        "a count that is not a whole number",
        "a time that cannot be read or is outside 1970 to 2100",
        "a negative count",
        "not JSON",
    ]


def test_known_answers(shared_data: Path, store_path: Path) -> None:
    """With an endless cache 36.64% of the blocks were seen before."""
    log = shared_data / "mooncake_conversation_trace.jsonl"
    with ingested(store_path, log) as (opened, _):
        assert totals(opened)["calls"] == 12_031
        blocks, distinct = opened.rows(
            "select count(*) as blocks, count(distinct block.hash) as distinct_blocks"
            " from (select unnest(prefix) as block from requests)"
        )[0].values()
        assert blocks == 288_500
        assert round(100 * (blocks - distinct) / blocks, 2) == 36.64
        lengths = [json.loads(text) for text in log.read_text().splitlines()]
        assert totals(opened)["input"] == sum(line["input_length"] for line in lengths)
        assert opened.value("select count(*) from requests where prefix[-1].tokens <> input_tokens") == 0
