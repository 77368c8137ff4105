"""Time zones: what clocks show, against Python's own table of zones, and around every change of them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from llmcost.engine import store, zones
from llmcost.engine.store import Store
from llmcost.errors import UsageError
from tests.what_ifs.traffic import fill

ZONES = [
    "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Atlantic/Azores", "America/Havana",
]  # fmt: skip
DAYS = [datetime(2024, 1, 1), datetime(2026, 11, 2)]


@pytest.fixture(params=ZONES)
def opened(request: pytest.FixtureRequest) -> Iterator[Store]:
    with store.in_memory() as made:
        fill(made, [asked(day) for day in DAYS])
        made.use_zone(request.param)
        yield made


def asked(moment: datetime) -> dict[str, object]:
    since_1970 = (moment - datetime(1970, 1, 1)) // timedelta(microseconds=1)
    return {"model": "m", "ts": since_1970, "input_tokens": 1, "output_tokens": 1}


def shown(moment: datetime, zone: str) -> datetime:
    """By Python's table."""
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def moments() -> list[datetime]:
    """Every seven and a half minutes of the days around the changes of 2025, and one in each month."""
    rough = [datetime(2025, month, day) for month, day in ((3, 7), (3, 28), (4, 4), (10, 3), (10, 24), (10, 31))]
    near = [start + timedelta(minutes=7.5 * step) for start in rough for step in range(4 * 192)]
    return [*near, *(datetime(2025, month, 15, 12, 34, 56) for month in range(1, 13))]


def test_queries_and_python_see_the_same_clock(opened: Store) -> None:
    rows = opened.rows("select ts, local_time(ts) as shown from (select unnest($moments::timestamp[]) as ts)",
                       {"moments": [str(moment) for moment in moments()]})  # fmt: skip
    assert len(rows) == len(moments())
    for row in rows:
        expected = shown(row["ts"], opened.zone.name)
        assert row["shown"] == expected
        assert opened.zone.local(row["ts"]) == expected


def test_a_time_shown_is_found_again(opened: Store) -> None:
    """Its first and its last moment: the same, unless the clock showed it twice."""
    for moment in moments():
        clock = opened.zone.local(moment)
        first, last = opened.zone.utc(clock), opened.zone.utc_last(clock)
        assert first <= moment <= last
        assert (opened.zone.local(first), opened.zone.local(last)) == (clock, clock)


def test_a_time_that_is_skipped_is_the_moment_of_the_change() -> None:
    with store.in_memory() as made:
        made.use_zone("Europe/Berlin")
        fill(made, [asked(DAYS[1])])
        made.use_zone("europe/berlin")
        assert made.zone.name == "Europe/Berlin"
        assert made.zone.utc(datetime(2026, 3, 29, 2, 30)) == datetime(2026, 3, 29, 1)
        assert made.zone.utc(datetime(2026, 3, 29)) == datetime(2026, 3, 28, 23)
        assert made.zone.utc(datetime(2026, 10, 25, 2, 30)) == datetime(2026, 10, 25, 0, 30)
        assert made.zone.utc_last(datetime(2026, 10, 25, 2, 30)) == datetime(2026, 10, 25, 1, 30)


def test_utc_changes_nothing() -> None:
    moment = datetime(2026, 3, 29, 2, 30)
    assert zones.UTC.local(moment) == zones.UTC.utc(moment) == zones.UTC.utc_last(moment) == moment


def test_an_unknown_zone_suggests_one() -> None:
    with store.in_memory() as made, pytest.raises(UsageError, match="Europe/Berlyn is not a time zone") as refused:
        made.use_zone("Europe/Berlyn")
    assert "Europe/Berlin" in str(refused.value.hint)


def test_times_from_wrong_clocks_do_not_matter() -> None:
    with store.in_memory() as made:
        wrong = [datetime(1970, 1, 1), datetime(2025, 7, 1, 23), datetime(9000, 1, 1)]
        fill(made, [asked(day) for day in wrong])
        made.use_zone("Europe/Berlin")
        assert made.zone.local(wrong[1]) == datetime(2025, 7, 2, 1)
