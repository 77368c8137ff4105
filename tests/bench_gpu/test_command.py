"""The command line: what it takes, what it refuses, what it writes."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from llmcost.bench_gpu.command import command
from llmcost.bench_gpu.dollars import OwnLoad
from llmcost.bench_gpu.measurement import Row
from llmcost.bench_gpu.serving import Arrival
from llmcost.errors import LlmcostError, UsageError
from tests.bench_gpu.fake_server import running

pytest.importorskip("httpx2", reason="the client needs the bench extra")

QUICK = ("--input-tokens", "12", "--output-tokens", "3", "--requests", "2", "--warm-up", "0")


class Surroundings:
    """A store in memory."""

    def __init__(self) -> None:
        self.db: Path | None = None
        self.rows: list[Row] = []
        self.shown: list[tuple[list[Row], bool]] = []
        self.logged: list[Arrival] = []

    def prepare(self) -> None:
        pass

    def save(self, row: Row) -> None:
        self.rows.append(row)

    def saved(self) -> list[Row]:
        return self.rows

    def usd_per_hour(self, instance: str) -> float:
        if instance != "g4dn.xlarge":
            raise UsageError(f"there is no instance named {instance}")
        return 0.526

    def arrivals(self) -> Sequence[Arrival]:
        return self.logged

    def own_load(self) -> OwnLoad | None:
        return OwnLoad(2e6, 1e6)

    def show(self, rows: Sequence[Row], *, as_json: bool) -> None:
        self.shown.append((list(rows), as_json))


@pytest.fixture
def around() -> Surroundings:
    return Surroundings()


def run(around: Surroundings, *words: object) -> Result:
    def made(db: Path | None) -> Surroundings:
        around.db = db
        return around

    app = typer.Typer()
    app.command()(command(made))
    return CliRunner().invoke(app, [str(word) for word in words])


def refusal(around: Surroundings, *words: object) -> LlmcostError:
    error = run(around, *words).exception
    assert isinstance(error, LlmcostError), error
    return error


def test_a_run_is_saved_priced_and_shown(around: Surroundings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["llmcost", "bench-gpu", "--endpoint", "http://me:secret@h"])
    with running() as fake:
        result = run(
            around, "--endpoint", fake.address, *QUICK, "--concurrency", "1,2", "--instance", "g4dn.xlarge",
            "--weights", "real", "--quantization", "awq", "--gpu", "Tesla T4", "--ttft-target-ms", 1e6, "--seed", 7,
            "--json", "--db", "x.duckdb",
        )  # fmt: skip
    assert result.exit_code == 0, result.exception
    assert around.db == Path("x.duckdb")
    assert around.shown == [(around.rows, True)]
    assert [row["concurrency"] for row in around.rows] == [1, 2]
    row = around.rows[0]
    assert (row["instance"], row["usd_per_hour"], row["own_machines"]) == ("g4dn.xlarge", 0.526, 1)
    assert (row["weights"], row["quantization"], row["gpu"], row["seed"]) == ("real", "awq", "Tesla T4", 7)
    assert row["goodput_share"] == 1.0
    assert row["command"] == "llmcost bench-gpu --endpoint http://…@h"


def test_the_price_given_wins_and_so_does_the_load(around: Surroundings) -> None:
    with running() as fake:
        run(around, "--endpoint", fake.address, *QUICK, "--concurrency", 1, "--instance", "mine", "--price-per-hour", 2,
            "--own-load", "1M/1M")  # fmt: skip
    assert (around.rows[0]["instance"], around.rows[0]["usd_per_hour"]) == ("mine", 2.0)
    assert around.rows[0]["own_total_usd_mtok"] == pytest.approx(24.0)


@pytest.mark.parametrize(
    ("words", "load", "steps"),
    [(["--rate", "50,80"], "open", 2), (["--sweep", "--max-concurrency", "1"], "closed", 1), ([], "closed", 3)],
)
def test_loads(around: Surroundings, words: list[str], load: str, steps: int) -> None:
    with running() as fake:
        assert run(around, "--endpoint", fake.address, *QUICK, *words).exit_code == 0
    assert [row["load"] for row in around.rows] == [load] * steps


def test_a_replay_of_what_is_logged(around: Surroundings) -> None:
    around.logged = [Arrival(0.0, 10, 2), Arrival(8.0, 20, 3)]
    with running() as fake:
        run(around, "--endpoint", fake.address, "--replay", "--compress", 100)
    assert (around.rows[0]["ok"], around.rows[0]["input_tokens"]) == (2, 30)


def test_the_list_is_what_was_saved(around: Surroundings) -> None:
    around.rows = [{"model": "x"}]
    assert run(around, "--list").exit_code == 0
    assert around.shown == [([{"model": "x"}], False)]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ([], "nothing to measure"),
        (["--endpoint", "h", "--serve", "m"], "nothing to measure"),
        (["--endpoint", "h", "--engine", "torch"], "nothing to measure"),
        (["--endpoint", "h", "--rate", "1", "--sweep"], "more than one load"),
        (["--endpoint", "h", "--replay", "--concurrency", "1"], "more than one load"),
        (["--endpoint", "h", "--concurrency", "none"], "--concurrency none"),
        (["--endpoint", "h", "--input-tokens", "0"], "--input-tokens 0"),
        (["--endpoint", "ftp://h"], "not the address"),
        (["--endpoint", "h", "--instance", "g9.huge"], "no instance named g9.huge"),
        (["--endpoint", "h", "--replay"], "no logged request"),
        (["--endpoint", "h", "--own-load", "40M"], "--own-load 40M"),
    ],
)
def test_wrong_words(around: Surroundings, words: list[str], problem: str) -> None:
    error = refusal(around, *words)
    assert isinstance(error, UsageError)
    assert problem in error.message
    assert around.shown == []


def test_a_key_that_is_not_there(around: Surroundings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SERVER_KEY", raising=False)
    assert "SERVER_KEY holds no key" in refusal(around, "--endpoint", "h", "--api-key-env", "SERVER_KEY").message


def test_a_model_without_a_shape(around: Surroundings) -> None:
    words = ["--serve", "gpt-5", "--weights", "random", "--server-python", sys.executable]
    error = refusal(around, *words)
    assert error.message in ("there is no model shape named gpt-5", f"vLLM is not installed in {sys.executable}")


def test_without_torch_there_is_a_way_out(around: Surroundings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    error = refusal(around, "--engine", "torch")
    assert error.message == "torch is not installed"
    assert "--endpoint" in str(error.hint)


def test_without_a_client_there_is_a_way_out(around: Surroundings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "httpx2", None)
    error = refusal(around, "--endpoint", "http://127.0.0.1:1")
    assert "llmcost-cli[bench]" in str(error.hint)


def test_it_stands_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m llmcost.bench_gpu`: steps go into a file."""
    from llmcost.bench_gpu.__main__ import main

    kept = tmp_path / "steps.jsonl"
    with running() as fake:
        monkeypatch.setattr(
            sys,
            "argv",
            ["bench", "--endpoint", fake.address, *QUICK, "--concurrency", "1,2", "--json", "--db", str(kept)],
        )
        with pytest.raises(SystemExit, match="0"):
            main()
    shown = json.loads(capsys.readouterr().out)
    assert shown == [json.loads(line) for line in kept.read_text("utf-8").splitlines()]
    assert [row["concurrency"] for row in shown] == [1, 2]
    for words, status, text in (
        (["--list", "--db", str(kept)], 0, "concurrency 2"),
        (["--list", "--db", str(tmp_path / "none")], 1, "there is no file"),
        (["--endpoint", "http://127.0.0.1:9", "--db", str(tmp_path / "no" / "file")], 1, "cannot be written"),
        (["--endpoint", "h", "--instance", "g4dn.xlarge"], 2, "--price-per-hour"),
    ):
        monkeypatch.setattr(sys, "argv", ["bench", *words])
        with pytest.raises(SystemExit, match=str(status)):
            main()
        assert text in "".join(capsys.readouterr())


def test_the_command_line_is_not_slowed_by_it() -> None:
    """What a benchmark needs is imported by a benchmark, not by every start of llmcost."""
    import subprocess

    heavy = "{'asyncio', 'httpx2', 'torch', 'numpy'}"
    code = f"import sys, llmcost.bench_gpu.command; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
