"""A few logs of the campaign, a model of each kind of cache, with the searches for the cheapest life and placement."""

from dataclasses import replace

import pytest

from llmcost.engine import store
from tests.what_ifs.calls import Call
from tests.what_ifs.prompt_caching import campaign
from tests.what_ifs.prompt_caching.naive_rules import RULES

MODELS = ("claude-opus-5", "gpt-5.6", "deepseek-chat", "kimi-k3")


def test_one_model_of_each_kind() -> None:
    assert {RULES[model].kind for model in MODELS} == {rule.kind for rule in RULES.values()}


@pytest.mark.parametrize("model", MODELS)
def test_each_kind_agrees_with_its_reference(opened: store.Store, model: str) -> None:
    assert campaign.campaign(opened, model, 9) == 9


@pytest.mark.parametrize("searched", [None, {"ttl": "auto"}, {"breakpoints": "best"}])
def test_a_wrong_answer_is_seen(
    opened: store.Store, monkeypatch: pytest.MonkeyPatch, searched: dict[str, str] | None
) -> None:
    """The reference with another minimum disagrees."""
    calls = [
        Call(f"r{at}", at, provider="anthropic", model="claude-sonnet-4-5", blocks=(("a", 2000),), system=1,
             session="s", buckets=(2000, 0, 0, 0))
        for at in (0, 60, 120)
    ]  # fmt: skip
    campaign.check(opened, [calls], {}, searched)
    monkeypatch.setitem(RULES, "claude-sonnet-4-5", replace(RULES["claude-sonnet-4-5"], least=3000))
    with pytest.raises(campaign.DisagreementError) as found:
        campaign.check(opened, [[], calls], {}, searched)
    assert [len(log) for log in found.value.several] in ([1], [2]), "of three calls"
