"""`llmcost.toml`: where it is looked for, and what is said where it is not there or cannot be read."""

import io
import tomllib
from pathlib import Path

import pytest
import rich.console

from llmcost import config
from llmcost.errors import LlmcostError
from llmcost.prices.book import Listing
from llmcost.views.prices import PricesView
from tests.command import llmcost
from tests.logs import call, write


def test_a_file_that_the_environment_names_must_be_there(tmp_path: Path) -> None:
    write(tmp_path / "log.jsonl", [call(1)])
    (tmp_path / "llmcost.toml").write_text("")  # the one in this folder is not read instead
    done = llmcost("ingest", "log.jsonl", cwd=tmp_path, LLMCOST_CONFIG="gone.toml")
    assert (done.returncode, done.stdout) == (1, "")
    assert "there is no file gone.toml" in done.stderr
    assert "$LLMCOST_CONFIG" in done.stderr


def test_a_folder_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLMCOST_CONFIG", str(tmp_path))
    with pytest.raises(LlmcostError, match="there is no file"):
        config.path()


def test_the_environment_comes_before_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert (config.path(), config.table("a"), config.entries("b")) == (None, {}, [])
    (tmp_path / "llmcost.toml").write_text("[a]\nx = 1\n[[b]]\ny = 2\n")
    assert (config.table("a"), config.entries("b")) == ({"x": 1}, [{"y": 2}])
    (tmp_path / "other.toml").write_text("[a]\nx = 3\n")
    monkeypatch.setenv("LLMCOST_CONFIG", "other.toml")
    assert (config.path(), config.table("a"), config.entries("b")) == (Path("other.toml"), {"x": 3}, [])


@pytest.mark.parametrize("content", [b"[a\n", b"\xff\xfe", b"x = \n", b"x = " + b"[" * 9999, b"x = " + b"9" * 9999])
def test_what_cannot_be_read_is_said_with_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "llmcost.toml").write_bytes(content)
    with pytest.raises(LlmcostError, match=r"llmcost\.toml cannot be read"):
        config.table("a")


def test_a_list_is_no_table_and_a_table_is_no_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "llmcost.toml").write_text("[a]\n[[b]]\n")
    with pytest.raises(LlmcostError, match="b is not a table"):
        config.table("b")
    with pytest.raises(LlmcostError, match="a is not a list of entries"):
        config.entries("a")


@pytest.mark.parametrize("name", ["gpt-🙂", 'a"b', "it's", "a\\b", "x\x1b[31m", "\u202eabc", "[red]x"])
def test_the_price_to_write_for_a_model_is_toml_whatever_its_name(name: str) -> None:
    said = io.StringIO()
    view = PricesView(Listing([], [{"provider": None, "model": name, "nearest": []}], [], []))
    rich.console.Console(file=said, width=100).print(view.screen(details=False))
    [line] = [line.strip() for line in said.getvalue().splitlines() if line.startswith("  model = ")]
    assert tomllib.loads(line) == {"model": name}
    assert line.isprintable()
