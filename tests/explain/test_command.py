"""`llmcost explain` as it is used: its forms, --fail-on, its errors, hostile names."""

import csv
import json
from pathlib import Path

import pytest

from tests.command import llmcost
from tests.explain.test_by_hand import MILLION, months

HOSTILE = "=cmd()|<script>alert(1)</script>\x1b[31m\n| a | [b](javascript:x)"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Thirty requests in September, a day each, then 45 in October, of a user with a hostile name."""
    months(tmp_path, [{"user_id": HOSTILE}] * 30, [{"user_id": HOSTILE}] * 45)
    return tmp_path


def test_the_sentence_says_what_happened(folder: Path) -> None:
    done = llmcost("explain", cwd=folder)
    assert done.returncode == 0
    said = " ".join(done.stdout.split())
    assert said.startswith(
        "October 2026 cost $45.00, 1.5 times September 2026 ($30.00): 1.5× from more requests; prices did not change."
    )


def test_a_rise_fails_above_the_threshold_and_the_noise(folder: Path) -> None:
    assert llmcost("explain", "--fail-on", "+20%", cwd=folder).returncode == 1
    assert llmcost("explain", "--fail-on", "+50%", cwd=folder).returncode == 0
    assert llmcost("explain", "--fail-on", "20%", "--from", "2026-10", "--to", "2026-09", cwd=folder).returncode == 0


def test_a_rise_within_the_noise_does_not_fail(tmp_path: Path) -> None:
    """A third more, but one day in ten makes most of it in both months."""
    wild = [{"input_tokens": MILLION if number % 10 == 0 else MILLION // 200} for number in range(30)]
    months(tmp_path, wild, [*wild, {"input_tokens": MILLION}])
    found = json.loads(llmcost("explain", "--format", "json", cwd=tmp_path).stdout)
    assert found["change_share"] > 0.3
    assert found["noise_share"] > found["change_share"]
    assert llmcost("explain", "--fail-on", "+20%", cwd=tmp_path).returncode == 0


def test_csv_has_the_whole_and_each_contributor(folder: Path) -> None:
    done = llmcost("explain", "--format", "csv", "--by", "model,user", cwd=folder)
    total, model, user = csv.DictReader(done.stdout.splitlines())
    assert (total["by"], total["change_usd"], total["requests"]) == ("total", "15.0", "15.0")
    assert (model["value"], model["new"]) == ("small", "0.0")
    assert user["value"].startswith("'=cmd()|")


def test_markdown_and_the_screen_show_names_as_text(folder: Path) -> None:
    markdown = llmcost("explain", "--format", "markdown", cwd=folder).stdout
    assert "| number of requests |" in markdown
    assert "<script>" not in markdown
    for text in (markdown, llmcost("explain", "--details", cwd=folder).stdout):
        assert "\x1b[31m" not in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--fail-on", "lots"), "--fail-on lots"),
        (("--to", "october"), "--to october"),
        (("--by", "day"), "--by day"),
        (("--by", "modle"), "did you mean model"),
        (("--by", "feature,prompt,model,user,session,project,provider,status,task_type"), "at most 8"),
        (("--top", "1000000"), "--top 1,000,000"),
        (("--from", "2026-10", "--to", "2026-10"), "overlap"),
    ],
)
def test_wrong_words_are_one_error(folder: Path, words: tuple[str, ...], said: str) -> None:
    done = llmcost("explain", *words, cwd=folder)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 2


def test_periods_without_requests_say_what_the_log_holds(folder: Path) -> None:
    done = llmcost("explain", "--to", "2020-01", cwd=folder)
    assert done.returncode == 1
    assert "2026-09-01 to 2026-10-31" in done.stderr


def test_one_period_without_requests_is_an_answer(folder: Path) -> None:
    done = llmcost("explain", "--to", "2026-09", cwd=folder)
    assert done.returncode == 0
    assert "September 2026 cost $30.00, August 2026 $0.00." in done.stdout
    assert "new features and prompts" in done.stdout


def test_an_empty_store_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text('{"llmcost": 1, "request_id": "r", "model": "claude-haiku-4-5"}\n')
    llmcost("ingest", "log.jsonl", cwd=tmp_path)
    done = llmcost("explain", cwd=tmp_path)
    assert done.returncode == 1
    assert "no requests with a time" in done.stderr
