"""Reading logs into the store: idempotent, in any order, every line accounted for."""

import hashlib
import json
import os
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmcost.engine import access, store
from llmcost.errors import LlmcostError
from llmcost.ingest import run
from tests.logs import Row, call, check_account, claude, contents, ingested, totals, write


def test_again_adds_nothing(tmp_path: Path, store_path: Path) -> None:
    log = write(tmp_path / "a.jsonl", [call(1), call(2)])
    with ingested(store_path, log) as (_, first):
        assert (first.files, first.unchanged, first.total("requests")) == (1, 0, 2)
    with ingested(store_path, log) as (opened, second):
        assert (second.files, second.unchanged, second.formats) == (1, 1, {})
        assert totals(opened)["calls"] == 2


def test_an_empty_label_is_none(tmp_path: Path, store_path: Path) -> None:
    labels = ("feature", "task_type", "prompt_id", "user_id", "session_id", "project")
    log = write(tmp_path / "a.jsonl", [call(1, **dict.fromkeys(labels, "")), call(2, **dict.fromkeys(labels, " "))])
    with ingested(store_path, log) as (opened, _):
        assert opened.rows(f"select {', '.join(labels)} from requests") == [dict.fromkeys(labels)] * 2


WORST = 2**63 - 1
YEAR_MS = 366 * 86_400_000.0


ABSURD = [
    ("input_tokens", WORST, "an absurd count"),
    ("output_tokens", WORST + 1, "an absurd count"),
    ("web_searches", WORST, "an absurd count"),
    ("cost_logged_usd", 1e300, "an absurd cost"),
    ("cost_logged_usd", -1e12, "an absurd cost"),
    ("ts", "9999-12-31T23:59:59Z", "a time that cannot be read or is outside 1970 to 2100"),
    ("ts", "0001-01-01T00:00:00Z", "a time that cannot be read or is outside 1970 to 2100"),
    ("ts", "294246-01-01T00:00:00Z", "a time that cannot be read or is outside 1970 to 2100"),
]


def reasons(opened: store.Store) -> list[str]:
    """Why lines were refused, in their order, without what was found instead."""
    return [str(row["reason"]).split(":")[0] for row in opened.rows("select reason from rejects order by line_no")]


def test_an_absurd_value_costs_its_line_alone(tmp_path: Path, store_path: Path) -> None:
    rows = [call(1), *(call(n, **{field: value}) for n, (field, value, _) in enumerate(ABSURD, start=2)), call(99)]
    with ingested(store_path, write(tmp_path / "a.jsonl", rows)) as (opened, account):
        assert (account.total("requests"), account.total("rejects")) == (2, len(ABSURD))
        assert reasons(opened) == [reason for _, _, reason in ABSURD]


def test_more_calls_than_can_be_is_a_reject(tmp_path: Path, store_path: Path) -> None:
    day = {"date": "2026-08-24", "model": "openai/gpt-4.1", "usage": 0.015, "requests": WORST, "prompt_tokens": 50,
           "completion_tokens": 125, "reasoning_tokens": 25}  # fmt: skip
    with ingested(store_path, write(tmp_path / "a.jsonl", [day, day | {"requests": 5}])) as (opened, account):
        assert (account.total("requests"), account.total("rejects")) == (1, 1)
        assert str(opened.value("select reason from rejects")).startswith("an absurd count")


def test_what_decides_no_money_is_unknown_where_it_is_absurd(tmp_path: Path, store_path: Path) -> None:
    block = [{"hash": "a", "tokens": WORST}]
    absurd = {"latency_ms": -1.0, "ttft_ms": 1e300, "complexity": 7.0, "max_output_tokens": -WORST, "system_blocks": 9,
              "prefix": block}  # fmt: skip
    with ingested(store_path, write(tmp_path / "a.jsonl", [call(1, **absurd)])) as (opened, _):
        assert opened.rows(f"select {', '.join(absurd)} from requests") == [dict.fromkeys(absurd)]


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.jsonl.zst"])
def test_a_grown_file_adds_its_new_lines(tmp_path: Path, store_path: Path, name: str) -> None:
    log = write(tmp_path / name, [call(1), call(2)])
    with ingested(store_path, log):
        pass
    write(log, [call(1), call(2), call(3)])
    with ingested(store_path, log) as (opened, account):
        assert account.total("requests") == 1
        assert account.total("lines") == (1 if name.endswith(".jsonl") else 3)  # a compressed file is read again
        assert totals(opened)["calls"] == 3


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.jsonl.zst"])
def test_what_is_appended_to_a_file_is_read(tmp_path: Path, store_path: Path, name: str) -> None:
    """A compressed file grows by a member of its own: what was there stays as it was, byte by byte."""
    log = write(tmp_path / name, [call(number) for number in range(50)])
    with ingested(store_path, log):
        pass
    more = write(tmp_path / "more" / name, [call(50), call(51)]).read_bytes()
    with log.open("ab") as file:
        file.write(more)
    with ingested(store_path, log) as (opened, account):
        assert (account.total("requests"), account.total("rejects")) == (2, 0)
        assert totals(opened)["calls"] == 52


