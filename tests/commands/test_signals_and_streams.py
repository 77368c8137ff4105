"""How commands end on a signal, and what they do with standard streams that are closed, full or of few characters."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from llmcost.render import text
from tests.command import llmcost
from tests.logs import call, write

ENDS = {signal.SIGINT: (130, "interrupted"), signal.SIGTERM: (143, "terminated")}
PROGRAM = [sys.executable, "-m", "llmcost"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "log.jsonl", [call(n, feature="Überblick 合并") for n in range(50)])
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    return tmp_path


def started(folder: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*PROGRAM, *words], cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.PIPE
    )


@pytest.mark.parametrize("number", ENDS)
@pytest.mark.parametrize(
    "words", [("ingest", "log.jsonl", "--follow"), ("metrics", "--port", "0"), ("serve", "--port", "0")]
)
def test_commands_that_run_until_a_signal(folder: Path, words: tuple[str, ...], number: signal.Signals) -> None:
    process = started(folder, *words)
    stream = process.stdout if words[0] == "ingest" else process.stderr
    assert stream is not None
    while "Next:" not in (line := stream.readline()) and "http://" not in line:
        assert process.poll() is None
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    status, line = ENDS[number]
    assert (process.returncode, said.splitlines()[-1]) == (status, line)
    assert "Traceback" not in said
    assert not list(folder.glob(".llmcost.duckdb*"))


IMPORTING = """
import importlib.abc, os, sys
class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), {number})
sys.meta_path.insert(0, Finder())
sys.argv = ["llmcost", "report"]
from llmcost.__main__ import main
main()
"""


@pytest.mark.parametrize("number", ENDS)
@pytest.mark.parametrize("module", ["typer", "llmcost.commands.simulate", "duckdb", "rich.console"])
def test_a_signal_while_the_program_is_loaded(folder: Path, module: str, number: signal.Signals) -> None:
    program = IMPORTING.format(module=module, number=int(number))
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, timeout=120)
    status, line = ENDS[number]
    assert (done.returncode, done.stderr) == (status, f"{line}\n")


@pytest.mark.parametrize("number", ENDS)
def test_a_signal_while_a_library_executes_text(folder: Path, number: signal.Signals) -> None:
    program = IMPORTING.format(module="duckdb", number=int(number))
    (folder / "program.py").write_text(
        program.replace(f"os.kill(os.getpid(), {int(number)})", f"exec('os.kill(os.getpid(), {int(number)})')")
    )
    command = [sys.executable, "-m", "program"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    status, line = ENDS[number]
    assert (done.returncode, done.stderr) == (status, f"{line}\n")


WHILE_LOADING = """
import os, sys
from importlib.machinery import ExtensionFileLoader
def is_loading(frame):
    return frame and (frame.f_code is ExtensionFileLoader.exec_module.__code__ or is_loading(frame.f_back))
def traced(frame, event, _):
    if frame.f_code.co_filename.endswith("enum.py") and is_loading(frame):
        sys.settrace(None)
        os.kill(os.getpid(), {number})
    return None
sys.argv = ["llmcost", "report"]
from llmcost.__main__ import main
sys.settrace(traced)
main()
"""


@pytest.mark.parametrize("number", ENDS)
def test_a_signal_while_a_compiled_module_calls_python(folder: Path, number: signal.Signals) -> None:
    program = WHILE_LOADING.format(number=int(number))
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, timeout=120)
    status, line = ENDS[number]
    assert (done.returncode, done.stderr) == (status, f"{line}\n")


@pytest.mark.parametrize("number", ENDS)
@pytest.mark.parametrize("after_s", [0.8, 1.6])
def test_a_signal_at_any_moment(folder: Path, after_s: float, number: signal.Signals) -> None:
    process = started(folder, "simulate", "--what-if", "all")
    time.sleep(after_s)
    process.send_signal(number)
    _, said = process.communicate(timeout=120)
    status, line = ENDS[number]
    assert (process.returncode, said) in ((status, f"{line}\n"), (0, ""), (-number, ""))
    assert not list(folder.glob(".llmcost.duckdb*"))


def closed(folder: Path, closing: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = ["sh", "-c", f'exec "$@" {closing}', "sh", *PROGRAM, *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("words", [("report",), ("report", "--format", "json"), ("--version",), ("report", "--help")])
def test_a_closed_standard_output(folder: Path, words: tuple[str, ...]) -> None:
    done = closed(folder, ">&-", *words)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 2, done.stderr
    assert "standard output: Bad file descriptor" in done.stderr


def test_closed_standard_input_and_error(folder: Path) -> None:
    done = closed(folder, "<&-", "ingest", "-")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 2), done.stderr
    assert "report it" not in done.stderr
    assert closed(folder, "2>&-", "report").returncode == 0
    assert closed(folder, "2>&-", "report", "--feature").returncode == 2
    assert closed(folder, "<&- 2>&-", "report").stdout == closed(folder, "", "report").stdout
    done = closed(folder, "<&- >&- 2>&-", "ingest", "log.jsonl")
    assert done.returncode in (0, 1)
    assert llmcost("report", cwd=folder).returncode == 0


@pytest.mark.parametrize(("encoding", "shown"), [("ascii", "-$10 ?"), ("cp1252", "-$10 ?"), ("utf-8", "−$10 合")])
def test_a_minus_sign_that_an_encoding_lacks_is_a_hyphen(encoding: str, shown: str) -> None:
    code = "from llmcost import process; process.open_streams(); print('−$10 合')"
    environment = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment, timeout=120)
    assert done.stdout.decode(encoding).strip() == shown
    assert text.encodable("−$10 合", encoding, None) == shown


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
@pytest.mark.parametrize("form", ["table", "json", "csv", "markdown", "html"])
def test_any_encoding(folder: Path, form: str, encoding: str) -> None:
    environment = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    words = ["report", *([] if form == "html" else ["--by", "feature"]), "--format", form]
    done = subprocess.run([*PROGRAM, *words], cwd=folder, capture_output=True, env=environment, timeout=120)
    assert (done.returncode, done.stderr) == (0, b"")
    shown = done.stdout.decode(encoding)
    if form == "json":
        assert json.loads(shown)["rows"][0]["feature"] == "Überblick 合并"
    elif form in ("table", "csv", "markdown"):
        assert "berblick" in shown


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no pseudo-terminals")
@pytest.mark.parametrize("words", [
    ("metrics", "--once"), ("report", "--by", "tag:\x1b[5m"), ("report", "--by", "tag:\x1b[5m", "--format", "csv"),
    ("report", "--by", "tag:\x1b[5m", "--format", "markdown"),
    ("simulate", "--what-if", "routing:features=\x1b[5m", "--show-sql"),
], ids=" ".join)  # fmt: skip
def test_a_terminal_gets_no_control_characters(tmp_path: Path, words: tuple[str, ...]) -> None:
    import pty

    rows = [call(1, feature="\x1b[2Jsearch", tags={"\x1b[5m": "\x9b2J"}), call(2, feature="\x1b[5m")]
    write(tmp_path / "log.jsonl", rows)
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    ours, theirs = pty.openpty()
    environment = os.environ | {"TERM": "dumb", "NO_COLOR": "1"}
    with subprocess.Popen([*PROGRAM, *words], cwd=tmp_path, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # how the end of a terminal is told
            while part := os.read(ours, 1 << 16):
                shown += part
    os.close(ours)
    assert process.returncode == 0, shown
    assert not set(shown.decode()) & {"\x1b", "\x9b"}
    assert b"\\x1b" in shown
