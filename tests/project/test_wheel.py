"""The built wheel, installed with its dependencies in a fresh environment, works away from the checkout."""

import json
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

import llmcost

ROOT = Path(__file__).resolve().parents[2]

LOG = [
    {
        "llmcost": 1,
        "request_id": f"req_{number}",
        "ts": f"2026-08-0{number}T12:00:00Z",
        "provider": "anthropic",
        "model": "claude-sonnet-4-6",
        "feature": "search",
        "input_tokens": 1000,
        "output_tokens": 100,
    }
    for number in (1, 2, 3)
]


class Installed:
    """The command of the fresh environment, run in an empty folder with no way to see the checkout."""

    def __init__(self, environment: Path, folder: Path) -> None:
        self.bin = environment / ("Scripts" if sys.platform == "win32" else "bin")
        self.folder = folder

    def run(self, *words: str) -> str:
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL"))}
        done = subprocess.run(
            [str(self.bin / words[0]), *words[1:]],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """A new virtual environment that holds the wheel of this checkout and what it asks for, nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    _succeed(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=ROOT)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv", with_pip=True)
    work = folder / "work"
    work.mkdir()
    installed = Installed(folder / "venv", work)
    installed.run(
        "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile", str(wheel)
    )
    (work / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in LOG), encoding="utf-8")
    return installed


def _succeed(*words: str, cwd: Path) -> None:
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_package_is_the_installed_one(installed: Installed) -> None:
    script = "import llmcost; print(llmcost.__version__, llmcost.__file__)"
    version, file = installed.run("python", "-c", script).split()
    assert version == llmcost.__version__
    assert ROOT not in Path(file).resolve().parents


def test_the_queries_lie_inside_the_package(installed: Installed) -> None:
    script = "from llmcost.engine.registry import queries_dir; print(queries_dir())"
    queries = Path(installed.run("python", "-c", script).strip())
    assert queries.parent.name == "llmcost"
    for path in (ROOT / "queries").rglob("*.sql"):
        copy = queries / path.relative_to(ROOT / "queries")
        assert copy.read_text(encoding="utf-8") == path.read_text(encoding="utf-8")


def test_the_main_job(installed: Installed) -> None:
    account = json.loads(installed.run("llmcost", "ingest", "log.jsonl", "--json"))
    assert (account["lines"], account["requests"]) == (3, 3)

    report = json.loads(installed.run("llmcost", "report", "--by", "feature", "--format", "json"))
    (row,) = report["rows"]
    assert (row["feature"], row["requests"], row["input_tokens"], row["output_tokens"]) == (
        "search",
        3,
        3000,
        300,
    )
    assert row["cost_usd"] == pytest.approx(3 * (1000 * 3 + 100 * 15) / 1e6)  # $3 and $15 per million tokens

    page = installed.run("llmcost", "report", "--format", "html")
    assert "llmcost.start();" in page
    assert "search" in page

    listed = installed.run("llmcost", "simulate", "--list")
    assert "routing" in listed
    assert "prompt-caching" in listed


def test_the_readmes_first_command(installed: Installed) -> None:
    """Agents' logs from a folder to a report in one command, and the same store from Python."""
    shutil.copytree(ROOT / "sample_logs" / "claude_code", installed.folder / ".claude" / "projects")
    said = installed.run("llmcost", "report", ".claude/projects", "--db", "first.duckdb")
    assert re.search(r"\$\d+\.\d+ for \d+ requests", said)
    assert "claude-" in said
    script = (
        "import llmcost; found = llmcost.open('first.duckdb').report(by='model'); print(found.table['requests'].sum())"
    )
    assert f"for {int(installed.run('python', '-c', script)):,} requests" in said


def test_it_runs_as_a_module(installed: Installed) -> None:
    assert llmcost.__version__ in installed.run("python", "-m", "llmcost", "--version")
