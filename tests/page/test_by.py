"""Spend by project, user, session and tag on the page: bounded, exact in total, and as `report --by` has it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from llmcost.page import content, keys, sizes
from llmcost.reports import once
from llmcost.reports.scope import Scope
from tests.command import llmcost
from tests.explain.traffic import Row, request, traffic
from tests.logs import Row as Line
from tests.logs import call
from tests.page.conftest import Browser

Page = Callable[..., Path]

_ROWS = "return llmcost.charts.find((chart) => chart.id === 'by').table().rows"


def many(values: int) -> list[Row]:
    """Requests of so many users on many days, each with its own feature."""
    return [
        request(day=n % 20, feature=f"f{n % 40}", user_id=f"u{n % values}", tags={"id": str(n), "team": f"t{n % 3}"},
                input_tokens=1000 + n)
        for n in range(3000)
    ]  # fmt: skip


def test_many_values_are_bounded_and_their_total_is_exact() -> None:
    with traffic(many(2500), []) as opened:
        keyed = once.laid_down(opened, Scope(), content.questions(audited=True), keys.keys(opened, Scope()))
        with keyed as columns:
            found = content.tables(opened, Scope(), columns, audited=True)
    by = {row["by"]: row for row in found["keys"]}
    assert list(by) == ["user", "tag:team"], "a tag that names single requests, and keys without a value, are left out"
    assert by["user"]["values"] == 2500
    rows = found[by["user"]["table"]]
    assert len(rows) <= keys.MOST_ROWS
    assert len({row["value"] for row in rows}) == 31
    for name in ("requests", "cost_usd", "output_tokens"):
        assert sum(row[name] for row in rows) == pytest.approx(sum(row[name] for row in found["cube"])), name


def test_a_table_that_is_too_coarse_has_no_column_to_filter_by() -> None:
    assert sizes.coarse([{"day": "2026-11-01", "feature": None, "model": None, "requests": 1}]) == [
        {"day": "2026-11-01", "requests": 1}
    ]


def test_the_most_detailed_table_that_fits() -> None:
    """No more rows are fetched of one that does not, however many it has."""
    rows = [{"number": number} for number in range(9)]
    select = "select number::bigint as number from range($size) as numbers(number) order by number"
    with traffic([], []) as opened:
        fetched: list[int] = []

        class Counting:
            def rows(self, *words: Any) -> list[Row]:
                found = opened.rows(*words)
                fetched.append(len(found))
                return found

        counting: Any = Counting()
        assert sizes.fitting(counting, select, [{"size": size} for size in (10**6, 9, 5, 2)], 6) == rows[:5]
        assert fetched == [7, 7, 5]
        assert sizes.fitting(counting, select, [{"size": size} for size in (9, 8)], 6) == rows[:8]


def test_a_key_is_chosen_and_follows_the_filters(browser: Browser, page: Page) -> None:
    rows: list[Line | str] = [
        call(n, ts=f"2026-11-{1 + n % 20:02}T10:00:00Z", feature=f"f{n % 3}", user_id=f"u{n % 7}" if n % 5 else None,
             project=f"p{n % 2}", tags={"team=x": f"t{n % 4}"}, input_tokens=100 * n)
        for n in range(1, 200)
    ]  # fmt: skip
    made = page(rows)
    browser.open(f"{made.as_uri()}#feature=f1&since=2026-11-05&by=tag%3Ateam%3Dx")
    check(browser, made.parent, "tag:team=x")
    browser.run(
        "const menu = document.getElementById('by-key'); menu.value = 'user'; menu.dispatchEvent(new Event('change'))"
    )
    check(browser, made.parent, "user")
    assert "by=user" in browser.run("return location.hash")
    assert browser.charts()["by"]
    assert browser.errors() == []


def test_a_coarse_table_is_shown_whole_and_says_so(browser: Browser, page: Page) -> None:
    rows: list[Line | str] = [
        call(n, ts=f"2026-11-{1 + n % 28:02}T{n % 24:02}:00:00Z", feature=f"f{n % 61}", user_id=f"u{n}")
        for n in range(3000)
    ]
    browser.open(f"{page(rows).as_uri()}#feature=f1")
    assert sum(row["requests"] for row in browser.run(_ROWS)) == 3000
    assert "Not filtered by feature" in browser.run("return document.querySelector('#by figcaption p').textContent")


def check(browser: Browser, folder: Path, key: str) -> None:
    done = llmcost("report", "--by", key, "--feature", "f1", "--since", "2026-11-05", "--format", "json", cwd=folder)
    expected = {row[key]: (row["requests"], row["cost_usd"]) for row in json.loads(done.stdout)["rows"]}
    found = {row["value"]: (row["requests"], pytest.approx(row["cost_usd"], abs=1e-9)) for row in browser.run(_ROWS)}
    assert expected == found
