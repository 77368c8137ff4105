"""Pages as Chromium shows them: every chart, filters, tables, names that mean harm, and no request that leaves."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from llmcost.page.content import MOST_ROWS
from tests.command import llmcost
from tests.logs import Row, call
from tests.page.conftest import Browser

Page = Callable[..., Path]

REPORT = [
    "trend",
    "change",
    "contributors",
    "tree",
    "pareto",
    "days",
    "hours",
    "cache",
    "prompt-lengths",
    "answer-lengths",
    "latency",
    "findings",
]
CARDS = {
    "Cost": "cost_usd", "Requests": "requests", "Input tokens": "input_tokens", "Cache read": "cache_read_tokens",
    "Cache write": "cache_write_tokens", "Output tokens": "output_tokens", "Without a price": "unpriced_requests",
}  # fmt: skip


def traffic() -> list[Row | str]:
    """Three weeks of calls: features, models, prompts, caches, caps, latencies, and a model without a price."""
    models = ["claude-haiku-4-5", "claude-sonnet-4-6", "home-grown-7b"]
    return [
        call(
            number, ts=f"2026-11-{1 + number % 21:02}T{number % 24:02}:00:00Z", feature=f"f{number % 4}",
            model=models[number % 7 % 3], prompt_id=f"p{number % 5}", input_tokens=100 * number,
            latency_ms=50.0 * number,
            cache_read_tokens=1000 if number % 3 == 0 else 0, output_tokens=number, max_output_tokens=400,
            stop_reason="max_tokens" if number > 390 else "end_turn",
        )
        for number in range(1, 401)
    ]  # fmt: skip


def total(folder: Path, *words: str) -> dict[str, Any]:
    done = json.loads(llmcost("report", "--format", "json", *words, cwd=folder).stdout)
    found: dict[str, Any] = done["total"]
    return found


def check_cards(browser: Browser, folder: Path, *words: str) -> None:
    expected = total(folder, *words)
    for card, column in CARDS.items():
        assert browser.card(card) == pytest.approx(expected[column] or 0, abs=1e-9), card


def test_every_chart_is_drawn_and_nothing_leaves_the_page(browser: Browser, page: Page) -> None:
    made = page(traffic())
    browser.open(made.as_uri())
    assert list(browser.charts()) == REPORT
    assert all(browser.charts().values()), browser.charts()
    assert browser.errors() == []
    assert {address.partition(":")[0] for address in browser.requests()} <= {"file", "data"}
    check_cards(browser, made.parent)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("feature=f1", ["--feature", "f1"]),
        ("feature=f1&feature=f2&model=claude-haiku-4-5",
         ["--feature", "f1", "--feature", "f2", "--model", "claude-haiku-4-5"]),
        ("since=2026-11-05&until=2026-11-09", ["--since", "2026-11-05", "--until", "2026-11-09"]),
        ("since=2026-11-20&model=home-grown-7b", ["--since", "2026-11-20", "--model", "home-grown-7b"]),
    ],
)  # fmt: skip
def test_filters_give_the_numbers_of_the_report(browser: Browser, page: Page, address: str, words: list[str]) -> None:
    made = page(traffic())
    browser.open(f"{made.as_uri()}#{address}")
    check_cards(browser, made.parent, *words)
    assert browser.errors() == []


def test_a_choice_changes_numbers_titles_and_address_and_can_be_taken_back(browser: Browser, page: Page) -> None:
    made = page(traffic())
    browser.open(made.as_uri())
    title = "return document.getElementById('tree-title').textContent"
    before = browser.run(title)
    browser.run("document.querySelector('input[value=f3]').click()")
    check_cards(browser, made.parent, "--feature", "f3")
    assert browser.run(title) != before
    assert browser.run("return location.hash") == "#feature=f3"
    browser.run("document.getElementById('filter-reset').click()")
    check_cards(browser, made.parent)
    assert browser.run("return location.hash") in ("", "#")


def test_the_table_behind_a_chart_sorts_and_gives_its_csv(browser: Browser, page: Page) -> None:
    browser.open(page(traffic()).as_uri())
    browser.run("document.querySelector('#pareto-table summary').click()")
    browser.wait("return document.querySelectorAll('#pareto-table tbody tr').length === 5")
    cells = "return [...document.querySelectorAll('#pareto-table tbody tr')].map((row) => row.cells[1].textContent)"
    browser.run("document.querySelectorAll('#pareto-table th button')[1].click()")
    down = browser.run(cells)
    browser.run("document.querySelectorAll('#pareto-table th button')[1].click()")
    assert browser.run(cells) == down[::-1]
    text = browser.run("return llmcost.csv([{key: 'a'}, {key: 'b'}], [{a: '=1+1', b: 2}, {a: 'x\"y,z', b: null}], ',')")
    assert text == 'a,b\n\'=1+1,2\n"x""y,z",\n'


HOSTILE = [
    "<script>window.pwned = 1</script>", "<img src=x onerror='window.pwned = 1'>",
    "</script><script>window.pwned=1</script>", "\"'`${window.pwned=1}", "<a href='https://example.org'>b</a>",
    "\u202ertl", "عربي", "x" * 10_000, "\x1b[31m", "a\u2028b",
]  # fmt: skip


def test_hostile_names_are_text(browser: Browser, page: Page) -> None:
    rows: list[Row | str] = [
        call(n, feature=name, model="claude-haiku-4-5", prompt_id=name, task_type=name, latency_ms=10.0)
        for n, name in enumerate(HOSTILE)
    ]
    rows += [call(50 + n, model=name) for n, name in enumerate(HOSTILE)]
    browser.open(page(rows).as_uri())
    assert browser.run("return window.pwned") is None
    assert browser.errors() == []
    assert browser.run("return document.querySelectorAll('main a[href], main img, main script').length") == 0
    browser.run("document.querySelectorAll('.behind').forEach((table) => { table.open = true; })")
    browser.wait("return document.querySelectorAll('#tree-table tbody tr').length > 0")
    assert HOSTILE[0] in browser.run("return document.querySelector('#tree-table').textContent")
    assert "\u202e" not in browser.run("return document.body.textContent.replace(/\\{.*/s, '')")
    width = browser.run("return [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert width[0] <= width[1] + 1, "a long name makes the page wider than the window"


@pytest.mark.parametrize(
    "rows",
    [
        [call(1)],
        [call(1, ts=None, feature=None)],
        [call(n, model="home-grown-7b") for n in range(3)],
        [call(1, input_tokens=0, output_tokens=0)],
    ],
    ids=["one request", "no time", "no price", "no tokens"],
)
def test_little_traffic_makes_a_page_that_says_so(browser: Browser, page: Page, rows: list[Row | str]) -> None:
    made = page(rows)
    browser.open(made.as_uri())
    assert browser.errors() == []
    check_cards(browser, made.parent)
    titles = browser.run("return [...document.querySelectorAll('figure h3')].map((title) => title.textContent)")
    assert all(titles)
    assert not any("NaN" in title or "undefined" in title or "Infinity" in title for title in titles), titles


def test_a_simulation(browser: Browser, page: Page) -> None:
    rows: list[Row | str] = [
        call(n, feature=f"f{n % 3}", task_type="classification", complexity=0.1, cache_read_tokens=900,
             model="claude-opus-4-7", output_tokens=100) for n in range(1, 40)
    ]  # fmt: skip
    words = ("simulate", "--what-if", "routing", "--what-if", "token-caps", "--what-if", "batch-api")
    made = page(rows, *words)
    browser.open(made.as_uri())
    assert browser.charts() == {"waterfall": True, "savings": True, "flow": True}
    assert browser.errors() == []
    result = json.loads(llmcost(*words, "--format", "json", cwd=made.parent).stdout)
    assert browser.card("Saved") == pytest.approx(result["result"]["saved_usd"])


def test_cost_and_quality(browser: Browser, page: Page) -> None:
    rows: list[Row | str] = [
        call(n, model="gpt-4o", prompt_hash=f"h{n}", task_type="classification", complexity=n / 40) for n in range(40)
    ]
    made = page(rows)
    (made.parent / "outcomes.csv").write_text("prompt,model,correct\n" + "".join(
        f"h{n},gpt-4o,true\nh{n},gpt-4o-mini,{n % 3 == 0}\n" for n in range(40)))  # fmt: skip
    words = ("simulate", "--what-if", "routing:by=complexity,outcomes=outcomes.csv")
    assert llmcost(*words, "--format", "html", "-o", "page.html", cwd=made.parent).returncode == 0
    browser.open((made.parent / "page.html").as_uri())
    assert browser.charts()["cost-quality"]
    assert browser.errors() == []
    titles = browser.run("return [...document.querySelectorAll('figure h3')].map((title) => title.textContent)")
    [said] = [title for title in titles if title.startswith("As routed")]
    found = json.loads(llmcost(*words, "--format", "json", cwd=made.parent).stdout)["stages"][0]["quality"]
    [routed] = [row for row in found["policies"] if row["policy"] == "routed"]
    assert f"As routed, {100 * routed['quality']:.1f}" in said


def test_the_frontier_of_a_search(browser: Browser, page: Page) -> None:
    rows: list[Row | str] = [call(n, task_type="classification", output_tokens=5 + n) for n in range(40)]
    made = page(rows, "simulate", "--optimize", "--what-if", "token-caps", "--what-if", "batch-api",
                "--limit", "truncated=10%")  # fmt: skip
    browser.open(made.as_uri())
    assert browser.charts()["frontier"]
    assert browser.errors() == []


def test_a_break_even(browser: Browser, page: Page) -> None:
    rows: list[Row | str] = [call(n, ts=f"2026-11-{1 + n // 24:02}T{n % 24:02}:00:00Z") for n in range(48)]
    words = ("break-even", "--volumes", "1M,30M", "--instance", "g6e.xlarge", "--quantization", "none")
    made = page(rows, *words)
    browser.open(made.as_uri())
    assert browser.charts() == {"volumes": True}
    assert browser.errors() == []
    assert browser.card("Requests") == 48
    [heading] = browser.run("return [...document.querySelectorAll('figure h3')].map((title) => title.textContent)")
    assert heading.startswith("Self-hosting ")
    printed = " ".join(llmcost(*words, cwd=made.parent).stdout.split())
    assert all(half in printed for half in heading.removeprefix("Self-hosting ").split(", and "))


def test_more_names_than_a_page_holds_leave_the_totals_whole(browser: Browser, page: Page) -> None:
    rows: list[Row | str] = [
        call(n, feature=f"feature {n % 150}", prompt_id=f"prompt {n}", ts=f"2026-10-{1 + n % 30:02}T{n % 24:02}:00:00Z")
        for n in range(MOST_ROWS["cube"] + 2000)
    ]
    made = page(rows)
    assert made.stat().st_size < 6_000_000
    assert made.read_text("utf-8").count("prompt 1") < 1000, "prompts that no chart names are left out"
    browser.open(made.as_uri())
    check_cards(browser, made.parent)
    assert all(browser.charts()[name] for name in ("trend", "tree", "days", "hours"))
    tree, prompts = browser.run(
        "return ['tree', 'pareto'].map((id) => document.querySelector(`#${id} h3`).textContent)"
    )
    assert tree.startswith("feature "), "the features of all days have their names, and others are no feature"
    assert re.match(r"200 prompts make up 1\.\d% of the cost", prompts), "others are no prompt"


@pytest.mark.parametrize(
    "words",
    [
        ("report",),
        ("simulate", "--what-if", "token-caps"),
        ("simulate", "--what-if", "all"),
        ("simulate", "--optimize"),
    ],
    ids=" ".join,
)
def test_without_any_price_no_dollar_is_shown(browser: Browser, page: Page, words: tuple[str, ...]) -> None:
    made = page([call(n, ts=f"2026-11-{1 + n % 20:02}T10:00:00Z", model="home-grown-7b") for n in range(40)], *words)
    browser.open(made.as_uri())
    assert browser.errors() == []
    assert browser.card("Requests") == 40
    shown = browser.run("return document.body.innerText")
    assert "unknown" in shown
    assert not re.search(r"\$0\.00\b", shown)
