"""Pages as they are read: on a phone, on paper, with gaps between days, with one feature, with a single bar."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.command import llmcost
from tests.logs import Row, call
from tests.page.conftest import Browser

Page = Callable[..., Path]

_TITLE = "return document.getElementById(arguments[0] + '-title').textContent"


@pytest.fixture
def phone(browser: Browser) -> Iterator[Browser]:
    browser.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    )
    yield browser
    browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.fixture
def paper(browser: Browser) -> Iterator[Browser]:
    """A4 without its margins, as Chromium lays it out."""
    commands = browser.driver.execute_cdp_cmd
    commands("Emulation.setEmulatedMedia", {"media": "print"})
    yield browser
    commands("Emulation.setEmulatedMedia", {"media": ""})
    commands("Emulation.clearDeviceMetricsOverride", {})


def gapped() -> list[Row | str]:
    """Eight days in January and eight in June, one feature, two models, several prompts."""
    days = [f"2026-01-{day:02}" for day in range(5, 13)] + [f"2026-06-{day:02}" for day in range(1, 9)]
    return [
        call(n, ts=f"{day}T10:00:00Z", feature="only", model=["claude-haiku-4-5", "claude-sonnet-4-6"][n % 2],
             prompt_id=f"p{n % 3}", input_tokens=1000 * n)
        for n, day in enumerate(days, start=1)
    ]  # fmt: skip


def busy() -> list[Row | str]:
    """A month of traffic with several caps of answers, latencies and findings."""
    caps = [256, 512, 4096, 8192, 16000]
    return [
        call(n, ts=f"2026-11-{1 + n % 28:02}T{n % 24:02}:00:00Z", feature=f"feature {n % 6}", latency_ms=50.0 * n,
             user_id=f"someone-with-a-long-name-{n % 20}@example.org", tags={"team": f"team {n % 7}"},
             model=["claude-haiku-4-5", "claude-sonnet-4-6"][n % 2], prompt_id=f"prompt {n % 9}",
             input_tokens=100 * n, output_tokens=10 + n, max_output_tokens=caps[n % 5],
             stop_reason="max_tokens" if n % 9 == 0 else "end_turn")
        for n in range(1, 300)
    ]  # fmt: skip


def overlapping(browser: Browser, selector: str) -> list[list[str]]:
    """Texts of one figure that lie over one another."""
    found: list[list[str]] = browser.run(
        """
        const over = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2
          && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3;
        return [...document.querySelectorAll('figure')].flatMap((figure) => {
          const texts = [...figure.querySelectorAll(arguments[0])].filter((text) => text.textContent.trim())
            .map((text) => [text.textContent, text.getBoundingClientRect()]);
          return texts.flatMap(([said, box], place) =>
            texts.slice(place + 1).filter(([, other]) => over(box, other)).map(([other]) => [figure.id, said, other]));
        });
        """,
        selector,
    )
    return found


_TEXTS = ", ".join(
    (".legend li", *(f".plot {kind} text" for kind in (".xtick", ".ytick", ".annotation", ".g-xtitle", ".textpoint")))
)


@pytest.mark.parametrize("words", [("report",), ("simulate", "--what-if", "token-caps", "--what-if", "batch-api")])
def test_on_a_phone_no_text_lies_over_another_or_on_end(phone: Browser, page: Page, words: tuple[str, ...]) -> None:
    phone.open(page(busy(), *words).as_uri())
    assert phone.errors() == []
    assert overlapping(phone, _TEXTS) == []
    turned = phone.run(
        "return [...document.querySelectorAll('.plot text')].filter((text) => !text.closest('.g-ytitle, .g-y2title'))"
        ".filter((text) => Math.abs(text.getCTM().b) > 0.01).map((text) => text.textContent)"
    )
    assert turned == []
    outside = phone.run(
        "return [...document.querySelectorAll('.plot text')].filter((text) => text.textContent"
        " && text.getBoundingClientRect().right > text.closest('.plot').getBoundingClientRect().right + 1)"
        ".map((text) => text.textContent)"
    )
    assert outside == []
    assert phone.run("return document.documentElement.scrollWidth") <= 390


def test_no_label_is_too_small_to_read(phone: Browser, page: Page) -> None:
    rows: list[Row | str] = [
        call(n, feature=f"a feature of number {n % 30}", model=["claude-haiku-4-5", "claude-sonnet-4-6"][n % 2],
             input_tokens=2 ** (n % 20)) for n in range(90)
    ]  # fmt: skip
    phone.open(page(rows).as_uri())
    sizes = phone.run(
        "return [...document.querySelectorAll('#tree .slicetext')].filter((text) => text.textContent"
        " && getComputedStyle(text).display !== 'none' && Number(text.getCTM().a) > 0)"
        ".map((text) => parseFloat(getComputedStyle(text).fontSize) * text.getCTM().a)"
    )
    assert sizes
    assert min(sizes) >= 9.9, sizes


def test_gaps_are_gaps_and_no_week_is_compared_with_a_week_without_requests(browser: Browser, page: Page) -> None:
    browser.open(page(gapped()).as_uri())
    said = browser.run("return document.getElementById('top').textContent") + browser.run(_TITLE, "trend")
    assert "the week before" not in said
    assert "16 of 155 days" in said
    mean = browser.run("return document.getElementById('trend-plot').data[1].y")
    assert len(mean) == 155
    assert None in mean[20:]
    bars = browser.run("return document.getElementById('trend-plot').data[0].y")
    assert sum(usd is not None for usd in bars) == 16


def test_a_week_is_seven_days_of_the_calendar(browser: Browser, page: Page) -> None:
    days = [day for day in range(1, 29) if day not in (16, 18, 20)]
    rows: list[Row | str] = [
        call(n, ts=f"2026-11-{day:02}T10:00:00Z", input_tokens=100_000, output_tokens=0) for n, day in enumerate(days)
    ]
    browser.open(page(rows).as_uri())
    # whole weeks: 21 to 27 with seven requests, 14 to 20 with four
    said = browser.run("return document.querySelector('.lead').textContent")
    assert "; the last week is up 75% from the week before" in said


def test_amounts_that_are_read_together_are_all_to_the_cent(browser: Browser, page: Page) -> None:
    browser.open(page([call(1)]).as_uri())
    said = (
        "const { usd, signed } = llmcost.together(arguments[0]);"
        " return [...arguments[0].map(usd), ...arguments[0].map(signed)]"
    )
    assert browser.run(said, [45.118, -0.1471, 0.001, 0]) == [
        "$45.12", "−$0.15", "<$0.01", "$0.00", "+$45.12", "−$0.15", "+<$0.01", "$0.00"
    ]  # fmt: skip
    assert browser.run(said, [0.5, -0.1471]) == ["$0.5000", "−$0.1471", "+$0.5000", "−$0.1471"]
    assert browser.run("return [0, 0.0001, 0.343].map(llmcost.share)") == ["0.0%", "<0.1%", "34.3%"]


def test_a_name_stacks_no_marks_over_the_lines_above(browser: Browser, page: Page) -> None:
    browser.open(page([call(1)]).as_uri())
    assert browser.run("return llmcost.name(arguments[0])", "e" + "\u0301" * 9 + "x") == "e" + "\u0301" * 3 + "x"


def test_what_stands_between_backticks_is_code(browser: Browser, page: Page) -> None:
    browser.open(page([call(1)]).as_uri())
    parts = browser.run(
        "return llmcost.quoted(arguments[0]).map((part) => part.outerHTML ?? part)", "ask `llmcost <x>` or ` that"
    )
    assert parts == ["ask ", "<code>llmcost &lt;x&gt;</code>", " or ` that"]


def test_with_one_feature_the_tree_shows_prompts_and_models(browser: Browser, page: Page) -> None:
    browser.open(page(gapped()).as_uri())
    labels = browser.run("return document.getElementById('tree-plot').data[0].labels")
    assert set(labels) == {"p0", "p1", "p2", "claude-haiku-4-5", "claude-sonnet-4-6"}


def test_a_single_bar_is_said_and_not_drawn(browser: Browser, page: Page) -> None:
    browser.open(page([call(n, feature="only", prompt_id="one") for n in range(3)]).as_uri())
    drawn = browser.charts()
    assert not any(drawn[name] for name in ("trend", "tree", "pareto", "days", "cache")), drawn
    assert browser.run(_TITLE, "pareto") == "One prompt makes up the whole cost: one"


def test_days_in_filters_are_iso(browser: Browser, page: Page) -> None:
    browser.open(page(gapped()).as_uri())
    browser.run(
        "const input = document.getElementById('filter-since'); input.value = arguments[0];"
        "input.dispatchEvent(new Event('change'))", "2026-06-01"
    )  # fmt: skip
    assert browser.card("Requests") == 8
    assert browser.run("return document.getElementById('filter-until').placeholder") == "2026-06-08"
    browser.run(
        "const input = document.getElementById('filter-since'); input.value = arguments[0];"
        "input.dispatchEvent(new Event('change'))", "2026-02-30"
    )  # fmt: skip
    assert not browser.run("return document.getElementById('filter-since').validity.valid")
    assert browser.card("Requests") == 8


def test_a_negative_axis_has_its_sign_before_the_dollar(browser: Browser, page: Page) -> None:
    rows: list[Row | str] = [
        call(n, feature=f"f{n % 3}", prompt_id="p", input_tokens=200_000 if n % 3 else 20_000,
             model="claude-haiku-4-5" if n % 3 else "gpt-4o-mini", task_type="classification", complexity=0.1)
        for n in range(30)
    ]  # fmt: skip
    browser.open(page(rows, "simulate", "--what-if", "model-swap:target=claude-sonnet-4-6").as_uri())
    ticks = browser.run("return [...document.querySelectorAll('#savings .xtick text')].map((text) => text.textContent)")
    assert any(tick.startswith("−$") for tick in ticks), ticks
    shown = browser.run("return document.body.innerText")
    assert not re.search(r"\$[-−]", shown)
    assert browser.run("return document.querySelector(\"[data-name='Saved']\").firstChild.textContent").startswith("−$")


def test_on_paper_headings_stay_with_what_follows_and_tables_are_whole(paper: Browser, page: Page) -> None:
    paper.open(page(busy()).as_uri())
    paper.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 688, "height": 1017, "deviceScaleFactor": 1, "mobile": False}
    )
    paper.run("dispatchEvent(new Event('beforeprint'))")
    found = paper.run(
        """
        const all = (selector) => [...document.querySelectorAll(selector)];
        return {
          headings: all('section > h2').filter((heading) => getComputedStyle(heading).breakAfter !== 'avoid').length,
          cut: all('.scroll').filter((scroll) => scroll.scrollHeight > scroll.clientHeight + 1).length,
          closed: all('details.long').filter((details) => !details.open).length,
          wide: document.documentElement.scrollWidth,
          heights: all('figure').map((figure) => [figure.id, figure.getBoundingClientRect().height]),
        };
        """
    )
    assert (found["headings"], found["cut"], found["closed"]) == (0, 0, 0)
    assert found["wide"] <= 688
    assert {name: height for name, height in found["heights"] if height > 1017 / 2} == {}


def test_on_paper_a_sentence_without_a_chart_leaves_room_for_the_next_page(paper: Browser, page: Page) -> None:
    """A heading that holds on to what follows would take a figure that is only a sentence to the page after."""
    paper.open(page([call(1)]).as_uri())
    breaks = paper.run(
        "dispatchEvent(new Event('beforeprint'));"
        "return [...document.querySelectorAll('figure')].filter((figure) => figure.querySelector('.plot').hidden)"
        ".flatMap((figure) => [...figure.querySelectorAll('figcaption, h3')])"
        ".map((part) => getComputedStyle(part).breakAfter)"
    )
    assert breaks
    assert set(breaks) == {"auto"}


def test_on_paper_the_flow_of_requests_is_drawn_at_once(paper: Browser, page: Page) -> None:
    rows: list[Row | str] = [
        call(n, model="claude-opus-4-7", task_type="classification", complexity=0.1) for n in range(9)
    ]
    paper.open(page(rows, "simulate", "--what-if", "routing").as_uri())
    seen = paper.run(
        "dispatchEvent(new Event('beforeprint'));"
        "return [...document.querySelectorAll('#flow .sankey-link')].map((link) => getComputedStyle(link).opacity)"
    )
    assert seen
    assert set(seen) == {"1"}


def test_what_has_no_name_of_its_own_is_drawn_once(browser: Browser, page: Page) -> None:
    """More features and prompts than the page's tables name: they have a row of others, and so has the chart."""
    rows: list[Row | str] = [
        call(n, ts=f"2026-11-{1 + n % 3:02}T10:00:00Z", feature=f"feature {n}", prompt_id=f"prompt {n}",
             input_tokens=100_000 + 1000 * n) for n in range(260)
    ]  # fmt: skip
    browser.open(page(rows).as_uri())
    total = browser.card("Cost")
    bars = browser.run(
        "return document.getElementById('days-plot').data.filter((trace) => trace.type === 'bar')"
        ".map((trace) => [trace.name, trace.y.reduce((sum, usd) => sum + usd, 0)])"
    )
    assert [name for name, _ in bars].count("(others)") == 1
    assert sum(usd for _, usd in bars) == pytest.approx(total)
    prompts = browser.run("return document.getElementById('pareto-plot').data[0].x")
    assert sum(prompts) == pytest.approx(total)


