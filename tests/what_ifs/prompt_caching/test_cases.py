"""prompt-caching against cases worked out by hand from the text of the rules; `casefile.py` says how to read them."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from llmcost.engine import store
from tests.what_ifs.calls import Buckets
from tests.what_ifs.prompt_caching import naive
from tests.what_ifs.prompt_caching.casefile import Case, cases, given
from tests.what_ifs.prompt_caching.replay import replayed

READ = [(file, case, settings) for file, case in cases() for settings in case.settings]


def each(chosen: Callable[[Case, str], bool]) -> pytest.MarkDecorator:
    found = [
        pytest.param(case, settings, id=f"{file}: {case.rule} | {settings}")
        for file, case, settings in READ
        if chosen(case, settings)
    ]
    return pytest.mark.parametrize(("case", "settings"), found)


Replay = Callable[[str], dict[str, dict[str, Buckets]]]


@pytest.fixture(scope="module")
def together(opened: store.Store) -> Replay:
    """Replays all cases with the same parameters at once, by rule: what providers cache is apart by provider."""

    @cache
    def replay(settings: str) -> dict[str, dict[str, Buckets]]:
        asked = [case for _, case, replayed_with in READ if replayed_with == settings]
        calls = [
            replace(call, name=f"{number} {call.name}", provider=f"{call.provider} {number}")
            for number, case in enumerate(asked)
            for call in case.calls
        ]
        found: dict[str, dict[str, Buckets]] = {case.rule: {} for case in asked}
        for name, buckets in replayed(opened, calls, **given(settings)).items():
            number, call = name.split()
            found[asked[int(number)].rule][call] = buckets
        return found

    return replay


@each(lambda case, settings: True)
def test_a_case(together: Replay, case: Case, settings: str) -> None:
    assert together(settings)[case.rule] == case.expected(settings), case.source


@each(lambda case, settings: naive.knows(case.calls, given(settings)))
def test_the_naive_replay_says_the_same(opened: store.Store, case: Case, settings: str) -> None:
    assert naive.replayed(opened, case.calls, **given(settings)) == case.expected(settings), case.source


def test_every_case_has_a_rule_of_its_own() -> None:
    rules = [case.rule for _, case in cases()]
    assert sorted(set(rules)) == sorted(rules)
