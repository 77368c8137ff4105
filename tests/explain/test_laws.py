"""What holds of the split of any two traffics by any key."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import fsum, isclose
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcost.engine.store import Store
from llmcost.explain.explanation import Explanation
from llmcost.explain.split import PARTS, Split
from llmcost.reports import spend
from llmcost.reports.filters import Filters
from llmcost.reports.scope import Scope, scope
from tests.explain.traffic import MODELS, Row, explained, moved, request, traffic

NAMES = st.sampled_from([None, "a", "b"])
TOKENS = st.integers(0, 2000)
REQUESTS = st.builds(
    request,
    day=st.integers(0, 19),
    feature=NAMES,
    prompt_id=st.sampled_from([None, "p", "q", "r"]),
    model=st.sampled_from(MODELS),
    user_id=NAMES,
    project=NAMES,
    tags=st.sampled_from([None, {"team": "x"}, {"team": "y", "env": "z"}]),
    input_tokens=TOKENS,
    cache_read_tokens=TOKENS,
    cache_write_5m_tokens=TOKENS,
    cache_write_1h_tokens=TOKENS,
    output_tokens=TOKENS,
    web_searches=st.integers(0, 2),
    service_tier=st.sampled_from(["standard", "batch"]),
)
TRAFFIC = st.lists(REQUESTS, min_size=1, max_size=25)
KEYS = st.lists(
    st.sampled_from(["feature", "prompt", "model", "user", "project", "tag:team", "provider", "status"]),
    min_size=1, max_size=4, unique=True,
)  # fmt: skip
few = settings(max_examples=8)


def every(found: Explanation) -> list[tuple[float, Split]]:
    return [(found.change_usd, found.split), *((one.change_usd, one.split) for one in found.contributors)]


@given(TRAFFIC, TRAFFIC, KEYS)
@few
def test_parts_add_up_to_the_change(earlier: list[Row], later: list[Row], keys: list[str]) -> None:
    with traffic(earlier, later) as opened:
        for found in (explained(opened, *keys), explained(opened, *keys, per_day=True)):
            for change, split in every(found):
                assert tuple(split.parts) == PARTS
                assert abs(fsum(split.parts.values()) - change) < 1e-9
                assert abs(fsum(split.mix.values()) - split.parts["mix"]) < 1e-9


@given(TRAFFIC, TRAFFIC, KEYS)
@few
def test_there_and_back_is_nothing(earlier: list[Row], later: list[Row], keys: list[str]) -> None:
    with traffic(earlier, later) as opened:
        there, back = explained(opened, *keys), explained(opened, *keys, back=True)
    opposite = dict.fromkeys(PARTS, "") | {name: name for name in PARTS} | {"new": "disappeared", "disappeared": "new"}
    assert back.change_usd == pytest.approx(-there.change_usd, abs=1e-12)
    returned = {(one.by, one.value): one.split for one in back.contributors}
    pairs = [(there.split, back.split), *((one.split, returned[one.by, one.value]) for one in there.contributors)]
    for one, other in pairs:
        for name in PARTS:
            assert other.parts[opposite[name]] == pytest.approx(-one.parts[name], abs=1e-9)


@given(TRAFFIC, TRAFFIC, KEYS)
@few
def test_contributors_add_up_and_totals_are_those_of_the_report(
    earlier: list[Row], later: list[Row], keys: list[str]
) -> None:
    with traffic(earlier, later) as opened:
        found = explained(opened, *keys)
        reported = [
            spend.spend(opened, (), scope(opened, since, until))[0]
            for since, until in (("2026-09-01", "2026-09-20"), ("2026-10-01", "2026-10-20"))
        ]
    for total, row in zip((found.earlier, found.later), reported, strict=True):
        assert (total.requests, total.unpriced_requests) == (row["requests"], row["unpriced_requests"])
        assert total.cost_usd == pytest.approx(row["cost_usd"] or 0, abs=1e-12)
    for key in keys:
        own = [one for one in found.contributors if one.by == key]
        if own:  # none where no request has a value of the key
            assert fsum(one.change_usd for one in own) == pytest.approx(found.change_usd, abs=1e-9)


@given(TRAFFIC, TRAFFIC)
@few
def test_a_contributor_is_the_explanation_of_its_requests(earlier: list[Row], later: list[Row]) -> None:
    with traffic(earlier, later) as opened:
        whole = explained(opened, "feature", "model")
        for one in whole.contributors:
            named = (str(one.value),)
            only = Filters(features=named) if one.by == "feature" else Filters(models=named)
            alone = explained(opened, "feature", covered=Scope(filters=only))
            assert alone.change_usd == pytest.approx(one.change_usd, abs=1e-12)
            assert alone.split.parts == pytest.approx(dict(one.split.parts), abs=1e-12)


@contextmanager
def dearer(opened: Store, times: float) -> Iterator[None]:
    """All prices so many times as high from a day between the periods on, while the block runs."""
    dollars = ", ".join(
        f"{times} * {row['name']} as {row['name']}"
        for row in opened.rows("select name from pragma_table_info('prices')")
        if row["name"].endswith(("_mtok", "_search_usd", "_request_usd"))
    )
    opened.execute("begin")
    try:
        later = "valid_to is null or valid_to > date '2026-09-25'"
        opened.execute(f"create temp table dearer as select * from prices where {later}")
        opened.execute("delete from prices where valid_from >= date '2026-09-25'")
        opened.execute(f"update prices set valid_to = date '2026-09-25' where {later}")
        since = "greatest(valid_from, date '2026-09-25') as valid_from"
        opened.execute(f"insert into prices select * replace ({since}, {dollars}) from dearer")
        yield
    finally:
        opened.execute("rollback")


def scaled(row: Row, times: int, *names: str) -> Row:
    return row | {name: row[name] * times for name in names}


PROMPT = ("input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens")


@given(TRAFFIC, st.integers(2, 4))
@few
def test_only_volume(earlier: list[Row], times: int) -> None:
    assert _moved(earlier, earlier * times) <= {"requests"}


@given(TRAFFIC, st.integers(2, 4))
@few
def test_only_prompts_longer(earlier: list[Row], times: int) -> None:
    assert _moved(earlier, [scaled(row, times, *PROMPT) for row in earlier]) <= {"input_tokens"}


@given(TRAFFIC, st.integers(2, 4))
@few
def test_only_answers_longer(earlier: list[Row], times: int) -> None:
    assert _moved(earlier, [scaled(row, times, "output_tokens") for row in earlier]) <= {"output_tokens"}


@given(TRAFFIC, st.integers(0, 100), st.sampled_from(["standard", "batch"]))
@few
def test_only_the_cache(requests: list[Row], percent: int, tier: str) -> None:
    """Within one tier: where tiers cache differently, a cell's cache and its tiers move together."""
    earlier = [row | {"service_tier": tier} for row in requests]

    def cached(row: Row) -> Row:
        read = row["input_tokens"] * percent // 100
        return row | {
            "input_tokens": row["input_tokens"] - read, "cache_read_tokens": row["cache_read_tokens"] + read
        }  # fmt: skip

    assert _moved(earlier, [cached(row) for row in earlier]) <= {"cache"}


