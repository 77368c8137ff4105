"""What a command prints by default fits on a screen; everything else is behind --details and in JSON."""

import json
import shutil
from pathlib import Path

import pytest

from llmcost.render.output import Output
from llmcost.render.terminal import plain
from llmcost.render.view import View
from tests.command import llmcost
from tests.logs import call, write

SCREEN_LINES = 40

BUDGETS = "".join(f'[[budgets]]\nfeature = "{name}*"\nday = 1\nmonth = 10\n' for name in "abcdefghijklmnop")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> Path:
    """A folder with a store of all sample logs and many budgets."""
    made = tmp_path_factory.mktemp("screens")
    (made / "llmcost.toml").write_text(BUDGETS)
    shutil.copy(samples, made / "llmcost.duckdb")
    words = ("simulate", "--what-if", "routing", "--what-if", "token-caps", "--save", "cheap")
    assert llmcost(*words, cwd=made).returncode == 0
    return made


SCREENS = [
    ("report",),
    ("report", "--by", "feature,model"),
    ("report", "--by", "user"),
    ("report", "--by", "day"),
    ("report", "--by", "prompt"),
    ("report", "--logged"),
    ("explain",),
    ("explain", "--from", "2026-10", "--to", "2026-11"),
    ("simulate", "--what-if", "all"),
    ("simulate", "--what-if", "routing", "--what-if", "prompt-caching", "--what-if", "batch-api"),
    ("simulate", "--what-if", "token-caps", "--by", "model"),
    ("simulate", "--what-if", "self-hosted:features='search-answers'"),
    ("simulate", "--list"),
    ("simulate", "--list", "token-caps"),
    ("audit",),
    ("backtest",),
    ("break-even", "--volumes", "1M,3M,10M,30M,100M", "--features", "search-answers"),
    ("compare", "cheap"),
    ("compare", "logged", "cheap", "--by", "user"),
    ("budget",),
]


def views(monkeypatch: pytest.MonkeyPatch) -> list[View]:
    """Gets every view that a command shows."""
    seen: list[View] = []
    show = Output.show

    def watched(self: Output, view: View) -> None:
        seen.append(view)
        show(self, view)

    monkeypatch.setattr(Output, "show", watched)
    return seen


@pytest.mark.parametrize("words", SCREENS, ids=" ".join)
def test_the_default_fits_on_a_screen(folder: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]) -> None:
    shown = views(monkeypatch)
    done = llmcost(*words, cwd=folder, COLUMNS="100")
    assert done.returncode == (1 if words == ("budget",) else 0), done.stderr
    lines = done.stdout.splitlines()
    assert 5 < len(lines) <= SCREEN_LINES
    assert max(map(len, lines)) <= 100
    [view] = shown
    heights = []
    for columns in (80, 250):
        monkeypatch.setenv("COLUMNS", str(columns))
        lines = [line.rstrip() for line in plain(view.screen(details=False)).splitlines()]
        assert max(map(len, lines)) <= columns
        heights.append(len(lines))
    assert heights[1] <= heights[0], "a wide terminal is used"
    assert heights[0] <= SCREEN_LINES


def test_the_headline_of_a_long_log_is_a_line_for_each_figure(tmp_path: Path) -> None:
    """Days by the hundred: no figure is broken at 80 columns, and the sparkline has a line to itself."""
    write(
        tmp_path / "log.jsonl", [call(n, ts=f"2026-{4 + n // 28:02d}-{1 + n % 28:02d}T10:00:00Z") for n in range(196)]
    )
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    lines = llmcost("report", cwd=tmp_path, COLUMNS="80").stdout.splitlines()
    labels = ["per day", "last 60 days", "per request", "prompt cache"]
    assert [line[:15].rstrip() for line in lines[2:6]] == labels
    assert len(lines[3].strip()) == 75
    assert "No prompt has a name or a text in the log." in lines


def test_where_nothing_saves_anything_the_reasons_are_shown(tmp_path: Path) -> None:
    write(tmp_path / "log.jsonl", [call(1, service_tier="batch")])
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    shown = " ".join(llmcost("simulate", "--what-if", "all", cwd=tmp_path, COLUMNS="80").stdout.split())
    assert "1 request replayed: no technique that leaves answers as they are saves anything of $0.0008" in shown
    assert "token-caps: cannot be projected: no request has a task type" in shown
    assert "would save" not in shown


def test_details_show_what_the_screen_leaves_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of a simulation is worked out for JSON: its screens are those of a run without that format."""
    shown = views(monkeypatch)
    found = json.loads(llmcost("simulate", "--what-if", "all", "--format", "json", cwd=folder).stdout)
    [view] = shown
    monkeypatch.setenv("COLUMNS", "100")
    short, whole = (plain(view.screen(details=details)) for details in (False, True))
    for heading in ("Assumptions", "Backtest", "Each prompt's cheapest cache", "figures of the replay"):
        assert heading in whole
        assert heading not in short.replace("--details adds assumptions", "")
    assert found["assumptions"]
    assert found["backtest"]
    assert any(stage["prompts"] for stage in found["stages"])


def test_rows_beyond_the_screen_are_added_up(folder: Path) -> None:
    short, whole = (llmcost("report", "--by", "user", *more, cwd=folder).stdout for more in ((), ("--details",)))
    rows = len(json.loads(llmcost("report", "--by", "user", "--format", "json", cwd=folder).stdout)["rows"])
    assert rows > 23
    assert f"({rows - 21} others)" in short
    assert f"21 of {rows} rows; --details shows all" in short
    assert "others" not in whole
    assert len(whole.splitlines()) > rows


def test_what_ifs_are_listed_in_a_line_each_and_one_in_full(folder: Path) -> None:
    every = llmcost("simulate", "--list", cwd=folder).stdout
    names = [row["what_if"] for row in
             json.loads(llmcost("simulate", "--list", "--format", "json", cwd=folder).stdout)["what_ifs"]]  # fmt: skip
    assert [line.split()[0] for line in every.splitlines() if line.split()[:1] and line.split()[0] in names] == names
    one = llmcost("simulate", "--list", "token_caps", cwd=folder).stdout
    for word in ("percentile", "early_stop", "Assumptions"):
        assert word in one
    assert "ttl" not in one
    for words, status, said in (
        (("--list", "token-cups"), 2, "did you mean token-caps?"),
        (("token-caps",), 2, "--what-if token-caps"),
    ):
        done = llmcost("simulate", *words, cwd=folder)
        assert done.returncode == status
        assert said in done.stderr