def test_a_line_half_written_is_taken_when_it_is_whole(tmp_path: Path, store_path: Path) -> None:
    log = tmp_path / "a.jsonl"
    whole = json.dumps(call(2))
    log.write_text(json.dumps(call(1)) + "\n" + whole[:40])
    with ingested(store_path, log) as (opened, account):
        assert (account.total("requests"), account.total("rejects")) == (1, 1)
    log.write_text(json.dumps(call(1)) + "\n" + whole + "\n")
    with ingested(store_path, log) as (opened, account):
        assert (account.total("requests"), account.total("rejects")) == (1, 0)
        assert opened.value("select count(*) from rejects") == 0
        assert totals(opened)["calls"] == 2


def test_a_file_rewritten_is_read_again(tmp_path: Path, store_path: Path) -> None:
    log = write(tmp_path / "a.jsonl", [call(1), call(2)])
    with ingested(store_path, log):
        pass
    write(log, [call(3)])
    with ingested(store_path, log) as (opened, account):
        assert account.total("requests") == 1
        assert totals(opened)["calls"] == 3


NAMES = pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.jsonl.zst"])


def long(name: str, start: int, most: int = 60) -> list[Row]:
    """Calls whose lines are more than twice as long as the ends of a file that are looked at, compressed too."""

    def salt(number: int) -> str:
        return "".join(hashlib.sha256(f"{name} {number} {part}".encode()).hexdigest() for part in range(12))

    return [call(start + number, tags={"salt": salt(number)}) for number in range(most)]


@NAMES
@pytest.mark.parametrize("place", [0, 30, 59])
def test_a_change_anywhere_in_a_file_of_the_same_size_is_read(
    tmp_path: Path, store_path: Path, name: str, place: int
) -> None:
    rows = long(name, 100)
    log = write(tmp_path / name, rows)
    before = log.read_bytes()
    with ingested(store_path, log):
        pass
    other = call(100 + place, request_id="req_new", tags=rows[place]["tags"])
    rows[place] = other
    write(log, rows)
    assert len(before) > 3 * 4096
    if name == "a.jsonl":
        assert log.stat().st_size == len(before)
    os.utime(log, ns=(0, log.stat().st_mtime_ns + 10**9))
    with ingested(store_path, log) as (opened, account):
        assert account.total("requests") == 1
        assert opened.value("select count(*) from requests where request_id = 'req_new'") == 1
        assert totals(opened)["calls"] == 61


@NAMES
def test_a_file_with_the_old_beginning_and_another_end_is_read_from_its_start(
    tmp_path: Path, store_path: Path, name: str
) -> None:
    beginning = long(name, 100)
    log = write(tmp_path / name, [*beginning, call(1), call(2), call(3)])
    with ingested(store_path, log):
        pass
    write(log, [*beginning, call(4), call(5), call(6), call(7), call(8)])
    with ingested(store_path, log) as (opened, account):
        assert (account.total("requests"), account.total("lines")) == (5, 65)
        assert totals(opened)["calls"] == 68


@NAMES
def test_a_file_that_was_only_touched_is_looked_through_and_adds_nothing(
    tmp_path: Path, store_path: Path, name: str
) -> None:
    log = write(tmp_path / name, [call(1), call(2)])
    with ingested(store_path, log):
        pass
    os.utime(log, ns=(0, 0))
    with ingested(store_path, log) as (opened, account):
        assert (account.unchanged, account.total("requests"), account.total("duplicates")) == (0, 0, 2)
        assert totals(opened)["calls"] == 2
    with ingested(store_path, log) as (_, account):
        assert account.unchanged == 1


def test_a_call_in_two_files_is_one_call(tmp_path: Path, store_path: Path) -> None:
    write(tmp_path / "logs" / "a.jsonl", [call(1), call(2)])
    write(tmp_path / "logs" / "b.jsonl", [call(2), call(3)])
    with ingested(store_path, tmp_path / "logs") as (opened, account):
        assert totals(opened)["calls"] == 3
        assert account.total("duplicates") == 1


