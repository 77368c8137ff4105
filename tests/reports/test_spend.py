"""Spend by each word of --by, at the ends of its days, weeks and months; sorted, cut off, and of nothing."""

from collections.abc import Iterator

import pytest

from llmcost.engine import store
from llmcost.engine.store import Store
from llmcost.errors import UsageError
from llmcost.prices import book
from llmcost.reports import spend
from llmcost.reports.scope import Scope
from tests.reports.test_scope import micros
from tests.what_ifs.traffic import Row, fill

HAIKU = "claude-haiku-4-5"
USD = 1e-6


@pytest.fixture
def opened() -> Iterator[Store]:
    with store.in_memory() as made:
        book.learn(made, [(None, HAIKU)])
        yield made


def row(tokens: int = 1000, **fields: object) -> Row:
    base: Row = {"ts": micros("2026-11-02T10:00:00"), "model": HAIKU, "input_tokens": tokens, "output_tokens": 0}
    return base | fields


def keys(opened: Store, rows: list[Row], *dimensions: str) -> list[object]:
    fill(opened, rows)
    found = spend.by(opened, dimensions, Scope()).rows
    return [line[dimensions[0]] if len(dimensions) == 1 else tuple(line[name] for name in dimensions) for line in found]


@pytest.mark.parametrize(
    ("moment", "hour", "day", "week", "month"),
    [
        ("2027-01-01T00:00:00", "2027-01-01 00:00", "2027-01-01", "2026-W53", "2027-01"),
        ("2026-12-31T23:59:59", "2026-12-31 23:00", "2026-12-31", "2026-W53", "2026-12"),
        ("2027-01-03T12:00:00", "2027-01-03 12:00", "2027-01-03", "2026-W53", "2027-01"),
        ("2027-01-04T00:00:00", "2027-01-04 00:00", "2027-01-04", "2027-W01", "2027-01"),
        ("2024-12-30T13:00:00", "2024-12-30 13:00", "2024-12-30", "2025-W01", "2024-12"),
        ("2026-11-01T23:00:00", "2026-11-01 23:00", "2026-11-01", "2026-W44", "2026-11"),
        ("2026-11-02T00:59:59", "2026-11-02 00:00", "2026-11-02", "2026-W45", "2026-11"),
    ],
)
def test_times_are_utc_and_weeks_are_of_iso_years(
    opened: Store, moment: str, hour: str, day: str, week: str, month: str
) -> None:
    rows = [row(ts=micros(moment))]
    assert keys(opened, rows, "hour", "day", "week", "month") == [(hour, day, week, month)]


@pytest.mark.parametrize(
    ("dimension", "column"),
    [("feature", "feature"), ("task_type", "task_type"), ("prompt", "prompt_id"), ("user", "user_id"),
     ("session", "session_id"), ("project", "project"), ("provider", "provider"), ("status", "status")],
)  # fmt: skip
def test_each_word_is_its_column(opened: Store, dimension: str, column: str) -> None:
    rows = [row(3000, **{column: "a"}), row(2000, **{column: "b"}), row(1000, **{column: "a"})]
    assert keys(opened, rows, dimension) == ["a", "b"]


def test_what_has_no_feature_is_unattributed_and_what_has_no_user_has_none(opened: Store) -> None:
    assert keys(opened, [row()], "feature", "user") == [("unattributed", None)]


def test_a_tag_is_a_dimension(opened: Store) -> None:
    fill(opened, [row(1000), row(3000), row(2000)])
    opened.execute("update requests set tags = map {'team': 'x'} where input_tokens > 1000")
    found = spend.by(opened, ["tag:team"], Scope()).rows
    assert [(line["tag:team"], line["requests"]) for line in found] == [("x", 2), (None, 1)]
    for word in ("tag:", "team"):
        with pytest.raises(UsageError, match="no such dimension"):
            spend.by(opened, [word], Scope())


def test_a_key_that_is_nearly_a_tag_suggests_it(opened: Store) -> None:
    fill(opened, [row(1000)])
    opened.execute("update requests set tags = map {'team': 'x', 'env': 'y'}")
    for word, hint in (("taem", "did you mean tag:team"), ("xxxxx", "tag:NAME; tags: env, team")):
        with pytest.raises(UsageError) as error:
            spend.check(opened, [word])
        assert hint in str(error.value.hint)


