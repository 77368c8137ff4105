"""Files are read again when their mapping or what is assumed for them changes, and on request."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.command import llmcost
from tests.logs import Row, call, contents, write

MAPPING = '[formats.mine]\nmodel = "$.m"\ninput_tokens = "$.i"\noutput_tokens = "$.o"\n'
WITH_ID = MAPPING + 'request_id = "$.id"\n'
OTHER = '[formats.other]\nmodel = "$.model_used"\ninput_tokens = "$.p"\noutput_tokens = "$.c"\n'


def _line(number: int, **others: Any) -> Row:
    return {"id": f"r{number}", "key": f"k{number}", "m": "gpt-4o", "i": 10, "o": 5, "who": "ann", "part": 0} | others


def _ingest(folder: Path, mapping: str, *paths: str, db: str = "llmcost.duckdb") -> Row:
    (folder / "llmcost.toml").write_text(mapping)
    done = llmcost("ingest", *paths, "--json", "--db", db, cwd=folder)
    assert done.returncode in (0, 3), done.stderr
    account: Row = json.loads(done.stdout)
    assert account["lines"] == sum(account[name] for name in ("requests", "duplicates", "no_call", "rejects"))
    return account


def _as_if_read_first(folder: Path, mapping: str, *paths: str) -> list[Row]:
    _ingest(folder, mapping, *paths, db="first.duckdb")
    found = contents(folder / "first.duckdb")
    (folder / "first.duckdb").unlink()
    return found


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(WITH_ID + 'user_id = "$.who"\n', id="a field is added"),
        pytest.param(WITH_ID.replace('"$.o"', '"$.part"'), id="a count shrinks"),
        pytest.param(WITH_ID.replace("$.id", "$.key"), id="ids change"),
        pytest.param(WITH_ID.replace("$.id", "$.who"), id="ids become one"),
        pytest.param(MAPPING, id="ids are no longer mapped"),
        pytest.param(WITH_ID.replace("mine", "ours"), id="the mapping is renamed"),
        pytest.param(WITH_ID.replace("mine", "ours").replace("$.id", "$.key"), id="renamed, other ids"),
        pytest.param(WITH_ID.replace('"$.m"', '"$.only"'), id="fewer lines are calls"),
    ],
)
def test_after_a_change_the_store_is_as_if_the_mapping_had_always_been_so(tmp_path: Path, after: str) -> None:
    write(tmp_path / "a.jsonl", [*(_line(n) for n in range(4)), _line(9, only="gpt-4o"), {"msg": "hello"}])
    # copies of calls of the other file, one fuller; and the same line once more
    write(tmp_path / "b.jsonl", [_line(1, o=50), _line(2, o=1), _line(3), _line(9, only="gpt-4o")])
    _ingest(tmp_path, WITH_ID, "a.jsonl", "b.jsonl")
    expected = _as_if_read_first(tmp_path, after, "a.jsonl", "b.jsonl")
    account = _ingest(tmp_path, after, "a.jsonl", "b.jsonl")
    assert account["outdated"] == 2
    assert contents(tmp_path / "llmcost.duckdb") == expected
    again = _ingest(tmp_path, after, "a.jsonl", "b.jsonl")
    assert (again["unchanged"], again["lines"], again["outdated"]) == (2, 0, 0)


def test_only_the_files_of_that_mapping_are_read_again(tmp_path: Path) -> None:
    write(tmp_path / "logs" / "mine.jsonl", [_line(1), {"msg": "hello"}])
    write(tmp_path / "logs" / "other.jsonl", [{"model_used": "gpt-4o", "p": 1, "c": 2}, {"msg": "hello"}])
    write(tmp_path / "logs" / "llmcost.jsonl", [call(1)])
    _ingest(tmp_path, WITH_ID + OTHER, "logs")
    account = _ingest(tmp_path, WITH_ID + 'user_id = "$.who"\n' + OTHER, "logs")
    assert (account["outdated"], account["unchanged"], account["files"]) == (1, 2, 3)
    assert list(account["formats"]) == ["mine", "unrecognised"]


def test_an_ingest_of_another_file_reads_them_again_too(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [_line(1)])
    write(tmp_path / "b.jsonl", [_line(2)])
    _ingest(tmp_path, WITH_ID, "a.jsonl")
    account = _ingest(tmp_path, WITH_ID + 'user_id = "$.who"\n', "b.jsonl")
    assert account["outdated"] == 1
    assert [row["user_id"] for row in contents(tmp_path / "llmcost.duckdb")] == ["ann", "ann"]


def test_what_is_no_longer_there_stays_as_it_was(tmp_path: Path) -> None:
    """A log that is rotated, and one that is gone: what they held is in the store alone."""
    log, gone = write(tmp_path / "a.jsonl", [_line(1), _line(2)]), write(tmp_path / "gone.jsonl", [_line(3)])
    _ingest(tmp_path, WITH_ID, "a.jsonl", "gone.jsonl")
    write(log, [_line(2), _line(4)])
    gone.unlink()
    _ingest(tmp_path, WITH_ID.replace("$.id", "$.key"), "a.jsonl")
    assert [row["request_id"] for row in contents(tmp_path / "llmcost.duckdb")] == ["k2", "k4", "r1", "r3"]


def test_a_line_that_has_moved_to_another_file_is_one_call(tmp_path: Path) -> None:
    log = write(tmp_path / "a.jsonl", [_line(1), _line(2)])
    _ingest(tmp_path, WITH_ID, "a.jsonl")
    log.rename(tmp_path / "a.jsonl.1")
    _ingest(tmp_path, WITH_ID.replace("$.id", "$.key"), "a.jsonl.1")
    assert [row["request_id"] for row in contents(tmp_path / "llmcost.duckdb")] == ["k1", "k2"]


def test_a_fuller_copy_in_a_file_that_is_gone_is_kept(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [_line(1, o=1)])
    gone = write(tmp_path / "gone.jsonl", [_line(1, o=500)])
    _ingest(tmp_path, WITH_ID, "a.jsonl", "gone.jsonl")
    gone.unlink()
    _ingest(tmp_path, WITH_ID + 'user_id = "$.who"\n', "a.jsonl")
    assert [row["output_tokens"] for row in contents(tmp_path / "llmcost.duckdb")] == [500]


def test_a_file_that_grew_is_read_on_under_the_same_mapping_and_anew_under_another(tmp_path: Path) -> None:
    log = write(tmp_path / "a.jsonl", [_line(1)])
    _ingest(tmp_path, WITH_ID, "a.jsonl")
    with log.open("a") as file:
        file.write(json.dumps(_line(2)) + "\n")
    assert _ingest(tmp_path, WITH_ID, "a.jsonl")["lines"] == 1
    assert _ingest(tmp_path, WITH_ID.replace("$.id", "$.key"), "a.jsonl")["lines"] == 2
    assert [row["request_id"] for row in contents(tmp_path / "llmcost.duckdb")] == ["k1", "k2"]


def test_a_new_mapping_reads_the_lines_that_nobody_claimed(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [_line(1), {"model_used": "gpt-4o", "p": 1, "c": 2}])
    assert _ingest(tmp_path, WITH_ID, "a.jsonl")["requests"] == 1
    assert _ingest(tmp_path, WITH_ID + OTHER, "a.jsonl")["formats"]["other"]["requests"] == 1
    assert len(contents(tmp_path / "llmcost.duckdb")) == 2


def test_a_mapping_that_is_taken_away_takes_no_request_away(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [_line(1)])
    write(tmp_path / "b.jsonl", [call(1)])
    _ingest(tmp_path, WITH_ID, "a.jsonl")
    account = _ingest(tmp_path, "", "b.jsonl")
    assert (account["skipped"], account["outdated"]) == ([], 0)
    assert len(contents(tmp_path / "llmcost.duckdb")) == 2


def test_again_reads_what_has_not_changed(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [call(1), call(2), call(1)])
    _ingest(tmp_path, "", "a.jsonl")
    before = contents(tmp_path / "llmcost.duckdb")
    done = llmcost("ingest", "a.jsonl", "--again", "--json", cwd=tmp_path)
    account = json.loads(done.stdout)
    assert (account["lines"], account["requests"], account["duplicates"], account["outdated"]) == (3, 0, 3, 0)
    assert contents(tmp_path / "llmcost.duckdb") == before


def test_another_assumption_replaces_the_one_before(tmp_path: Path) -> None:
    trace = {"timestamp": 27482, "input_length": 6758, "output_length": 500, "hash_ids": [1, 2]}
    write(tmp_path / "t.jsonl", [trace, trace, trace | {"timestamp": 90000}])
    assert llmcost("ingest", "t.jsonl", cwd=tmp_path).returncode == 0
    words = ("--assume", "assume_model=gpt-4o", "--assume", "assume_start=2026-11-20T00:00:00Z")
    done = llmcost("ingest", "t.jsonl", *words, "--json", cwd=tmp_path)
    account = json.loads(done.stdout)
    assert (account["outdated"], account["requests"], account["duplicates"]) == (1, 0, 3)
    rows = contents(tmp_path / "llmcost.duckdb")
    assert [(row["model"], row["ts"].day) for row in rows] == [("gpt-4o", 20)] * 3
    assert json.loads(llmcost("ingest", "t.jsonl", "--json", cwd=tmp_path).stdout)["unchanged"] == 1
    write(tmp_path / "u.jsonl", [trace | {"timestamp": 5}])
    account = json.loads(llmcost("ingest", "u.jsonl", "--assume", "assume_model=gpt-5", "--json", cwd=tmp_path).stdout)
    assert (account["outdated"], account["lines"]) == (0, 1)