def test_the_copy_with_most_output_wins_across_runs(tmp_path: Path, store_path: Path) -> None:
    first = write(tmp_path / "a.jsonl", [claude(1, output=1), claude(1, output=200), claude(1, output=30)])
    second = write(tmp_path / "b.jsonl", [claude(1, output=900, timestamp="2026-11-02T11:00:00Z")])
    with ingested(store_path, first) as (opened, _):
        assert totals(opened)["output"] == 200
    with ingested(store_path, second) as (opened, account):
        assert account.total("duplicates") == 1
        assert totals(opened)["output"] == 900
        assert str(opened.value("select ts from requests")) == "2026-11-02 10:00:01"  # when it began


def test_a_subagents_copy_gives_way_to_its_parents(tmp_path: Path, store_path: Path) -> None:
    log = write(tmp_path / "a.jsonl", [claude(1, isSidechain=True), claude(1)])
    with ingested(store_path, log) as (opened, _):
        assert not opened.value("select branched from requests")


def test_tags_do_not_decide_between_copies(tmp_path: Path, store_path: Path) -> None:
    """A tag of the user's own named like a subagent's or a fork's call says nothing of whose copy is the parent's."""
    for tag in ("sidechain", "fork"):
        pairs = [call(n, tags={name: "true"}) for n in range(20) for name in (tag, "team")]
        with ingested(tmp_path / f"{tag}.duckdb", write(tmp_path / f"{tag}.jsonl", pairs)) as (opened, _):
            assert 0 < opened.value("select count(*) from requests where tags[$tag] = 'true'", {"tag": tag}) < 20


def test_formats_mixed_in_one_file(tmp_path: Path, store_path: Path) -> None:
    rows: list[Row | str] = [call(number) for number in range(20)]
    rows += [claude(number) for number in range(3)]
    rows += ["", "not json", '{"level": "info", "msg": "started"}', '{"usage": {"prompt_tokens": 7}}']
    log = write(tmp_path / "a.jsonl", rows)
    with ingested(store_path, log) as (opened, account):
        assert account.formats["llmcost"]["requests"] == 20
        assert account.formats["claude-code"]["requests"] == 3
        assert account.formats["unrecognised"] == {
            "lines": 4, "requests": 0, "duplicates": 0, "no_call": 2, "rejects": 2,
        }  # fmt: skip
        rejects = opened.rows("select line_no, reason from rejects order by line_no")
        assert rejects == [
            {"line_no": 25, "reason": "not JSON"},
            {"line_no": 27, "reason": "token counts in a shape no format knows"},
        ]


REFUSED: list[tuple[Row, str]] = [
    ({"input_tokens": -1}, "a negative count"),
    ({"output_tokens": 10**15}, "an absurd count"),
    ({"cache_read_tokens": "many"}, "a count that is not a whole number"),
    ({"ts": "yesterday"}, "a time that cannot be read or is outside 1970 to 2100"),
    ({"model": ""}, "no model"),
    ({"output_tokens": None}, "no output token count"),
]


def test_a_call_that_cannot_be_taken_is_rejected_with_its_reason(tmp_path: Path, store_path: Path) -> None:
    rows = [call(1), *(call(n, **fields) for n, (fields, _) in enumerate(REFUSED, start=2))]
    with ingested(store_path, write(tmp_path / "a.jsonl", rows)) as (opened, account):
        assert (account.total("rejects"), account.total("requests")) == (len(REFUSED), 1)
        assert reasons(opened) == [reason for _, reason in REFUSED]
        lines = opened.rows("select line_no from rejects order by line_no")
        assert [row["line_no"] for row in lines] == list(range(2, len(rows) + 1))


COUNTS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens",
          "reasoning_tokens", "web_searches", "calls")  # fmt: skip
"""Every count that a log may give and that decides money."""


def test_each_count_must_be_a_whole_number_in_reason(tmp_path: Path, store_path: Path) -> None:
    rows: list[Row] = []
    expected: list[str] = []
    for at, name in enumerate(COUNTS):
        most = 100_000_000 if name.endswith("_tokens") else 1_000_000_000
        values: list[object] = ["many", 1.5, -1, None]
        expected += ["a count that is not a whole number"] * 2 + ["a negative count"]
        if name != "reasoning_tokens":  # a part of the output, which has a limit
            values += [most, most + 1]
            expected.append("an absurd count")
        fields: list[Row] = [{name: value} if value is not None else {} for value in values]
        rows += [call(100 * at + n, **field) for n, field in enumerate(fields)]
    with ingested(store_path, write(tmp_path / "a.jsonl", rows)) as (opened, account):
        assert reasons(opened) == expected
        assert account.total("requests") == len(rows) - len(expected)