@given(TRAFFIC, st.sampled_from(["standard", "batch"]))
@few
def test_only_the_life_of_the_cache(requests: list[Row], tier: str) -> None:
    earlier = [row | {"service_tier": tier} for row in requests]

    def longer(row: Row) -> Row:
        both = row["cache_write_5m_tokens"] + row["cache_write_1h_tokens"]
        return row | {"cache_write_5m_tokens": 0, "cache_write_1h_tokens": both}

    assert _moved(earlier, [longer(row) for row in earlier]) <= {"cache"}


@given(TRAFFIC, st.data())
@few
def test_only_the_tier(requests: list[Row], data: Any) -> None:
    """With one life of what is written to the cache: the price table has one sum for both."""
    earlier = [row | {"cache_write_1h_tokens": 0} for row in requests]
    tiers = data.draw(st.lists(st.sampled_from(["standard", "batch"]), min_size=len(earlier), max_size=len(earlier)))
    later = [row | {"service_tier": tier} for row, tier in zip(earlier, tiers, strict=True)]
    assert _moved(earlier, later) <= {"tier"}


@given(TRAFFIC, st.integers(1, 5))
@few
def test_only_fees(earlier: list[Row], searches: int) -> None:
    assert _moved(earlier, [row | {"web_searches": row["web_searches"] + searches} for row in earlier]) == {"fees"}


