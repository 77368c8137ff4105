"""How many cells the requests of two periods make, and that it does not matter how many of them are split at a time."""

from math import fsum

import pytest
from hypothesis import given

from llmcost.explain import traffic as added
from llmcost.explain.explanation import Explanation
from tests.explain.test_laws import KEYS, TRAFFIC, few
from tests.explain.traffic import Row, explained, request, traffic


def found_with(rows_at_once: int, earlier: list[Row], later: list[Row], keys: list[str]) -> Explanation:
    with pytest.MonkeyPatch.context() as patched, traffic(earlier, later) as opened:
        patched.setattr(added, "_ROWS_AT_ONCE", rows_at_once)
        return explained(opened, *keys)


@given(TRAFFIC, TRAFFIC, KEYS)
@few
def test_cells_split_one_prompt_at_a_time_add_up_to_the_same(
    earlier: list[Row], later: list[Row], keys: list[str]
) -> None:
    apart, together = (found_with(rows, earlier, later, keys) for rows in (1, 1_000_000))
    assert apart.split.parts == pytest.approx(dict(together.split.parts), abs=1e-12)
    for one, other in zip(apart.contributors, together.contributors, strict=True):
        assert (one.by, one.value) == (other.by, other.value)
        assert one.split.parts == pytest.approx(dict(other.split.parts), abs=1e-12)


def test_what_one_period_asked_alone_is_one_cell_of_each_model_and_day() -> None:
    """A feature, a prompt, a user and a session of each request would each be a cell, and have once been."""
    named = [
        request(day=0, feature=f"f{number}", prompt_id=f"p{number}", user_id=f"u{number}", session_id=f"s{number}")
        for number in range(600)
    ]
    with traffic(named[:300], named[300:]) as opened:
        found = explained(opened, "feature", "user", top=1)
        assert opened.value("select count(*) from cells") <= 2 + 2 * 2 * 2, "both periods, with and without one of each"
        assert opened.value("select count(*) from games") <= 2 * (1 + 2)
    assert found.split.parts["new"] == pytest.approx(found.later.cost_usd)
    assert found.split.parts["disappeared"] == pytest.approx(-found.earlier.cost_usd)
    assert len(found.contributors) == 2


def test_prompts_that_last_are_compared_with_themselves_however_many() -> None:
    """Every second prompt has longer answers; what is asked once only is new and ended, and each name counts."""
    lasting = [request(day=0, feature=f"f{number}", prompt_id=f"p{number}") for number in range(200)]
    longer = [row | {"output_tokens": 100 + 100 * (number % 2)} for number, row in enumerate(lasting)]
    once = [request(day=0, feature=f"once{number}") for number in range(100)]
    found = found_with(16, lasting + once[:40], longer + once[40:], ["feature"])
    each = found.earlier.cost_usd / 240
    assert found.split.parts["output_tokens"] == pytest.approx(found.later.cost_usd - 260 * each)
    assert found.split.parts["new"] == pytest.approx(60 * each)
    assert found.split.parts["disappeared"] == pytest.approx(-40 * each)
    assert fsum(found.split.parts.values()) == pytest.approx(found.change_usd)
