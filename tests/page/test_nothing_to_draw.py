"""Pages of stores without requests, without prices or without times: sentences instead of empty charts."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from llmcost.page import content, html
from llmcost.reports.scope import Scope
from llmcost.views import pages
from tests.explain.traffic import request, traffic
from tests.logs import Row, call
from tests.page.conftest import Browser

Page = Callable[..., Path]

_SECOND_DAY = datetime(2026, 9, 2)
_TITLE = "return document.getElementById(arguments[0] + '-title').textContent"


@pytest.mark.parametrize("words", [("report",), ("report", "--until", "2020-01-01")], ids=["empty", "other days"])
def test_without_requests_a_sentence_says_so(browser: Browser, page: Page, words: tuple[str, ...]) -> None:
    rows: list[Row | str] = (
        [call(1)]
        if len(words) > 1
        else [
            {
                "type": "user",
                "sessionId": "s",
                "timestamp": "2026-11-02T10:00:00Z",
                "message": {"role": "user", "content": ""},
            }
        ]
    )
    browser.open(page(rows, *words).as_uri())
    assert browser.run("return document.querySelector('.lead').textContent") == "There are no requests here"
    assert "llmcost ingest" in browser.run("return document.querySelector('.sub').textContent")
    assert browser.charts() == {}
    assert "Assumptions" not in browser.run("return document.getElementById('end').textContent")
    assert not browser.run("return document.getElementById('filters').checkVisibility()")
    assert browser.errors() == []


def test_without_a_price_no_chart_of_dollars_is_drawn(browser: Browser, page: Page) -> None:
    rows: list[Row | str] = [
        call(n, ts=f"2026-11-{1 + n % 20:02}T10:00:00Z", model="home-grown-7b", user_id=f"u{n % 2}",
             prompt_id=f"p{n % 2}", feature=f"f{n % 2}", input_tokens=100 * n, latency_ms=10.0) for n in range(1, 60)
    ]  # fmt: skip
    browser.open(page(rows).as_uri())
    drawn = {name for name, is_drawn in browser.charts().items() if is_drawn}
    assert drawn == {"prompt-lengths"}  # no call used a cache
    assert [browser.run(_TITLE, name) for name in ("trend", "days")] == ["No day with a price"] * 2
    assert browser.errors() == []


def test_without_a_time_it_is_said(browser: Browser, page: Page) -> None:
    browser.open(page([call(n, ts=None, model=f"claude-{'haiku-4-5' if n % 2 else 'sonnet-4-6'}",
                            feature=f"f{n % 3}", latency_ms=100.0 + n) for n in range(20)]).as_uri())  # fmt: skip
    assert {browser.run(_TITLE, name) for name in ("trend", "days", "hours")} == {"No request has a time"}
    assert browser.run(_TITLE, "answer-lengths").startswith("All answers have between ")
    for axis in ("xtick", "ytick"):  # the marks are within a power of ten
        assert browser.run(f"return document.querySelectorAll('#latency .{axis} text').length") > 1
    assert browser.errors() == []


def test_findings_of_many_requests_are_left_to_the_command(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(content, "_MOST_AUDITED", 9)
    with traffic([request(status="error") for _ in range(10)], []) as opened:
        few, many = (pages.report(opened, Scope(until=until)) for until in (_SECOND_DAY, None))
    assert few["audited"]
    assert few["tables"]["findings"]["length"]
    assert not many["tables"]["findings"]["length"]
    (tmp_path / "page.html").write_text(html.page(many), "utf-8")
    browser.open((tmp_path / "page.html").as_uri())
    assert "llmcost audit" in browser.run(_TITLE, "findings")
