"""Logs read in shares and merged are what one machine reads, however the files are shared out."""

import json
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from llmcost.attribution.texts import Texts
from llmcost.engine import access
from llmcost.errors import LlmcostError, UsageError
from llmcost.ingest import addresses, merge, run, shares
from llmcost.ingest.run import Account
from llmcost.ingest.shares import Asked, Piece
from tests.cases import SAMPLES
from tests.ingest.merging import told
from tests.logs import call, check_account, write

ASKED = Asked()


def read(folder: Path, some: Sequence[Sequence[Piece]], asked: Asked = ASKED) -> tuple[Path, Account]:
    """The store and the account that shares give, each read by a task of its own."""
    folder.mkdir()
    path, parts = folder / "llmcost.duckdb", [folder / f"{number}.part" for number in range(len(some))]
    accounts = [shares.read(share, asked, part) for share, part in zip(some, parts, strict=True)]
    with access.writing(path) as opened:
        account = shares.unite(opened, parts, accounts, {})
    check_account(account)
    return path, account


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, object], Account]:
    """What one machine makes of the sample logs."""
    path = tmp_path_factory.mktemp("whole") / "llmcost.duckdb"
    with access.writing(path) as opened:
        account = run.ingest(opened, [str(SAMPLES)])
    return told(path), account


@pytest.mark.parametrize("number", [2, 9, 30])
def test_any_grouping_of_files_gives_the_same(
    number: int, whole: tuple[dict[str, object], Account], tmp_path: Path
) -> None:
    pieces, skipped = shares.find([str(SAMPLES)])
    assert skipped == {}
    chance = random.Random(number)
    some: list[list[Piece]] = [[] for _ in range(number)]
    for piece in pieces:
        chance.choice(some).append(piece)
    path, account = read(tmp_path / "it", some)
    assert told(path) == whole[0]
    assert account == whole[1]


def test_shares_are_whole_files_of_about_a_size() -> None:
    chance = random.Random(1)
    pieces = [Piece(f"/logs/{number}.jsonl", named=False, bytes=chance.randrange(1000)) for number in range(200)]
    pieces += [Piece("/logs/large.jsonl", named=True, bytes=50_000), Piece("/logs/it.jsonl.gz", named=True, bytes=900)]
    found = shares.shared_out(pieces, 10_000)
    assert sorted(piece.path for share in found for piece in share) == sorted(piece.path for piece in pieces)
    sizes = sorted(sum(piece.bytes for piece in share) for share in found)
    assert sizes[-1] == 50_000
    assert sizes[-2] <= 10_000 + 1000
    [packed] = [share for share in found if any(piece.path.endswith(".gz") for piece in share)]
    assert sum(piece.bytes for piece in packed) < 6000, "it unpacks to more"
    assert shares.shared_out(reversed(pieces), 10_000) == found
    assert shares.shared_out([], 10_000) == [[]]


def test_a_file_is_read_once_however_it_is_named(tmp_path: Path) -> None:
    log = write(tmp_path / "a.jsonl", [call(1)])
    (tmp_path / "link.jsonl").symlink_to(log)
    pieces, _ = shares.find([str(tmp_path / "link.jsonl"), str(tmp_path), str(log)])
    assert [(piece.path, piece.named) for piece in pieces] == [(str(tmp_path / "link.jsonl"), True)]