@given(st.lists(REQUESTS, min_size=2, max_size=6), st.data())
@few
def test_only_the_mix(kinds: list[Row], data: Any) -> None:
    """Every kind of request is one cell, asked in both periods; in all there are as many requests."""
    cells = [row | {"feature": f"f{at % 2}", "prompt_id": f"p{at % 3}"} for at, row in enumerate(kinds)]
    cells = list({(row["feature"], row["prompt_id"], row["model"]): row for row in cells}.values())
    counts = data.draw(st.lists(st.integers(1, 6), min_size=len(cells), max_size=len(cells)))
    other = data.draw(st.permutations(counts))
    earlier, later = (
        [row for row, count in zip(cells, given, strict=True) for _ in range(count)] for given in (counts, other)
    )
    assert _moved(earlier, later) <= {"mix"}


@given(REQUESTS, st.integers(2, 9), st.data())
@few
def test_only_a_new_model(row: Row, count: int, data: Any) -> None:
    """Some or all of it goes to a model that nobody asked before: as much is asked, so no other part moves."""
    moves = data.draw(st.integers(1, count))
    first, other = data.draw(st.permutations(MODELS))[:2]
    earlier = [row | {"model": first}] * count
    later = [row | {"model": other}] * moves + earlier[moves:]
    with traffic(later, earlier) as opened:
        assert moved(explained(opened, "model")) <= {"mix"}
    with traffic(earlier, later) as opened:
        found = explained(opened, "model")
    assert moved(found) <= {"mix"}
    assert [(one["model"], one["requests"]) for one in found.models if one["is_new"]] == [(other, moves)]
    assert [one["model"] for one in found.models if not one["is_new"]] == ([first] if moves == count else [])


@given(TRAFFIC, st.sampled_from([0.5, 1.7, 3.0]))
@few
def test_only_prices(earlier: list[Row], times: float) -> None:
    with traffic(earlier, earlier) as opened, dearer(opened, times):
        found = explained(opened, "feature", "model")
    assert moved(found) <= {"price"}
    assert found.later.cost_usd == pytest.approx(found.earlier.cost_usd * times)
    for one in found.contributors:
        assert one.split.parts["price"] == pytest.approx(one.change_usd, abs=1e-9)


@given(TRAFFIC, TRAFFIC)
@few
def test_only_a_new_feature(both: list[Row], more: list[Row]) -> None:
    added = [row | {"feature": "born"} for row in more]
    assert _moved(both, both + added) <= {"new"}
    assert _moved(both + added, both) <= {"disappeared"}


def _moved(earlier: list[Row], later: list[Row]) -> set[str]:
    """The parts that are not nothing; contributors hold to the same."""
    with traffic(earlier, later) as opened:
        found = explained(opened, "model", "user")
    for one in found.contributors:
        size = max(one.earlier["cost_usd"], one.later["cost_usd"], 1e-9)
        own = {name for name, usd in one.split.parts.items() if abs(usd) > 1e-12 * size}
        assert own <= moved(found) | {"requests"} or isclose(one.change_usd, 0, abs_tol=1e-12)
    return moved(found)