def test_no_calls_at_all_is_no_count_of_calls(tmp_path: Path, store_path: Path) -> None:
    with ingested(store_path, write(tmp_path / "a.jsonl", [call(1, calls=0), call(2, calls=1)])) as (opened, account):
        assert (account.total("requests"), opened.value("select reason from rejects")) == (1, "a negative count")


def test_a_clock_is_believed_between_1970_and_2100(tmp_path: Path, store_path: Path) -> None:
    times = ["1970-01-01T00:00:01Z", "1969-12-31T23:59:59Z", "2100-12-31T23:59:59Z", "2101-01-01T00:00:00Z"]
    rows = [call(n, ts=ts) for n, ts in enumerate(times)]
    with ingested(store_path, write(tmp_path / "a.jsonl", rows)) as (opened, _):
        assert [row["request_id"] for row in opened.rows("select * from requests order by ts")] == ["req_0", "req_2"]


LIMITS: list[tuple[str, float, float, float]] = [
    ("max_output_tokens", 1, 10**9, 1),
    ("latency_ms", 0.0, YEAR_MS, 1000.0),
    ("ttft_ms", 0.0, YEAR_MS, 1000.0),
    ("complexity", 0.0, 1.0, 0.01),
    ("output_used_tokens", 0, 100, 1),
    ("system_blocks", 0, 1, 1),
]


def test_what_decides_no_money_is_known_within_its_limits(tmp_path: Path, store_path: Path) -> None:
    block = [{"hash": "a", "tokens": 5}]
    rows = [
        call(0, prefix=block, request_id=f"{field}{n}", **{field: value})
        for field, least, most, step in LIMITS
        for n, value in enumerate([least - step, least, most, most + step])
    ]
    with ingested(store_path, write(tmp_path / "a.jsonl", rows)) as (opened, _):
        for field, least, most, _ in LIMITS:
            of_it = {"name": f"{field}_"}
            asked = f"select {field} from requests where request_id like $name order by request_id"
            assert [row[field] for row in opened.rows(asked, of_it)] == [None, least, most, None]


def columns(opened: store.Store, column: str) -> list[object]:
    """A column of the requests, in the order of their ids, `req_10` and so on."""
    return [row[column] for row in opened.rows(f"select {column} from requests order by request_id")]


def test_service_tiers(tmp_path: Path, store_path: Path) -> None:
    tiers = {"batch": "batch", "FLEX": "flex", "priority": "priority", "fast": "fast", "default": "standard",
             "auto": "standard", None: "standard"}  # fmt: skip
    rows = [call(n, service_tier=said) for n, said in enumerate(tiers, start=10)]
    with ingested(store_path, write(tmp_path / "a.jsonl", rows)) as (opened, _):
        assert columns(opened, "service_tier") == list(tiers.values())


def test_a_status_is_ok_or_error(tmp_path: Path, store_path: Path) -> None:
    said = ["error", "Failure", "failed", "ERRORED", "ok", "success", None]
    rows = [call(n, status=status) for n, status in enumerate(said, start=10)]
    with ingested(store_path, write(tmp_path / "a.jsonl", rows)) as (opened, _):
        assert columns(opened, "status") == ["error"] * 4 + ["ok"] * 3


def test_counts_as_text_and_as_floats_are_counts(tmp_path: Path, store_path: Path) -> None:
    log = write(tmp_path / "a.jsonl", [call(1, input_tokens="12", output_tokens=7.0)])
    with ingested(store_path, log) as (opened, _):
        assert (totals(opened)["input"], totals(opened)["output"]) == (12, 7)


TIMES: list[tuple[object, str]] = [
    ("2026-08-01T10:00:00Z", "2026-08-01 10:00:00"),
    ("2026-08-01T12:00:00+02:00", "2026-08-01 10:00:00"),
    ("2026-08-01 10:00:00.1234567", "2026-08-01 10:00:00.123456"),
    (1785578400, "2026-08-01 10:00:00"),
    (1785578400.5, "2026-08-01 10:00:00.500000"),
    (1785578400000, "2026-08-01 10:00:00"),
    (1785578400000000, "2026-08-01 10:00:00"),
    (None, "None"),
]


