"""Why the bill changed, on the page: two periods are chosen, and the numbers are those of `llmcost explain`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.command import llmcost
from tests.logs import Row, call
from tests.page.conftest import Browser

Page = Callable[..., Path]


def test_two_periods_are_chosen_and_the_parts_are_those_of_explain(browser: Browser, page: Page) -> None:
    rows: list[Row | str] = [
        call(n, ts=f"2026-{month:02}-{1 + n % 28:02}T10:00:00Z", input_tokens=1000 * month + n, feature=f"f{n % 3}",
             model=["claude-haiku-4-5", "claude-sonnet-4-6"][n % month % 2], prompt_id=f"p{n % month}")
        for month in (8, 9, 10) for n in range(month * 1000, month * 1000 + 40 * (month - 7))
    ]  # fmt: skip
    made = page(rows)
    browser.open(f"{made.as_uri()}#from=2026-08&to=2026-10")
    check(browser, made.parent, "2026-08", "2026-10")
    choose(browser, "to", "2026-09")
    check(browser, made.parent, "2026-08", "2026-09")
    assert browser.run("return location.hash") == "#from=2026-08&to=2026-09"
    choose(browser, "to", "2026-W40")
    assert browser.run("return document.getElementById('change-from').value").startswith("2026-W")
    assert browser.charts()["change"]
    assert browser.errors() == []


def choose(browser: Browser, end: str, value: str) -> None:
    browser.run(
        "const menu = document.getElementById(`change-${arguments[0]}`); menu.value = arguments[1];"
        "menu.dispatchEvent(new Event('change'))", end, value,
    )  # fmt: skip


def check(browser: Browser, folder: Path, earlier: str, later: str) -> None:
    """Title, table and bars say what the command does."""
    done = llmcost("explain", "--from", earlier, "--to", later, "--format", "json", cwd=folder)
    found: dict[str, Any] = json.loads(done.stdout)
    shown = browser.run("return llmcost.charts.find((chart) => chart.id === 'change').table().rows")
    parts = {part["part"]: part["usd"] for part in found["parts"] if part["usd"]}
    expected = {"from": found["from"]["cost_usd"]} | parts | {"to": found["to"]["cost_usd"]}
    assert {row["part"]: row["usd"] for row in shown} == pytest.approx(expected, abs=1e-9)
    assert browser.run("return document.getElementById('change-title').textContent") == found["headline"].rstrip(".")
    who = browser.run("return llmcost.charts.find((chart) => chart.id === 'contributors').table().rows")
    check_contributors(who, found["contributors"])
    bars = browser.run("const [bars] = document.getElementById('change-plot').data; return [bars.base, bars.x]")
    assert bars[1][0] == pytest.approx(expected["from"])
    assert bars[1][-1] == pytest.approx(expected["to"])


def check_contributors(shown: list[dict[str, Any]], found: list[dict[str, Any]]) -> None:
    """The five largest of each key are there, each with its split, its requests and its example."""
    expected: list[dict[str, Any]] = []
    for one in found:
        if sum(other["by"] == one["by"] for other in expected) < 5 and one["change_usd"]:
            expected.append(one)
    assert [(row["by"], row["value"]) for row in shown] == [
        (one["by"], one["label"] or one["value"]) for one in expected
    ]
    for row, one in zip(shown, expected, strict=True):
        assert {part["part"]: row[part["part"]] for part in one["parts"]} == {
            part["part"]: pytest.approx(part["usd"], abs=1e-9) for part in one["parts"]
        }
        assert row["change_usd"] == pytest.approx(one["change_usd"], abs=1e-9)
        for side in ("from", "to"):
            assert row[f"{side}_usd"] == pytest.approx(one[side]["cost_usd"], abs=1e-9)
            assert row[f"{side}_each"] == pytest.approx(one[side]["cost_per_request_usd"], abs=1e-9)
        assert row["example_request_id"] == one["example_request_id"]


def test_a_key_of_contributors_is_chosen(browser: Browser, page: Page) -> None:
    rows: list[Row | str] = [
        call(n, ts=f"2026-{month:02}-{1 + n % 28:02}T10:00:00Z", user_id=f"u{n % 3}", feature=f"f{n % 2}",
             input_tokens=100 * month * (n % 3))
        for month in (9, 10) for n in range(month * 100, month * 100 + 40)
    ]  # fmt: skip
    browser.open(f"{page(rows).as_uri()}#who=user")
    names = "return llmcost.charts.find((chart) => chart.id === 'contributors').table().rows.map((row) => row.by)"
    assert set(browser.run(names)) == {"user"}
    browser.run("const menu = document.getElementById('contributors-key'); menu.value = '';"
                "menu.dispatchEvent(new Event('change'))")  # fmt: skip
    assert set(browser.run(names)) == {"feature", "model", "user"}
    title = browser.run("return document.getElementById('contributors-title').textContent")
    assert title.startswith("Largest change: feature f0"), "all have one model, which made all of the change"
    assert browser.run("return document.activeElement.id") == "contributors-key"
    assert "who=" not in browser.run("return location.hash")
    assert browser.charts()["contributors"]
    assert browser.errors() == []


def test_a_contributor_that_is_new_is_called_so(browser: Browser, page: Page) -> None:
    rows: list[Row | str] = [
        call(n, ts=f"2026-{month:02}-{1 + n % 28:02}T10:00:00Z", output_tokens=100 if month == 9 or n % 2 else 900,
             feature="new" if month == 10 and not n % 2 else "old")
        for month in (9, 10) for n in range(month * 100, month * 100 + 60)
    ]  # fmt: skip
    browser.open(f"{page(rows).as_uri()}#from=2026-09&to=2026-10")
    title = browser.run("return document.getElementById('contributors-title').textContent")
    assert title.startswith("Largest change: feature ")
    assert title.endswith(", which is new")
