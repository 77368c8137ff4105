"""What is opened as a store, with which rights, and what is said of everything else."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from llmcost.engine import access, layout, store
from llmcost.errors import LlmcostError
from tests.command import as_nobody, llmcost
from tests.logs import call, write


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    write(folder / "log.jsonl", [call(1), call(2), "no json"])
    assert llmcost("ingest", "log.jsonl", cwd=folder).returncode == 0
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path


def said(folder: Path, *words: str) -> str:
    """The one line of a command that fails."""
    done = llmcost(*words, cwd=folder)
    assert done.returncode == 1, done.stdout + done.stderr
    error, hint = done.stderr.splitlines()
    assert error.startswith("error: ")
    assert hint.startswith("hint: ")
    assert "report it" not in hint
    return done.stderr


@pytest.mark.parametrize("name", [":memory:", "md:foo", "sqlite:x", "s3:x", "postgres:dbname=x", "https://x/y.duckdb"])
@pytest.mark.parametrize("command", [("report",), ("ingest", "log.jsonl")])
def test_names_by_which_the_engine_means_something_else(folder: Path, name: str, command: tuple[str, ...]) -> None:
    before = sorted(folder.iterdir())
    assert "is not the name of a file" in said(folder, *command, "--db", name)
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("content", [
    b'{"a": 1}\n', b"a,b\n1,2\n", b"SQLite format 3\x00" + bytes(100), b"PAR1" + bytes(100), b"x", bytes(5000),
], ids=["json", "csv", "sqlite", "parquet", "short", "zeros"])  # fmt: skip
@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet", "sqlite", "duckdb"])
def test_files_of_other_kinds(folder: Path, content: bytes, ending: str) -> None:
    file = folder / f"other.{ending}"
    file.write_bytes(content)
    for command in (("report",), ("ingest", "log.jsonl")):
        assert "is not an llmcost store" in said(folder, *command, "--db", file.name)
    assert file.read_bytes() == content


def test_a_log_is_not_its_own_store(folder: Path) -> None:
    assert "is not an llmcost store" in said(folder, "ingest", "log.jsonl", "--db", "log.jsonl")


def test_an_empty_file_a_folder_and_a_pipe(folder: Path) -> None:
    (folder / "empty").touch()
    os.mkfifo(folder / "pipe")
    assert "is not an llmcost store" in said(folder, "report", "--db", "empty")
    assert "is a folder" in said(folder, "report", "--db", ".")
    assert "not a regular file" in said(folder, "report", "--db", "pipe")
    assert "not a regular file" in said(folder, "report", "--db", "/dev/null")


@pytest.mark.parametrize("kind", ["view", "another program", "lost table"])
def test_tables_that_are_not_as_an_ingest_makes_them(folder: Path, kind: str) -> None:
    (folder / "secret.txt").write_text("SECRET")
    with duckdb.connect(str(folder / "llmcost.duckdb")) as connection:
        if kind == "view":
            connection.execute("drop view prompts; alter table requests rename to hidden")
            connection.execute("create view requests as select h.* replace (t.content as feature) from hidden h,"
                               f" read_text('{folder}/secret.txt') t")  # fmt: skip
        elif kind == "another program":
            connection.execute("drop table llmcost_meta")
        else:
            connection.execute("drop table rejects")
    expected = {
        "view": "requests is a view",
        "another program": "another program",
        "lost table": "it has lost the table rejects",
    }[kind]
    for command in (("report",), ("ingest", "log.jsonl")):
        line = said(folder, *command)
        assert expected in line
        assert "SECRET" not in line


@pytest.mark.parametrize("change", [
    "drop view priced; drop view daily_spend; drop view prompts; alter table requests alter ts type varchar",
    "alter table rejects rename column excerpt to shown",
], ids=["another type", "another name"])  # fmt: skip
def test_tables_with_other_columns_are_said_by_the_command_that_needs_them(folder: Path, change: str) -> None:
    with duckdb.connect(str(folder / "llmcost.duckdb")) as connection:
        connection.execute(change)
    line = said(folder, "rejects" if "rejects" in change else "report")
    assert f"its table {'rejects' if 'rejects' in change else 'requests'} has other columns" in line


def test_a_store_reads_no_other_file(folder: Path) -> None:
    (folder / "secret.txt").write_text("SECRET")
    for open_store in (access.reading, access.writing):
        with open_store(folder / "llmcost.duckdb") as opened:
            for statement in (
                f"select * from read_text('{folder}/secret.txt')",
                f"attach '{folder}/other.duckdb'",
                f"copy requests to '{folder}/out.csv'",
                "install httpfs",
                "load httpfs",
                "set enable_external_access = true",
                "set allowed_directories = ['/']",
            ):
                with pytest.raises(duckdb.Error):
                    opened.execute(statement)
    assert {path.name for path in folder.iterdir()} == {"llmcost.duckdb", "log.jsonl", "secret.txt"}


def test_the_tables_expected_are_those_that_are_made() -> None:
    with store.in_memory() as opened:
        rows = opened.rows("select table_name as name from duckdb_tables() where not internal")
    assert layout.tables() == {row["name"] for row in rows}


@pytest.mark.parametrize("where", [4096, 8192, 20_000])
def test_a_damaged_head_is_not_called_in_use(folder: Path, where: int) -> None:
    file = folder / "llmcost.duckdb"
    content = bytearray(file.read_bytes())
    content[where : where + 64] = os.urandom(64)
    file.write_bytes(content)
    assert "is damaged" in said(folder, "report") or where == 8192  # the older of two heads may not be read


def test_half_a_store_is_damaged(folder: Path) -> None:
    file = folder / "llmcost.duckdb"
    os.truncate(file, file.stat().st_size // 2)
    line = said(folder, "report")
    assert "is damaged" in line
    assert "llmcost repair NEW" in line


@pytest.mark.skipif(os.geteuid() != 0, reason="only the superuser can become another user")
def test_what_another_user_may_not_do(folder: Path) -> None:
    folder.chmod(0o755)
    for parent in folder.parents[:3]:
        parent.chmod(parent.stat().st_mode | 0o055)

    def said(*words: str) -> str:
        done = as_nobody(*words, cwd=folder)
        assert done.returncode == 1, done.stdout + done.stderr
        return done.stderr

    assert "no permission to read it" in said("report")
    (folder / "llmcost.duckdb").chmod(0o666)
    assert "no permission to write to the folder" in said("ingest", "log.jsonl")
    folder.chmod(0o777)
    (folder / "llmcost.duckdb").chmod(0o644)
    assert "no permission to write to it" in said("ingest", "log.jsonl")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_stores_are_their_owners_alone(folder: Path) -> None:
    file = folder / "llmcost.duckdb"
    assert mode(file) == 0o600
    with access.writing(file) as opened:
        opened.execute("create table more (n integer)")
        assert mode(folder / "llmcost.duckdb.wal") == 0o600
    file.chmod(0o644)
    assert llmcost("ingest", "log.jsonl", cwd=folder).returncode == 0
    assert mode(file) == 0o644, "what the owner allows stays"
    assert llmcost("ingest", "log.jsonl", "--keep-text", cwd=folder).returncode == 0
    assert mode(file) == 0o600, "until there are texts"
    before = os.umask(0)
    os.umask(before)
    assert before != 0o077, "this process's own files are as before"


def test_folders_of_killed_processes_are_removed_and_others_stay(folder: Path) -> None:
    hold = (
        "import sys; from pathlib import Path; from llmcost.engine import access\n"
        "with access.reading(Path('llmcost.duckdb')): print('open', flush=True); sys.stdin.read()"
    )
    holders = [
        subprocess.Popen([sys.executable, "-c", hold], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    try:
        for holder in holders:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"open\n"
        assert len(list(folder.glob(".llmcost.duckdb.scratch-*"))) == 2
        holders[0].kill()
        holders[0].communicate()
        assert llmcost("report", cwd=folder).returncode == 0
        assert len(list(folder.glob(".llmcost.duckdb.scratch-*"))) == 1
    finally:
        for holder in holders:
            holder.communicate()
    assert not list(folder.glob(".llmcost.duckdb.*"))


def test_two_of_one_process_share_a_store(folder: Path) -> None:
    with access.reading(folder / "llmcost.duckdb") as one, access.reading(folder / "llmcost.duckdb") as other:
        assert one.value("select count(*) from requests") == other.value("select count(*) from requests") == 2


def test_an_error_in_a_block_closes_the_store(folder: Path) -> None:
    with pytest.raises(LlmcostError, match="no room left"), access.writing(folder / "llmcost.duckdb"):
        raise duckdb.IOException("No space left on device")
    assert not list(folder.glob(".llmcost.duckdb.*"))
