"""A few logs of each vendor's campaign, with the searches for the cheapest life and placement."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcost.engine import store
from tests.what_ifs.calls import Call
from tests.what_ifs.prompt_caching import campaign, naive
from tests.what_ifs.prompt_caching.test_naive import logs, named


@pytest.mark.parametrize("model", [*naive.RULES])
def test_each_vendor_agrees_with_its_reference(opened: store.Store, model: str) -> None:
    assert campaign.campaign(opened, model, 2) == 2


@settings(max_examples=20)
@given(calls=logs(), names=st.randoms(use_true_random=False), searched=campaign.SEARCHED)
def test_the_cheapest_is_that_of_a_naive_search(
    opened: store.Store, calls: list[Call], names: object, searched: dict[str, str]
) -> None:
    campaign.check(opened, named(calls, names), {"recorded": "replay"}, searched)


def test_a_wrong_answer_is_seen(opened: store.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reference with another minimum disagrees."""
    monkeypatch.setitem(naive.RULES, "gpt-4o", naive.Rule(3000, 128, 600, False, "steps", tiers=True))
    with pytest.raises(AssertionError):
        campaign.campaign(opened, "gpt-4o", 60)