def test_files_at_addresses_are_what_they_are_here(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    write(logs / "a.jsonl", [call(1), call(2)])
    write(logs / "deep" / "b.jsonl.gz", [call(2), call(3), "{no json"])
    for name in ("it.py", ".hidden", "node_modules/c.jsonl", "notes.md"):
        write(logs / name, [call(9)] if not name.endswith("md") else ["a text"])
    pieces, _ = shares.find([f"file://{logs}"])
    assert [piece.path for piece in pieces] == [
        f"file://{logs}/{name}" for name in ("a.jsonl", "deep/b.jsonl.gz", "notes.md")
    ]
    (tmp_path / "one").mkdir()
    with access.writing(tmp_path / "one" / "llmcost.duckdb") as opened:
        expected = run.ingest(opened, [str(logs)])
    path, account = read(tmp_path / "it", [[piece] for piece in pieces])
    assert told(path) == told(tmp_path / "one" / "llmcost.duckdb")
    assert account.formats == expected.formats
    assert account.skipped == {f"file://{logs}/notes.md": expected.skipped[str(logs / "notes.md")]}
    with access.reading(path) as opened:
        paths = opened.value("select list(path order by path) from sources")
    assert paths == [f"file://{logs}/a.jsonl", f"file://{logs}/deep/b.jsonl.gz"]
    assert sorted(file.name for file in path.parent.iterdir() if ".duckdb" not in file.name) == [
        name for number in range(3) for name in (f"{number}.part", f"{number}.part.0")
    ]


def test_the_keys_of_an_address_are_not_written_down() -> None:
    address = "s3://key:secret@bucket/logs/a.jsonl?region=eu-west-1"
    assert addresses.shown(address) == "s3://bucket/logs/a.jsonl"


def test_the_settings_are_those_of_whoever_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not those that lie where the task runs."""
    settings = """
[formats.ours]
request_id = "$.n"
ts = "$.at"
model = "$.llm"
input_tokens = "$.in"
output_tokens = "$.out"
user_id = "$.who"
session_id = "$.where"

[[features]]
feature = "ours"
model = "gpt-4o"
"""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    (tmp_path / "here" / "llmcost.toml").write_text("[formats.ours]\nmodel = 1\n")
    rows = [
        {"n": f"r{number}", "at": "2026-11-02T10:00:00Z", "llm": "gpt-4o", "in": 5, "out": 6} | more
        for number, more in enumerate(({}, {"who": "x"}))
    ]
    pieces = [
        Piece(str(write(tmp_path / f"{number}.jsonl", [row])), named=True, bytes=1) for number, row in enumerate(rows)
    ]
    (tmp_path / "settings.toml").write_text(settings)
    asked = Asked(settings=settings)
    monkeypatch.setenv("LLMCOST_CONFIG", str(tmp_path / "settings.toml"))
    shares.check(asked)
    path, account = read(tmp_path / "it", [[piece] for piece in pieces], asked)
    assert (account.total("requests"), account.empty_fields) == (2, {"ours": ["session_id"]})
    with access.reading(path) as opened:
        assert opened.rows("select distinct feature, source_format from requests") == [
            {"feature": "ours", "source_format": "ours"}
        ]


def test_texts_are_kept_and_redacted_by_the_tasks(tmp_path: Path) -> None:
    said = {
        "model": "gpt-4o", "usage": {"prompt_tokens": 9, "completion_tokens": 5}, "object": "chat.completion",
        "id": "chatcmpl-AAAAAAAAAAAA1", "choices": [{"message": {"role": "assistant", "content": "Ask me@here.com."}}],
    }  # fmt: skip
    pieces = [
        Piece(str(write(tmp_path / "a.jsonl", [call(1)])), named=True, bytes=1),
        Piece(str(write(tmp_path / "b.jsonl", [said])), named=True, bytes=1),
    ]
    asked = Asked(texts=Texts(keep=True, redact_emails=True))
    path, _ = read(tmp_path / "it", [[piece] for piece in pieces], asked)
    with access.reading(path) as opened:
        [text] = opened.rows("select output from texts")
    assert "Ask " in text["output"]
    assert "me@here.com" not in text["output"]


def test_another_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LlmcostError, match="the tasks run llmcost"):
        shares.read([], Asked(version="0.0"), tmp_path / "a.duckdb")
    assert not list(tmp_path.iterdir())


def test_a_part_that_is_missing_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces, _ = shares.find([str(write(tmp_path / "a.jsonl", [call(1)]))])
    monkeypatch.setattr(merge, "add_parts", lambda store, parts: None)
    with pytest.raises(LlmcostError, match="the tasks have read 1 lines, and 0 are accounted for"):
        read(tmp_path / "it", [pieces])


def test_what_cannot_be_read_in_tasks_is_said_first(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no standard input"):
        shares.find(["-"])
    with pytest.raises(LlmcostError, match="there are no files at file:///nowhere"):
        shares.find(["file:///nowhere/at/all"])
    with pytest.raises(LlmcostError, match="nosuch://it cannot be read"):
        shares.find(["nosuch://it"])
    with pytest.raises(LlmcostError, match="there is no file or folder"):
        shares.find([str(tmp_path / "nothing")])
    for asked in (Asked(form="openia"), Asked(assumed={"it": "1"})):
        with pytest.raises(UsageError):
            shares.check(asked)
    with pytest.raises(LlmcostError, match=r"a\.txt"):
        shares.read(
            [Piece(str(write(tmp_path / "a.txt", ["text"])), named=True, bytes=1)], ASKED, tmp_path / "a.duckdb"
        )


def test_the_account_is_written_in_json(whole: tuple[dict[str, object], Account]) -> None:
    """Tasks send it so."""
    from dataclasses import asdict

    assert Account(**json.loads(json.dumps(asdict(whole[1])))) == whole[1]
