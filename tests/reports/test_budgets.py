"""llmcost budget: what was spent, what will be, what it says of a bad llmcost.toml, and how it is written."""

import csv
import io
import json
import math
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from llmcost.reports import budgets
from tests.command import Done, llmcost
from tests.logs import Row, call, ingested, write
from tests.reports.test_audit import HOSTILE

MONDAY = date(2026, 10, 5)
USD = 0.0015  # a call of tests/logs.py


def day_of(number: int, calls: int, feature: str = "search", **fields: Any) -> list[Row]:
    """A day's calls, one each hour from midnight on."""
    begin = datetime.fromisoformat(f"{MONDAY + timedelta(days=number)}T00:30:00")
    return [
        call(n, request_id=f"{feature}-{number}-{n}", feature=feature,
             ts=f"{(begin + timedelta(hours=n)).isoformat()}Z", **fields)
        for n in range(calls)
    ]  # fmt: skip


def traffic() -> list[Row]:
    """Ten calls on each day from Monday, 5 October to Wednesday, 11 November, of that day the first five."""
    return [row for number in range(38) for row in day_of(number, 10 if number < 37 else 5, user_id="u-1")]


def asked(folder: Path, toml: str, *words: str, rows: list[Row] | None = None) -> Done:
    (folder / "llmcost.toml").write_text(toml, encoding="utf-8")
    if not (folder / "llmcost.duckdb").exists():
        with ingested(folder / "llmcost.duckdb", write(folder / "log.jsonl", traffic() if rows is None else rows)):
            pass
    return llmcost("budget", *words, cwd=folder)


def answered(folder: Path, toml: str, *words: str, rows: list[Row] | None = None) -> Row:
    done = asked(folder, toml, "--format", "json", *words, rows=rows)
    assert done.returncode in (0, 1), done.stderr
    found: Row = json.loads(done.stdout)
    assert found["is_over"] == (done.returncode == 1)
    return found


ALL = "[[budgets]]\nday = 0.012\nmonth = 1\n"


def test_spent_and_forecast_by_hand(tmp_path: Path) -> None:
    found = answered(tmp_path, ALL)
    assert found["at"] == "2026-11-11T04:30:00"
    day, month = found["budgets"]
    assert (day["budget"], day["period"], day["from"], day["until"]) == ("overall", "day", "2026-11-11", "2026-11-11")
    assert day["spent_usd"] == pytest.approx(5 * USD)
    assert day["forecast_usd"] == pytest.approx(10 * USD)  # all past days spent half of it after 04:30
    assert day["status"] == "forecast over"
    assert (month["from"], month["until"], month["requests"]) == ("2026-11-01", "2026-11-30", 105)
    assert month["spent_usd"] == pytest.approx(105 * USD)
    assert month["forecast_usd"] == pytest.approx(300 * USD, rel=0.02)
    assert month["status"] == "within"
    assert found["is_over"]


@pytest.mark.parametrize(
    ("day_usd", "status", "returncode"),
    [(5 * USD - 1e-9, "over", 1), (5 * USD + 1e-4, "forecast over", 1), (11 * USD, "within", 0)],
)
def test_the_exit_status(tmp_path: Path, day_usd: float, status: str, returncode: int) -> None:
    done = asked(tmp_path, f"[[budgets]]\nday = {day_usd:.9f}\n", "--format", "csv")
    [row] = csv.DictReader(io.StringIO(done.stdout))
    assert (row["status"], done.returncode) == (status, returncode)


@pytest.mark.parametrize("period", budgets.PERIODS)
def test_a_budget_that_is_spent_to_the_cent_is_not_over(tmp_path: Path, period: str) -> None:
    rows = day_of(37, 5)
    [row] = answered(tmp_path, f"[[budgets]]\n{period} = 1\n", rows=rows)["budgets"]
    spent_usd = row["spent_usd"]
    assert answered(tmp_path, f"[[budgets]]\n{period} = {spent_usd!r}\n")["budgets"][0]["status"] == "within"
    less = math.nextafter(spent_usd, 0)
    assert answered(tmp_path, f"[[budgets]]\n{period} = {less!r}\n")["budgets"][0]["status"] == "over"


