"""--timezone and `timezone` in llmcost.toml: calendar words are those of the zone, in every command that has some."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.command import llmcost
from tests.logs import call, write

MOMENTS = [  # UTC, and what clocks in Berlin show
    "2026-10-24T21:59:00Z",  # Saturday the 24th, 23:59
    "2026-10-24T22:00:00Z",  # Sunday the 25th, midnight: a day of 25 hours begins
    "2026-10-25T00:30:00Z",  # 02:30, summer time
    "2026-10-25T01:30:00Z",  # 02:30 again, winter time
    "2026-10-25T22:59:00Z",  # 23:59
    "2026-10-25T23:00:00Z",  # Monday the 26th, midnight
    "2026-10-31T23:30:00Z",  # Sunday, 1 November, 00:30
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("timezone")
    write(made / "log.jsonl", [call(number, ts=ts) for number, ts in enumerate(MOMENTS, start=1)])
    assert llmcost("ingest", "log.jsonl", cwd=made).returncode == 0
    return made


def found(folder: Path, *words: str, **environment: str) -> dict[str, Any]:
    done = llmcost(*words, "--format", "json", cwd=folder, **environment)
    assert done.returncode == 0, done.stderr
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def by(folder: Path, time: str, *words: str) -> dict[str, int]:
    rows = found(folder, "report", "--by", time, *words)["rows"]
    return {row[time]: row["requests"] for row in rows if row["requests"]}


BERLIN = ("--timezone", "Europe/Berlin")


def test_days_weeks_months_and_hours_are_local(folder: Path) -> None:
    assert by(folder, "day", *BERLIN) == {"2026-10-24": 1, "2026-10-25": 4, "2026-10-26": 1, "2026-11-01": 1}
    assert by(folder, "week", *BERLIN) == {"2026-W43": 5, "2026-W44": 2}
    assert by(folder, "month", *BERLIN) == {"2026-10": 6, "2026-11": 1}
    assert by(folder, "hour", *BERLIN)["2026-10-25 02:00"] == 2
    assert by(folder, "day") == {"2026-10-24": 2, "2026-10-25": 4, "2026-10-31": 1}


def test_a_period_is_local(folder: Path) -> None:
    def requests(*words: str) -> int:
        return int(found(folder, "report", *BERLIN, *words)["total"]["requests"])

    assert requests("--since", "2026-10-25", "--until", "2026-10-25") == 4
    assert requests("--since", "2026-11") == 1
    assert requests("--until", "2026-W43") == 5
    assert requests("--since", "2026-10-26T00:00") == 2
    assert requests("--since", "2026-10-25T23:00:00Z") == 2  # a time with its zone is what it says


def test_explain_compares_local_periods(folder: Path) -> None:
    made = found(folder, "explain", "--from", "2026-10-25", "--to", "2026-10-26", *BERLIN)
    assert (made["from"]["requests"], made["to"]["requests"], made["timezone"]) == (4, 1, "Europe/Berlin")
    whole = found(folder, "explain", "--from", "2026-10", "--to", "2026-11", *BERLIN)
    assert (whole["from"]["requests"], whole["to"]["requests"]) == (6, 1)
    assert sum(part["usd"] for part in whole["parts"]) == pytest.approx(whole["change_usd"], abs=1e-12)


def test_budgets_begin_at_local_midnight(folder: Path, tmp_path: Path) -> None:
    config = tmp_path / "llmcost.toml"
    config.write_text('timezone = "Europe/Berlin"\n[[budgets]]\nday = 1\nmonth = 10\n')
    made = found(folder, "budget", LLMCOST_CONFIG=str(config))
    assert (made["at"], made["timezone"]) == ("2026-11-01T00:30:00", "Europe/Berlin")
    assert [row["requests"] for row in made["budgets"]] == [1, 1]
    before = found(folder, "budget", "--on", "2026-10-25", LLMCOST_CONFIG=str(config))
    assert [row["requests"] for row in before["budgets"]] == [4, 5]


def test_every_result_says_its_zone(folder: Path, tmp_path: Path) -> None:
    config = tmp_path / "llmcost.toml"
    config.write_text('timezone = "Europe/Berlin"\n')
    for command in (["report"], ["audit"], ["report", "--by", "day"]):
        assert found(folder, *command)["timezone"] == "UTC"
        assert found(folder, *command, LLMCOST_CONFIG=str(config))["timezone"] == "Europe/Berlin"
        assert found(folder, *command, "--timezone", "UTC", LLMCOST_CONFIG=str(config))["timezone"] == "UTC"
    assert "2026-10-24 to 2026-10-31 (UTC)" in llmcost("report", cwd=folder).stdout
    assert "2026-10-24 to 2026-11-01 (Berlin)" in llmcost("report", *BERLIN, cwd=folder).stdout
    assert "day (Berlin)" in llmcost("report", "--by", "day", *BERLIN, cwd=folder).stdout
    assert "Days are UTC." in llmcost("explain", "--to", "2026-10-25", cwd=folder).stdout


def test_the_page_says_its_zone(folder: Path) -> None:
    done = llmcost("report", "--format", "html", *BERLIN, cwd=folder)
    assert '"timezone":"Europe/Berlin"' in done.stdout


def test_an_unknown_zone_is_refused_where_it_was_given(folder: Path, tmp_path: Path) -> None:
    done = llmcost("report", "--timezone", "Europe/Berlyn", cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--timezone Europe/Berlyn is not a time zone" in done.stderr
    assert "Europe/Berlin" in done.stderr
    config = tmp_path / "llmcost.toml"
    for text, said in (('timezone = "Mars"', "timezone: Mars is not a time zone"), ("timezone = 2", "is not text: 2")):
        config.write_text(f"{text}\n")
        done = llmcost("report", cwd=folder, LLMCOST_CONFIG=str(config))
        assert (done.returncode, done.stdout) == (1, "")
        assert said in done.stderr
