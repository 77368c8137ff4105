"""`simulate --plan`: what to do first, what it brings, at which risk, with which setting."""

import json
from pathlib import Path

import pytest

from tests.command import llmcost
from tests.logs import call, moment, write

HOSTILE = "x | y` <script>"
MOVED = "batch-api:sessions=move"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [
        call(n, model="claude-opus-4-7", feature=HOSTILE, prompt_id=HOSTILE, session_id=f"s{n % 3}",
             ts=moment(n * 5), input_tokens=9000, output_tokens=20,
             prefix=[{"hash": "a", "tokens": 8000}, {"hash": f"b{n}", "tokens": 9000}], system_blocks=1)
        for n in range(60)
    ]  # fmt: skip
    write(tmp_path / "log.jsonl", rows)
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    return tmp_path


def plan(folder: Path, *words: str) -> str:
    done = llmcost("simulate", *words, "--plan", "plan.md", "--format", "json", cwd=folder)
    assert done.returncode == 0, done.stderr
    json.loads(done.stdout)  # the result itself goes where it always goes
    return (folder / "plan.md").read_text("utf-8")


def test_what_leaves_answers_as_they_are_comes_first(folder: Path) -> None:
    said = plan(folder, "--what-if", "model-swap:target=claude-haiku-4-5", "--what-if", MOVED)
    assert said.index("## 1. batch-api") < said.index("## 2. model-swap")
    assert "- risk: answers stay as they are" in said
    assert "- risk: the new model's answers are not judged" in said
    assert '  model_group_alias:\n    "claude-opus-4-7": "claude-haiku-4-5"\n' in said
    assert "llmcost verify NAME --since DATE" in said


def test_a_cache_is_a_setting_to_paste_for_its_prompts(folder: Path) -> None:
    said = plan(folder, "--what-if", "prompt-caching:breakpoints=best")
    assert '```json\n"cache_control": {"type": "ephemeral"' in said
    assert "less than without a cache" in said
    assert "<script>" not in said.replace("\\<script\\>", "")


def test_a_prompt_that_the_log_caches_has_nothing_to_set(tmp_path: Path) -> None:
    """By hand: `cold` is never cached; `warm` reads its 8,000 shared tokens, and what the log records is kept."""
    rows = [
        call(n, model="claude-opus-4-7", prompt_id=name, ts=moment(n * 5), output_tokens=20,
             input_tokens=9000 - read, cache_read_tokens=read,
             prefix=[{"hash": name, "tokens": 8000}, {"hash": f"{name}{n}", "tokens": 9000}], system_blocks=1)
        for n, name, read in ((n, *(("cold", 0) if n % 2 else ("warm", 8000))) for n in range(60))
    ]  # fmt: skip
    write(tmp_path / "log.jsonl", rows)
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    said = plan(tmp_path, "--what-if", "prompt-caching:breakpoints=best")
    assert "- cold on claude-opus-4-7: " in said
    assert "- warm on claude-opus-4-7: " not in said


def test_what_saves_nothing_is_left_out(folder: Path) -> None:
    said = plan(folder, "--what-if", MOVED, "--what-if", "model-swap:target=claude-opus-4.8-fast")
    assert "- `model-swap:target=claude-opus-4.8-fast`: saves nothing (" in said, said
    assert "## 2." not in said
    none = plan(folder, "--what-if", "model-swap:target=claude-opus-4.8-fast")
    assert "Nothing here would have saved anything." in none


@pytest.mark.parametrize("target", ["llmcost.duckdb", "log.jsonl"])
def test_a_plan_replaces_neither_the_store_nor_a_log(folder: Path, target: str) -> None:
    before = (folder / target).read_bytes()
    done = llmcost("simulate", "--what-if", "batch-api", "--plan", target, cwd=folder)
    assert done.returncode == 1
    assert f"{target} is read by this command" in done.stderr
    assert (folder / target).read_bytes() == before


def test_a_plan_needs_a_simulation(folder: Path) -> None:
    done = llmcost("simulate", "--what-if", "batch-api", "--show-sql", "--plan", "plan.md", cwd=folder)
    assert done.returncode == 2
    assert "--plan needs a simulation" in done.stderr
    assert not (folder / "plan.md").exists()
