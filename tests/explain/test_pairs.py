"""The changes that a page lets its reader choose from are those that `llmcost explain` finds for the same periods."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from llmcost.engine.store import Store
from llmcost.explain import movers, pair_contributors, pairs, words
from llmcost.explain.contributor import Contributor, usual_keys
from llmcost.explain.explanation import explain
from llmcost.reports import once
from llmcost.reports.filters import Filters
from llmcost.reports.scope import Scope, scope
from tests.explain.test_laws import dearer
from tests.explain.traffic import MODELS, Row, request, traffic

_SPARSE = "has requests on"


@contextmanager
def invented() -> Iterator[Store]:
    """Two months of requests in which features, prompts, models and tiers come and go."""
    dice = random.Random(18)

    def rows(number: int, prompts: str, models: int) -> list[Row]:
        return [
            request(
                day=dice.randrange(20), feature=dice.choice(["a", "b", None]), prompt_id=dice.choice([*prompts, None]),
                model=dice.choice(MODELS[:models]), service_tier=dice.choice(["standard", "batch"]),
                input_tokens=dice.randrange(5000), cache_read_tokens=dice.randrange(3000),
                output_tokens=dice.randrange(500), web_searches=dice.randrange(2),
                user_id=dice.choice(["u", "v", "w", None]), session_id=f"s{dice.randrange(40)}",
                tags=dice.choice([None, {"team": "x"}, {"team": "y"}]),
            )
            for _ in range(number)
        ]  # fmt: skip

    with traffic(rows(80, "pqr", 2), rows(120, "qrst", 3)) as opened:
        yield opened


def compared(opened: Store, covered: Scope) -> list[pairs.Compared]:
    """The changes, of requests laid down as for a page."""
    with once.laid_down(opened, covered, pairs.questions(), usual_keys(opened, covered)) as columns:
        return pairs.compared(opened, covered, columns)


def check(opened: Store, covered: Scope) -> list[pairs.Compared]:
    """The usual pair, and every seventh, is what the command would find."""
    found = compared(opened, covered)
    for one in found[::7]:
        change = one.change
        alone = explain(opened, covered, change.earlier.period.words, change.later.period.words, top=5)
        assert (alone.earlier, alone.later) == (change.earlier, change.later)
        assert change.change_usd == pytest.approx(alone.change_usd, abs=1e-9)
        assert change.split.parts == pytest.approx(alone.split.parts, abs=1e-9)
        assert words.headline(change) == words.headline(alone)
        assert [note for note in one.notes if _SPARSE in note] == [note for note in alone.notes if _SPARSE in note]
        check_contributors(one.contributors, [who for who in alone.contributors if who.change_usd])
    return found


def check_contributors(found: Sequence[Contributor], alone: Sequence[Contributor]) -> None:
    """Each has the numbers, the split and the example that the command gives it."""
    assert [(one.by, one.value, one.label, one.example_request_id) for one in found] == [
        (one.by, one.value, one.label, one.example_request_id) for one in alone
    ]
    for one, same in zip(found, alone, strict=True):
        assert one.earlier == pytest.approx(same.earlier, abs=1e-9)
        assert one.later == pytest.approx(same.later, abs=1e-9)
        assert one.change_usd == pytest.approx(same.change_usd, abs=1e-9)
        assert one.split.parts == pytest.approx(same.split.parts, abs=1e-9)


def test_every_pair_is_as_the_command_has_it() -> None:
    with invented() as opened:
        found = check(opened, Scope())
        usual = explain(opened, Scope(), None, None, ["feature"])
    assert found[0].change.later.period == usual.later.period
    kinds = {one.change.later.period.kind for one in found}
    assert kinds == {"month", "week"}
    weeks = {one.change.later.period.name for one in found}
    assert "week 2026-W39" not in weeks, "a week without requests"


def test_prices_that_change_between_periods_and_within_them() -> None:
    with invented() as opened, dearer(opened, 3):
        assert any(one.change.split.parts["price"] for one in check(opened, Scope()))


def test_only_what_the_page_covers_is_compared() -> None:
    with invented() as opened:
        check(opened, scope(opened, filters=Filters(features=("a",))))


def test_pairs_that_would_take_too_long_are_left_to_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    with invented() as opened:
        every = compared(opened, Scope())
        monkeypatch.setattr(pairs, "_AT_ONCE", 8)
        monkeypatch.setattr(pairs, "_MOST_CELLS", 0)
        assert 0 < len(compared(opened, Scope())) < len(every)
    monkeypatch.undo()
    monkeypatch.setattr(pairs, "_MOST_REPRICED", 0)
    with invented() as opened, dearer(opened, 3):
        left = compared(opened, Scope())
        assert 0 < len(left) < len(every)
        assert not any(one.change.split.parts["price"] for one in left)


def test_contributors_are_bounded_in_the_order_of_the_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    with invented() as opened:
        every = compared(opened, Scope())
        monkeypatch.setattr(pair_contributors, "_MOST_ROWS", 60)
        few = compared(opened, Scope())
        monkeypatch.setattr(pair_contributors, "_MOST_CELLS", 0)
        fewest = compared(opened, Scope())
    assert len(every) == len(few) == len(fewest)
    counts = [len(one.contributors) for one in few]
    assert counts[0] == len(every[0].contributors) > 0
    assert sum(counts) <= 60
    assert sorted(counts, key=bool, reverse=True) == counts
    assert 0 < sum(map(bool, (one.contributors for one in fewest))) <= 4


def test_a_single_day_has_nothing_to_compare() -> None:
    with traffic([request(day=3)], []) as opened:
        assert compared(opened, Scope()) == []
    with traffic([], []) as opened:
        assert compared(opened, Scope()) == []


def test_values_are_looked_at_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with invented() as opened:
        every = compared(opened, Scope())
        monkeypatch.setattr(movers, "_AT_ONCE", 3)
        assert [one.contributors for one in compared(opened, Scope())] == [one.contributors for one in every]


def test_of_equal_changes_the_last_by_name_come_first() -> None:
    sessions = [request(day=0, session_id=f"s{number}") for number in range(9)]
    with traffic(sessions[:1], sessions) as opened:
        found = check(opened, Scope())[0].contributors
    assert [one.value for one in found if one.by == "session"] == ["s8", "s7", "s6", "s5", "s4"]


def test_a_period_with_requests_on_few_days_says_so() -> None:
    """September has 30 days of log from its first request on: 14 of them are fewer than half, 15 are not."""
    for days, said in ((14, ["September 2026 has requests on 14 of 30 days of log"]), (15, [])):
        with traffic([request(day=day) for day in range(days)], [request(day=day) for day in range(31)]) as opened:
            found = check(opened, Scope())[0]
        assert [note for note in found.notes if _SPARSE in note] == said