@pytest.mark.parametrize(
    ("spent", "middle", "high", "status"),
    [
        (9, 10, 10, "within"), (9, 10, 10.1, "at risk"), (9, 10.1, 10.2, "forecast over"), (10, 10, 10, "within"),
        (10.1, 10.1, 10.1, "over"), (10, None, None, "within"), (10.1, None, None, "over"),
    ],
)  # fmt: skip
def test_where_each_status_begins(spent: float, middle: float | None, high: float | None, status: str) -> None:
    assert budgets._status(10, spent, middle, high) == status


def test_a_budget_at_risk_fails_nothing(tmp_path: Path) -> None:
    """Only the upper end of the range is above it."""
    uneven = [row for number in range(38) for row in day_of(number, 4 + 12 * (number % 2))]
    month = answered(tmp_path, "[[budgets]]\nmonth = 100\n", rows=uneven)["budgets"][0]
    between = (month["forecast_usd"] + month["forecast_high_usd"]) / 2
    done = asked(tmp_path, f"[[budgets]]\nmonth = {between}\n")
    assert done.returncode == 0
    assert "at risk" in done.stdout


def test_budgets_of_features_and_users(tmp_path: Path) -> None:
    rows = [*traffic(), *day_of(37, 4, "search-beta", user_id="u-2"), *day_of(37, 3, "chat", user_id=None)]
    toml = """
        [[budgets]]
        feature = "search*"
        day = 1
        [[budgets]]
        user = "u-2"
        day = 1
        [[budgets]]
        name = "chat of nobody"
        feature = "chat"
        user = "*"
        day = 1
    """
    found = answered(tmp_path, toml, rows=rows)
    spent = {row["budget"]: (row["scope"], row["requests"]) for row in found["budgets"]}
    assert spent == {"feature search*": ("feature", 9), "user u-2": ("user", 4), "chat of nobody": ("user", 0)}
    assert "no forecast for the budget chat of nobody: it has no recent requests" in found["notes"]
    assert "no forecast for the budget user u-2: it has no requests on any whole day before this one" in found["notes"]


def test_on_a_day_it_is_as_it_stood_at_its_end(tmp_path: Path) -> None:
    day, month = answered(tmp_path, ALL, "--on", "2026-10-31")["budgets"]
    assert (day["from"], day["requests"], day["forecast_usd"]) == ("2026-10-31", 10, pytest.approx(10 * USD))
    assert (month["until"], month["requests"]) == ("2026-10-31", 270)
    assert month["forecast_usd"] == month["spent_usd"] == pytest.approx(270 * USD)
    before = answered(tmp_path, ALL, "--on", "2026-01-01")["budgets"]
    assert [(row["requests"], row["forecast_usd"]) for row in before] == [(0, None), (0, None)]


def test_the_day_that_the_log_begins_in_is_no_whole_day(tmp_path: Path) -> None:
    rows = day_of(0, 1) + day_of(1, 10) + day_of(2, 5)
    day = answered(tmp_path, "[[budgets]]\nday = 1\n", rows=rows)["budgets"][0]
    assert day["forecast_usd"] == pytest.approx(10 * USD)


def test_days_out_of_line_are_told(tmp_path: Path) -> None:
    rows = traffic() + [row | {"request_id": f"more-{n}"} for n, row in enumerate(day_of(30, 20, "agent"))]
    found = answered(tmp_path, ALL, rows=rows)
    assert [row["text"] for row in found["out_of_line"]] == [
        "2026-11-04: 3.0 times the usual spend of a Wednesday, most of it agent"
    ]
    assert "2026-11-04: 3.0 times the usual spend of a Wednesday" in asked(tmp_path, ALL).stdout
    long_after = answered(tmp_path, ALL, "--on", "2026-11-20")
    assert long_after["out_of_line"] == []


def test_requests_without_a_price_are_told(tmp_path: Path) -> None:
    rows = [*traffic(), call(1, model="our-own-7b", provider=None, ts="2026-11-11T04:00:00Z")]
    assert answered(tmp_path, ALL, rows=rows)["notes"] == [
        "1 request has no price and is excluded from totals; llmcost prices lists the models"
    ]


