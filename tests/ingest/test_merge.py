"""Stores merged are one store that has read all the logs, whichever of them the others are merged into."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from llmcost.engine import access
from tests.command import llmcost
from tests.engine import stores
from tests.ingest.merging import made, united
from tests.logs import Row, call, contents, ingested, write


def log(path: Path, *numbers: int, **fields: object) -> Path:
    return write(path, [call(number, **fields) for number in numbers])


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """Stores with one call in common."""
    here = made(tmp_path / "here", log(tmp_path / "here" / "x.jsonl", 1, 2))
    there = made(tmp_path / "there", write(tmp_path / "there" / "x.jsonl", [call(2), call(3), "{no json"]))
    return here, there


def test_the_machine_is_known_of_what_came_from_it(two: tuple[Path, Path]) -> None:
    [one] = united(*two)
    assert (one.machine, one.counts) == (
        "there",
        {"lines": 3, "requests": 1, "duplicates": 1, "no_call": 0, "rejects": 1},
    )
    assert {row["request_id"]: row["machine"] for row in contents(two[0])} == {
        "req_1": None,
        "req_2": None,
        "req_3": "there",
    }
    rejects = json.loads(llmcost("rejects", "--db", two[0], "--format", "json", cwd=two[0].parent).stdout)
    assert [row["file"] for row in rejects["rejects"]] == [f"there:{two[1].parent / 'x.jsonl'}"]


def test_what_has_grown_adds_its_new_lines_alone(two: tuple[Path, Path]) -> None:
    here, there = two
    united(here, there)
    write(there.parent / "x.jsonl", [call(2), call(3), "{no json", call(1), call(4), "{none"])
    made(there.parent, there.parent / "x.jsonl")
    [one] = united(here, there)
    assert one.counts == {"lines": 3, "requests": 1, "duplicates": 1, "no_call": 0, "rejects": 1}
    with access.reading(here) as opened:
        assert opened.value("select list(line_no order by line_no) from rejects") == [3, 6]
        assert opened.value("select sum(requests) from ledger") == opened.value("select count(*) from requests") == 4


def test_what_comes_back_is_known(two: tuple[Path, Path], tmp_path: Path) -> None:
    here, there = two
    united(there, here)
    [one] = united(here, there)
    assert one.counts == {"lines": 3, "requests": 1, "duplicates": 1, "no_call": 0, "rejects": 1}
    third = tmp_path / "third" / "llmcost.duckdb"
    third.parent.mkdir()
    united(third, there)
    assert not any(united(third, here)[0].counts.values())
    with access.reading(third) as opened:
        named = opened.rows(
            "select machine, list(request_id order by request_id) as ids from requests group by 1 order by 1"
        )
    assert named == [{"machine": "here", "ids": ["req_1"]}, {"machine": "there", "ids": ["req_2", "req_3"]}]


def test_the_logs_add_nothing_afterwards(two: tuple[Path, Path]) -> None:
    here, there = two
    united(here, there)
    with ingested(here, here.parent / "x.jsonl") as (_, account):
        assert account.unchanged == 1
    with ingested(here, there.parent / "x.jsonl") as (_, account):
        assert (account.total("requests"), account.total("duplicates")) == (0, 2)


def test_a_copy_that_has_gone_its_own_way_adds_what_it_has_read(two: tuple[Path, Path], tmp_path: Path) -> None:
    here, _ = two
    (tmp_path / "copy").mkdir()
    copy = Path(shutil.copy(here, tmp_path / "copy" / "llmcost.duckdb"))
    assert not any(united(here, copy)[0].counts.values())
    made(copy.parent, log(tmp_path / "copy" / "y.jsonl", 7))
    made(here.parent, log(tmp_path / "here" / "y.jsonl", 8))
    [one] = united(here, copy)
    assert one.counts == {"lines": 1, "requests": 1, "duplicates": 0, "no_call": 0, "rejects": 0}


def test_what_both_have_is_spent_once(two: tuple[Path, Path], tmp_path: Path) -> None:
    merged = united(tmp_path / "all.duckdb", *two)
    assert [one.cost_usd for one in merged] == [pytest.approx(0.003), pytest.approx(0.0015)], "three calls at $0.0015"
    assert [one.cost_usd for one in united(tmp_path / "all.duckdb", *two)] == [None, None]


def test_every_name_of_a_model_is_known(tmp_path: Path) -> None:
    named = [call(number, provider=name) for number, name in enumerate(["openai", "api.openai.com", "azure"])]
    there = made(tmp_path / "there", write(tmp_path / "there" / "x.jsonl", named))
    here = tmp_path / "here.duckdb"
    united(here, there)
    with access.reading(here) as opened, access.reading(there) as other:
        assert opened.rows("from models order by all") == other.rows("from models order by all")
        assert len({row["provider_logged"] for row in other.rows("from models")}) == 3


def test_rules_for_features_hold_for_what_comes_into_a_new_store(two: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "llmcost.toml").write_text('[[features]]\nfeature = "ours"\nmodel = "claude-haiku-*"\n')
    done = llmcost("merge", *two, "--machine", "a", "--machine", "b", "--db", "new.duckdb", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    with access.reading(tmp_path / "new.duckdb") as opened:
        assert opened.rows("select distinct feature from requests") == [{"feature": "ours"}]


def test_a_trace_in_two_stores_counts_the_calls_below(tmp_path: Path) -> None:
    def observation(id_: str, **fields: object) -> Row:
        return {
            "id": id_, "traceId": "t", "type": "GENERATION", "startTime": "2026-11-02T10:00:00Z",
            "model": "gpt-4o", "usageDetails": {"input": 10, "output": 5, "total": 15},
        } | fields  # fmt: skip

    above = made(tmp_path / "above", write(tmp_path / "above" / "x.jsonl", [observation("up")]))
    below = made(
        tmp_path / "below", write(tmp_path / "below" / "x.jsonl", [observation("down", parentObservationId="up")])
    )
    [one] = united(above, below)
    assert one.counts == {"lines": 1, "requests": 0, "duplicates": 1, "no_call": 0, "rejects": 0}
    assert [row["request_id"] for row in contents(above)] == [contents(below)[0]["request_id"]]


def test_texts_come_along_and_are_their_owners_alone(tmp_path: Path) -> None:
    said = {
        "model": "gpt-4o", "usage": {"prompt_tokens": 9, "completion_tokens": 5}, "object": "chat.completion",
        "id": "chatcmpl-AAAAAAAAAAAA1", "choices": [{"message": {"role": "assistant", "content": "A short answer."}}],
    }  # fmt: skip
    there, here = tmp_path / "there.duckdb", tmp_path / "here.duckdb"
    spoken = write(tmp_path / "x.jsonl", [said])
    assert llmcost("ingest", spoken, "--keep-text", "--db", there, cwd=tmp_path).returncode == 0
    here.write_bytes(made(tmp_path / "own", log(tmp_path / "own" / "x.jsonl", 1)).read_bytes())
    here.chmod(0o644)
    united(here, there)
    with access.reading(here) as opened, access.reading(there) as other:
        assert opened.rows("from texts") == other.rows("from texts") != []
    assert here.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("schema", stores.files())
def test_a_store_of_an_earlier_schema_is_merged_and_stays_as_it_is(schema: str, tmp_path: Path) -> None:
    old = stores.unpacked(schema, tmp_path / "old.duckdb")
    before = old.read_bytes()
    here = tmp_path / "here.duckdb"
    [one] = united(here, old)
    assert (one.machine, one.counts["requests"], one.counts["rejects"]) == ("old", 3, 1)
    assert not any(united(here, old)[0].counts.values())
    assert old.read_bytes() == before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["here.duckdb", "old.duckdb"]


def wrong(two: tuple[Path, Path], name: str, *words: str) -> tuple[int, str]:
    """How the command ends that merges a store of this name into one that must stay as it is."""
    before = contents(two[0])
    done = llmcost("merge", two[1], name, *words, "--db", two[0], cwd=two[0].parent.parent)
    assert contents(two[0]) == before
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 2
    return done.returncode, done.stderr


def test_what_is_no_store_is_one_line_and_nothing_is_merged(two: tuple[Path, Path], tmp_path: Path) -> None:
    assert wrong(two, "nowhere.duckdb") == (
        1,
        "error: there is no store at nowhere.duckdb\nhint: create one with: llmcost ingest PATH\n",
    )
    (tmp_path / "text.duckdb").write_text("a text that is longer than the beginning of a store")
    assert "is not an llmcost store" in wrong(two, "text.duckdb")[1]
    damaged = bytearray(two[1].read_bytes())
    damaged[12288:-4096] = os.urandom(len(damaged) - 12288 - 4096)
    (tmp_path / "damaged.duckdb").write_bytes(damaged)
    assert "is damaged" in wrong(two, "damaged.duckdb")[1]
    shutil.copy(two[1], tmp_path / "newer.duckdb")
    with access.writing(tmp_path / "newer.duckdb") as opened:
        opened.execute("update llmcost_meta set value = '999' where key = 'schema_version'")
    assert "newer version of llmcost (schema 999" in wrong(two, "newer.duckdb")[1]
    shutil.copy(two[1], tmp_path / "odd.duckdb")
    with access.writing(tmp_path / "odd.duckdb") as opened:
        opened.execute("alter table requests alter column output_tokens type varchar")
    assert "its table requests has other columns" in wrong(two, "odd.duckdb")[1]
    shutil.copy(two[1], tmp_path / "absurd.duckdb")
    with access.writing(tmp_path / "absurd.duckdb") as opened:
        opened.execute("update requests set output_tokens = 9223372036854775807, input_tokens = 9223372036854775807")
    assert "2 of its requests hold values that no ingest writes" in wrong(two, "absurd.duckdb")[1]


def test_a_store_in_use_is_one_line(two: tuple[Path, Path], tmp_path: Path) -> None:
    busy = shutil.copy(two[1], tmp_path / "busy.duckdb")
    code = "import sys, time; from llmcost.engine import access; from pathlib import Path\n" \
        "with access.writing(Path(sys.argv[1])): print('open', flush=True); time.sleep(60)"  # fmt: skip
    process = subprocess.Popen([sys.executable, "-c", code, str(busy)], stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()
    try:
        assert "busy.duckdb is in use by another process" in wrong(two, "busy.duckdb")[1]
    finally:
        process.kill()
        process.communicate()


def test_wrong_words(two: tuple[Path, Path], tmp_path: Path) -> None:
    link = tmp_path / "link.duckdb"
    link.symlink_to(two[0])
    assert "is the store that the others are merged into" in wrong(two, "link.duckdb")[1]
    assert wrong(two, "old.duckdb", "--machine", "one")[0] == 2
    assert wrong(two, "old.duckdb", "--machine", "one", "--machine", " ")[0] == 2
    other = tmp_path / "more" / "there"
    other.mkdir(parents=True)
    shutil.copy(two[1], other)
    assert "2 of these stores would be named there" in wrong(two, str(other / "llmcost.duckdb"))[1]


def test_a_store_that_nothing_came_into_is_not_left_behind(two: tuple[Path, Path], tmp_path: Path) -> None:
    done = llmcost("merge", two[1], "nowhere.duckdb", "--db", "new.duckdb", cwd=tmp_path)
    assert done.returncode == 1
    assert not (tmp_path / "new.duckdb").exists()


def test_killed_nothing_has_changed(tmp_path: Path) -> None:
    many = [call(number, user_id=f"u{number}") for number in range(20_000)]
    there = made(tmp_path / "there", write(tmp_path / "there" / "x.jsonl", many))
    here = made(tmp_path / "here", log(tmp_path / "here" / "x.jsonl", 1, 2))
    before = contents(here)
    clean = Path(shutil.copy(here, tmp_path / "clean.duckdb"))
    command = [sys.executable, "-m", "llmcost", "merge", str(there), "--db"]
    began = time.monotonic()
    subprocess.run([*command, str(clean)], check=True, capture_output=True)
    took_s = time.monotonic() - began
    for share in (0.3, 0.6, 0.75, 0.9):
        process = subprocess.Popen([*command, str(here)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(took_s * share)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert contents(here) in (before, contents(clean))
    united(here, there)
    assert contents(here) == contents(clean)


def test_the_command_says_what_was_added(two: tuple[Path, Path]) -> None:
    done = llmcost("merge", two[1], "--machine", "old\x1b[31m laptop", "--db", two[0], cwd=two[0].parent)
    assert done.returncode == 0, done.stderr
    assert "1 store merged" in done.stdout
    assert "\x1b" not in done.stdout
    again = llmcost("merge", two[1], "--json", "--db", two[0], cwd=two[0].parent)
    said = json.loads(again.stdout)
    assert (said["lines"], said["requests"]) == (0, 0)
    assert said["merged"][0]["machine"] == "old\x1b[31m laptop"
