"""Files that change while they are read, and files that hold what no log should."""

import gzip
import json
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from llmcost.engine import access, store
from llmcost.ingest import documents, lines, run, sources, stamps, streams
from llmcost.ingest.detect import Detection
from tests.logs import call, ingested, totals, write


def test_a_file_that_is_replaced_while_it_is_read_is_read_in_full_by_the_next_run(
    tmp_path: Path, store_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = write(tmp_path / "a.jsonl", [call(number) for number in range(50)])
    new = write(tmp_path / "new", [call(number) for number in range(100, 180)])
    read = lines._lines

    def replaced(source: lines.Source, stream: streams.Stream):  # type: ignore[no-untyped-def]
        if new.exists():
            new.rename(log)
        return read(source, stream)

    monkeypatch.setattr(lines, "_lines", replaced)
    with ingested(store_path, log) as (opened, _):
        assert totals(opened)["calls"] == 50
    with ingested(store_path, log) as (opened, account):
        assert (account.total("requests"), totals(opened)["calls"]) == (80, 130)


def test_a_file_changed_in_the_middle_and_grown_is_read_again(tmp_path: Path, store_path: Path) -> None:
    rows = [call(number) for number in range(200)]
    with ingested(store_path, write(tmp_path / "a.jsonl", rows)):
        pass
    rows[90:110] = [call(number) for number in range(500, 520)]
    with ingested(store_path, write(tmp_path / "a.jsonl", [*rows, call(999)])) as (_, account):
        assert account.total("requests") == 21


def test_a_stamp_of_an_earlier_version_still_tells_a_file_that_has_only_grown(tmp_path: Path) -> None:
    log = tmp_path / "a"
    log.write_bytes(bytes(range(256)) * 100)
    with log.open("rb") as file:
        last = stamps.Stamp(20_000, 0, stamps._of_edges(file.fileno(), 20_000))
        assert stamps.begins_as(file, last)
        assert not stamps.begins_as(file, stamps.Stamp(20_001, 0, last.fingerprint))


def test_a_file_that_is_gone_when_it_is_its_turn_is_skipped(
    tmp_path: Path, store_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "logs" / "a.jsonl", [call(1)])
    gone = write(tmp_path / "logs" / "b.jsonl", [call(2)])
    number = run._number

    def vanishing(opened: store.Store, group: list[Detection]) -> None:
        gone.unlink()
        number(opened, group)

    monkeypatch.setattr(run, "_number", vanishing)
    with ingested(store_path, tmp_path / "logs") as (opened, account):
        assert account.skipped == {str(gone): "it is gone"}
        assert (account.files, totals(opened)["calls"]) == (1, 1)


def test_a_named_pipe_is_read_like_standard_input_unless_it_is_followed(tmp_path: Path, store_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text(json.dumps(call(1)) + "\n"))
    writer.start()
    with ingested(store_path, pipe) as (opened, _):
        assert totals(opened)["calls"] == 1
    writer.join()
    assert sources.find([str(pipe)], pipes=False).skipped == {str(pipe): "a pipe"}


@pytest.mark.parametrize("name", ["-", "/dev/stdin", "/dev/fd/0"])
def test_standard_input_is_read_under_all_its_names(name: str, tmp_path: Path) -> None:
    log = json.dumps(call(1)) + "\n"
    command = [sys.executable, "-m", "llmcost", "ingest", name, "--db", str(tmp_path / "llmcost.duckdb")]
    done = subprocess.run(command, input=log, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    with access.reading(tmp_path / "llmcost.duckdb") as opened:
        assert totals(opened)["calls"] == 1


def test_what_a_shell_puts_in_place_of_a_file_is_read(tmp_path: Path) -> None:
    """`<(…)` in bash: a name under /dev/fd or /proc of a pipe that the command has inherited."""
    logs = [write(tmp_path / f"{number}.jsonl", [call(number)]) for number in (1, 2)]
    ends = [os.pipe() for _ in logs]
    for log, (_, end) in zip(logs, ends, strict=True):
        os.write(end, log.read_bytes())
        os.close(end)
    names = [f"{folder}/{end}" for folder, (end, _) in zip(("/dev/fd", "/proc/self/fd"), ends, strict=True)]
    command = [sys.executable, "-m", "llmcost", "ingest", *names, "--db", str(tmp_path / "llmcost.duckdb")]
    done = subprocess.run(command, pass_fds=[end for end, _ in ends], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    with access.reading(tmp_path / "llmcost.duckdb") as opened:
        assert totals(opened)["calls"] == 2


def test_what_a_crash_or_an_editor_leaves_costs_no_call(tmp_path: Path, store_path: Path) -> None:
    log = tmp_path / "a.jsonl"
    texts = [json.dumps(call(number, feature="x")).encode() for number in range(5)]
    surrogate = texts[3].replace(b'"x"', b'"\\ud83d \\ud83d\\ude00 \\\\ud800"')
    log.write_bytes(
        b"\x00" * 9000 + texts[0] + b"\n\xef\xbb\xbf" + texts[1] + b"\n" + b"\x00" * 64 + texts[2] + b"\n"
        + surrogate + b"\n\n \r\n" + texts[4]
    )  # fmt: skip
    with ingested(store_path, log) as (opened, account):
        assert (totals(opened)["calls"], account.total("rejects"), account.total("no_call")) == (5, 0, 2)
        assert opened.value("select feature from requests where request_id = 'req_3'") == "\ufffd 😀 \\ud800"


def test_where_reading_goes_on_is_counted_in_bytes_of_the_file(tmp_path: Path, store_path: Path) -> None:
    log = tmp_path / "a.jsonl"
    log.write_bytes(b"\x00" * 10 + json.dumps(call(1)).encode() + b"\n")
    with ingested(store_path, log):
        pass
    with log.open("ab") as file:
        file.write(json.dumps(call(2)).encode() + b"\n")
    with ingested(store_path, log) as (opened, account):
        assert (account.total("lines"), totals(opened)["calls"]) == (1, 2)


def test_a_line_without_end_is_passed_over(tmp_path: Path, store_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 1 << 20)
    log = tmp_path / "a.jsonl"
    log.write_text(json.dumps(call(1)) + "\n" + "x" * (9 << 20) + "\n" + json.dumps(call(2)) + "\n" + "y" * (5 << 20))
    with ingested(store_path, log) as (opened, account):
        assert (totals(opened)["calls"], account.total("rejects"), account.total("lines")) == (2, 2, 4)


def test_a_file_that_unpacks_to_more_than_any_log_is_stopped(
    tmp_path: Path, store_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "TRUSTED_BYTES", 1 << 20)
    monkeypatch.setattr(streams, "MAX_RATIO", 100)
    text = json.dumps(call(1)).encode() + b"\n" + b"\n" * (20 << 20) + json.dumps(call(2)).encode() + b"\n"
    log = tmp_path / "a.jsonl.gz"
    log.write_bytes(gzip.compress(text))
    with ingested(store_path, log) as (opened, account):
        assert totals(opened)["calls"] == 1
        assert "--trust-size" in opened.value("select reason from rejects")
    with access.writing(tmp_path / "2.duckdb") as opened:
        account = run.ingest(opened, [str(log)], reading=run.Reading(trust_size=True))
        assert (account.total("requests"), account.total("no_call")) == (2, 20 << 20)


@pytest.mark.parametrize("packed", [gzip.compress, zstandard.compress])
def test_a_file_that_unpacks_to_millions_of_lines_is_stopped(
    tmp_path: Path, store_path: Path, packed: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "TRUSTED_LINES", 1000)
    log = tmp_path / "a.jsonl"
    log.write_bytes(packed(json.dumps(call(1)).encode() + b"\n" + b"x\n" * (1 << 20)))
    with ingested(store_path, log) as (opened, account):
        assert (account.total("requests"), account.total("lines"), account.total("rejects")) == (1, 1001, 1000)
        assert opened.value("select count(*) from rejects where reason like '%--trust-size%'") == 1


def test_many_lines_that_are_packed_as_text_is_are_read(
    tmp_path: Path, store_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "TRUSTED_LINES", 1000)
    log = tmp_path / "a.jsonl.zst"
    log.write_bytes(zstandard.compress("".join(json.dumps(call(number)) + "\n" for number in range(4000)).encode()))
    with ingested(store_path, log) as (_, account):
        assert (account.total("requests"), account.total("rejects")) == (4000, 0)


def test_arrays_are_read_an_element_at_a_time_and_values_are_bounded(
    tmp_path: Path, store_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "MAX_VALUE_BYTES", 1 << 20)
    log = tmp_path / "a.json"
    padded = [call(number, tags={"pad": "x" * 20_000}) for number in range(300)]
    log.write_text(json.dumps(padded, indent=1))
    with ingested(store_path, log) as (_, account):
        assert (account.total("requests"), account.total("rejects")) == (300, 0)
    one = tmp_path / "one.json"
    one.write_text(json.dumps(call(1, tags={"pad": "x" * (5 << 20)}), indent=1))
    with ingested(tmp_path / "2.duckdb", one, form="llmcost") as (opened, account):
        assert account.total("rejects") == 1
        assert "a JSON value of more than" in opened.value("select reason from rejects")
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps(padded[:3])[:-1] + ", oops")
    with ingested(tmp_path / "3.duckdb", broken) as (_, account):
        assert (account.total("requests"), account.total("rejects")) == (3, 1)


def test_a_file_that_would_have_to_be_waited_for_ends_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel's log under /proc calls itself a file, and has nothing to give at times."""

    class Waiting:
        def read(self, _: int) -> None:
            return None

    with streams.opened(str(write(tmp_path / "a.jsonl", [call(1)]))) as stream, monkeypatch.context() as patch:
        patch.setattr(stream, "_file", Waiting())
        with pytest.raises(EOFError, match="waited for"):
            stream.read(10)


def test_zstd_of_several_frames_cut_off_at_its_end(tmp_path: Path, store_path: Path) -> None:
    import zstandard

    first, second = (zstandard.compress((json.dumps(call(number)) + "\n").encode() * 5000) for number in (1, 2))
    log = tmp_path / "a.jsonl.zst"
    log.write_bytes(first + second[:-6])
    with ingested(store_path, log) as (opened, _):
        assert totals(opened)["calls"] >= 1
        assert opened.value("select count(*) from rejects where reason like '%cut off or damaged%'") == 1


def test_zstd_as_several_threads_write_it(tmp_path: Path, store_path: Path) -> None:
    """With the size of each frame in one of other data before it, as pzstd does."""
    frames = [zstandard.compress((json.dumps(call(number)) + "\n").encode()) for number in (1, 2)]
    sized = [b"\x50\x2a\x4d\x18\x04\x00\x00\x00" + struct.pack("<I", len(frame)) + frame for frame in frames]
    log = tmp_path / "a.jsonl.zst"
    log.write_bytes(b"".join(sized))
    with ingested(store_path, log) as (opened, account):
        assert (totals(opened)["calls"], account.total("rejects")) == (2, 0)