def test_rows_come_by_cost_and_times_in_their_order(opened: Store) -> None:
    days = [row(number * 1000, ts=micros(f"2026-11-0{day}T10:00:00"), feature=f"f{day}")
            for day, number in ((3, 1), (1, 2), (2, 3))]  # fmt: skip
    assert keys(opened, days, "day") == ["2026-11-01", "2026-11-02", "2026-11-03"]
    assert keys(opened, days, "feature") == ["f2", "f1", "f3"]
    named = [row(1000, feature="b"), row(1000, feature="a"), row(5000, feature="c", model="unheard-of")]
    assert keys(opened, named, "feature") == ["a", "b", "c"], "equal costs by name, what has no price last"
    for sort, order in (("feature", "abc"), ("input_tokens", "cab"), ("requests", "abc"), ("cost_usd", "abc")):
        found = spend.by(opened, ["feature"], Scope(), sort=sort).rows
        assert "".join(line["feature"] for line in found) == order, sort
    with pytest.raises(UsageError, match="no such column"):
        spend.by(opened, ["feature"], Scope(), sort="model")


@pytest.mark.parametrize(("top", "rows"), [(1, 2), (2, 3), (3, 3), (4, 3)])
def test_rows_beyond_the_top_are_added_up(opened: Store, top: int, rows: int) -> None:
    fill(opened, [row(number * 1000, feature=f"f{number}") for number in (1, 2, 3)])
    report = spend.by(opened, ["feature"], Scope(), top=top)
    assert len(report.rows) == rows
    assert sum(line["cost_usd"] for line in report.rows) == pytest.approx(report.total["cost_usd"]) == 6000 * USD
    assert sum(line["requests"] for line in report.rows) == 3
    if top < 3:
        assert report.rows[-1]["feature"] == f"({3 - top} others)"


def test_shares_are_of_what_is_known(opened: Store) -> None:
    fill(opened, [row(3000, feature="a"), row(1000, feature="b"), row(9000, feature="c", model="unheard-of")])
    found = {line["feature"]: line for line in spend.by(opened, ["feature"], Scope()).rows}
    assert (found["a"]["cost_share"], found["b"]["cost_share"], found["c"]["cost_share"]) == (0.75, 0.25, None)
    assert (found["c"]["cost_usd"], found["c"]["unpriced_requests"]) == (None, 1)


def test_a_prompts_trend_adds_up_to_its_cost_and_names_its_most_expensive_request(opened: Store) -> None:
    days = {number: micros(f"2026-11-{number:02}T00:00:00") for number in (1, 3, 13)}
    fill(opened, [row(number * 1000, prompt_id="p", ts=ts) for number, ts in days.items()])
    [line] = spend.by(opened, ["prompt"], Scope()).rows
    assert line["trend_usd"] == pytest.approx([1000 * USD, 0, 3000 * USD, *[0] * 8, 13_000 * USD])
    assert line["example_request_id"] == "r002"
    [part] = spend.by(opened, ["prompt", "model"], Scope()).rows
    assert part.keys() & {"trend_usd", "example_request_id"} == set()  # these are of the whole prompt


def test_an_empty_store_spends_nothing_that_is_known(opened: Store) -> None:
    fill(opened, [row()])
    opened.execute("delete from requests")
    report = spend.by(opened, ["feature"], Scope())
    assert (report.rows, report.total["requests"], report.total["cost_usd"]) == ([], 0, None)


@pytest.mark.parametrize(
    ("dimension", "first", "last", "expected"),
    [
        ("day", "2026-10-30", "2026-11-02", ["2026-10-30", "2026-10-31", "2026-11-01", "2026-11-02"]),
        ("week", "2026-12-20", "2027-01-05", ["2026-W51", "2026-W52", "2026-W53", "2027-W01"]),
        ("month", "2026-11-30", "2027-02-01", ["2026-11", "2026-12", "2027-01", "2027-02"]),
    ],
)
def test_times_without_spend_are_zero(
    opened: Store, dimension: str, first: str, last: str, expected: list[str]
) -> None:
    fill(opened, [row(ts=micros(f"{day}T10:00:00")) for day in (first, last)])
    found = spend.by(opened, (dimension,), Scope())
    assert [line[dimension] for line in found.rows] == expected
    assert [line["requests"] for line in found.rows] == [1, *[0] * (len(expected) - 2), 1]
    assert [line["cost_usd"] for line in found.rows[1:-1]] == [0.0] * (len(expected) - 2)
    assert found.rows[1]["cost_per_request_usd"] is None
    assert found.total["requests"] == 2


def test_a_clock_that_was_wrong_makes_no_thousand_days(opened: Store) -> None:
    assert keys(opened, [row(ts=micros("1971-01-01T10:00:00")), row()], "day") == ["1971-01-01", "2026-11-02"]


def test_what_a_request_costs_and_holds(opened: Store) -> None:
    fill(opened, [row(1000, cache_read_tokens=500, output_tokens=10), row(2000, output_tokens=30)])
    [line] = spend.by(opened, ("feature",), Scope()).rows
    assert line["cost_per_request_usd"] == pytest.approx(line["cost_usd"] / 2)
    assert (line["prompt_tokens_per_request"], line["output_tokens_per_request"]) == (1750, 20)