def test_a_cache_that_nobody_uses_is_said_and_not_drawn(browser: Browser, page: Page) -> None:
    browser.open(page([call(n, prompt_id=f"prompt {n}") for n in range(3)]).as_uri())
    assert not browser.charts()["cache"]
    assert browser.run("return document.querySelector('#cache figcaption p').hidden")


def test_unusual_days_are_those_of_the_audit(browser: Browser, page: Page) -> None:
    rows: list[Row | str] = [
        call(n, ts=f"2026-11-{1 + n // 10:02}T10:{n % 10:02}:00Z", feature=["search", "chat"][n % 2],
             input_tokens=1000 if n < 150 else 5000) for n in range(280)
    ]  # fmt: skip
    made = page(rows)
    done = llmcost("audit", "--format", "json", cwd=made.parent)
    [finding] = [one for one in json.loads(done.stdout)["findings"] if one["finding"] == "days-out-of-line"]
    browser.open(made.as_uri())
    for chart in ("trend", "days"):
        marked = browser.run(
            f"return document.getElementById('{chart}-plot').data.find((trace) => trace.name === 'unusual day')"
        )
        assert marked["x"] == ["2026-11-16"]
        assert [subject["subject"] for subject in finding["subjects"]] == ["since 2026-11-16"]
        assert marked["text"][0].startswith("since 2026-11-16: a step up to")
    browser.run("llmcost.filter.features = ['chat']")
    assert browser.run("return llmcost.unusual()") == []


def test_break_even_says_one_number_and_its_caveats_are_shorter_than_its_chart(phone: Browser, page: Page) -> None:
    rows: list[Row | str] = [call(n, ts=f"2026-11-{1 + n // 24:02}T{n % 24:02}:00:00Z") for n in range(48)]
    phone.open(page(rows, "break-even", "--volumes", "1M,300M", "--instance", "g6e.xlarge", "--quantization",
                    "none").as_uri())  # fmt: skip
    lead = phone.run("return document.querySelector('.lead').textContent")
    assert phone.run(_TITLE, "volumes") == lead
    marked = phone.run("return document.getElementById('volumes-plot').layout.annotations.map((mark) => mark.text)")
    assert all(mark.split(": ")[1] in lead for mark in marked)
    chart, caveats = phone.run(
        "return [document.getElementById('volumes'), document.querySelector('#end section')]"
        ".map((part) => part.getBoundingClientRect().height)"
    )
    assert caveats < chart