def test_times(tmp_path: Path, store_path: Path) -> None:
    rows = [call(n, ts=written) for n, (written, _) in enumerate(TIMES, start=10)]
    with ingested(store_path, write(tmp_path / "a.jsonl", rows)) as (opened, _):
        assert list(map(str, columns(opened, "ts"))) == [read for _, read in TIMES]


def test_a_secret_in_a_reject_is_redacted(tmp_path: Path, store_path: Path) -> None:
    log = write(tmp_path / "a.jsonl", [call(1), "oops sk-ant-api03-abcdefghijklmnopqrstuvwxyz end"])
    with ingested(store_path, log) as (opened, _):
        assert opened.value("select excerpt from rejects") == '"…4" "…39" "…3"'


def test_a_json_document_is_read_by_its_elements(tmp_path: Path, store_path: Path) -> None:
    log = tmp_path / "a.json"
    log.write_text(json.dumps([call(1), call(2)], indent=2))
    with ingested(store_path, log) as (_, account):
        assert account.total("requests") == 2


def test_strange_names_of_files(tmp_path: Path, store_path: Path) -> None:
    names = ["it's.jsonl", "a*b[1].jsonl", "line\nbreak.jsonl", 'quo"te.jsonl', "$HOME;drop table requests.jsonl"]
    for number, name in enumerate(names):
        write(tmp_path / "logs" / name, [call(number)])
    with ingested(store_path, *(tmp_path / "logs" / name for name in names)) as (opened, account):
        assert account.files == len(names)
        assert totals(opened)["calls"] == len(names)


ROWS = [call(number) for number in range(6)]
ROWS += [claude(number % 3, output=10 * number, isSidechain=number % 2 == 0) for number in range(8)]


@pytest.fixture(scope="module")
def in_one_file(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    """The requests of ROWS read in order from one file."""
    folder = tmp_path_factory.mktemp("one")
    with ingested(folder / "one.duckdb", write(folder / "a.jsonl", ROWS)):
        pass
    return contents(folder / "one.duckdb")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(data=st.data())
def test_any_order_split_and_duplication_give_the_same_store(  # type: ignore[no-untyped-def]
    tmp_path_factory: pytest.TempPathFactory, in_one_file: list[Row], data
) -> None:
    folder = tmp_path_factory.mktemp("split")
    rows = data.draw(st.permutations(ROWS + data.draw(st.lists(st.sampled_from(ROWS), max_size=5))))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(rows) - 1), max_size=3)))
    for number, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(rows)], strict=True)):
        write(folder / "many" / f"{number}.jsonl", rows[start:end])
    files = sorted((folder / "many").iterdir())
    random.Random(len(cuts)).shuffle(files)
    for file in files:
        with ingested(folder / "many.duckdb", file):
            pass
    assert contents(folder / "many.duckdb") == in_one_file


def test_what_is_no_log_in_a_folder_is_skipped_and_named(tmp_path: Path, store_path: Path) -> None:
    write(tmp_path / "logs" / "a.jsonl", [call(1)])
    (tmp_path / "logs" / "README.md").write_text("# Logs\n")
    (tmp_path / "logs" / "picture.png").write_bytes(b"\x89PNG\x00\x00")
    (tmp_path / "logs" / "empty.jsonl").touch()
    with ingested(store_path, tmp_path / "logs") as (_, account):
        assert account.files == 1
        assert {Path(path).name: reason for path, reason in account.skipped.items()} == {
            "README.md": "no format claims it",
            "picture.png": "a binary file",
        }


def test_an_ingest_that_fails_half_way_leaves_the_store_as_it_was(
    tmp_path: Path, store_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ingested(store_path, write(tmp_path / "a.jsonl", [call(1)])):
        pass
    before = contents(store_path)
    monkeypatch.setattr(run, "_remember", lambda *_: 1 / 0)
    with access.writing(store_path) as opened, pytest.raises(ZeroDivisionError):
        run.ingest(opened, [str(write(tmp_path / "b.jsonl", [call(2)]))])
    assert contents(store_path) == before


def test_two_formats_that_claim_one_line_are_an_error(
    tmp_path: Path, store_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = call(1) | claude(1)
    log = write(tmp_path / "a.jsonl", [both])
    with access.writing(store_path) as opened:
        with pytest.raises(LlmcostError, match="claimed by claude-code and llmcost"):
            run.ingest(opened, [str(log)])
        account = run.ingest(opened, [str(log)], "llmcost")
    check_account(account)
    assert account.formats["llmcost"]["requests"] == 1