def test_slack_gets_blocks_in_which_nothing_is_formatted(tmp_path: Path) -> None:
    toml = "[[budgets]]\nname = '<!channel> & *bold*'\nday = 0.001\n" + "".join(
        f"[[budgets]]\nname = 'budget {n}'\nmonth = 1\n" for n in range(40)
    )
    rows = traffic() + [row | {"request_id": f"more-{n}"} for n, row in enumerate(day_of(30, 24, HOSTILE))]
    done = asked(tmp_path, toml, "--format", "slack", rows=rows)
    assert done.returncode == 1
    payload = json.loads(done.stdout)
    blocks = payload["blocks"]
    assert len(blocks) <= 50
    assert blocks[0] == {"type": "header", "text": {"type": "plain_text", "text": "Over budget", "emoji": False}}
    texts = [block["text"] for block in blocks if "text" in block] + [
        element for block in blocks for element in block.get("elements", [])
    ]
    assert {text["type"] for text in texts} == {"plain_text"}
    assert "&lt;!channel&gt; &amp; *bold*, 2026-11-11: over." in texts[1]["text"]
    everything = payload["text"] + "".join(text["text"] for text in texts)
    assert not set("<>\x1b\u202e") & set(everything)
    assert max(len(text["text"]) for text in texts) <= 3000


def test_a_terminal_shows_names_as_text(tmp_path: Path) -> None:
    done = asked(tmp_path, '[[budgets]]\nname = "[red]x[/red]\\u001b[31m"\nday = 9\n')
    assert "[red]x[/red]\\x1b[31m" in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("form", ["table", "csv", "markdown"])
def test_every_form_holds_every_budget(tmp_path: Path, form: str) -> None:
    done = asked(tmp_path, ALL + '[[budgets]]\nfeature = "search"\nmonth = 2\n', "--format", form)
    assert "feature search" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("", "there is no budget in llmcost.toml"),
        ("[budgets]\nday = 1\n", "budgets is not a list of entries"),
        ("budgets = [1]\n", "entry 1: is not a table"),
        ("[[budgets]]\nfeature = 'x'\n", "entry 1: gives neither day nor month"),
        ("[[budgets]]\nday = 0\n", "day is not an amount of US dollars above 0: 0"),
        ("[[budgets]]\nmonth = -5\n", "month is not an amount"),
        ("[[budgets]]\nmonth = inf\n", "month is not an amount"),
        ("[[budgets]]\nmonth = nan\n", "month is not an amount"),
        ("[[budgets]]\nmonth = true\n", "month is not an amount"),
        ("[[budgets]]\nmonth = '5'\n", "month is not an amount"),
        ("[[budgets]]\nday = 1\nfeatur = 'x'\n", "there is no featur"),
        ("[[budgets]]\nday = 1\nfeature = ''\n", "feature is not text"),
        ("[[budgets]]\nday = 1\nuser = 7\n", "user is not text"),
        ("[[budgets]]\nday = 1\n[[budgets]]\nday = 2\n", "entry 2: there is a budget overall already"),
        ("[[budgets\n", "cannot be read"),
    ],
)
def test_what_it_says_of_a_bad_configuration(tmp_path: Path, toml: str, said: str) -> None:
    done = asked(tmp_path, toml, rows=[call(1)])
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 2, done.stderr  # an error and a hint


def test_a_budget_is_named_by_what_it_is_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "llmcost.toml").write_text('[[budgets]]\nuser = "u"\nfeature = "f"\nday = 2\n')
    [budget] = budgets.configured()
    assert (budget.name, budget.scope, budget.limits_usd) == ("feature f, user u", "user", {"day": 2.0})


def test_no_store_no_time_no_date(tmp_path: Path) -> None:
    (tmp_path / "llmcost.toml").write_text(ALL)
    assert "there is no store" in llmcost("budget", cwd=tmp_path).stderr
    done = asked(tmp_path, ALL, rows=[call(1, ts=None)])
    assert (done.returncode, "no request in the store has a time" in done.stderr) == (1, True)
    assert llmcost("budget", "--on", "yesterday", cwd=tmp_path).returncode == 2
