"""Which requests a report covers: moments, time zones, days, and stretches before the newest request."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from llmcost.engine import store
from llmcost.engine.store import Store
from llmcost.errors import UsageError
from llmcost.reports.scope import scope
from llmcost.reports.spend import spend
from tests.what_ifs.traffic import fill

NEWEST = datetime(2026, 11, 2, 12)


def micros(moment: str) -> int:
    return int(datetime.fromisoformat(f"{moment}+00:00").timestamp() * 1e6)


@pytest.fixture(scope="module")
def opened() -> Iterator[Store]:
    """One request at each of some moments, of one without any time."""
    with store.in_memory() as made:
        moments = ["2026-10-30T00:00:00", "2026-10-31T23:59:59", "2026-11-01T00:00:00", "2026-11-01T09:30:00",
                   "2026-11-02T00:00:00", "2026-11-02T11:00:00", "2026-11-02T12:00:00"]  # fmt: skip
        rows = [{"model": "m", "ts": micros(moment), "input_tokens": 1, "output_tokens": 1} for moment in moments]
        fill(made, [*rows, {"model": "m", "ts": None, "input_tokens": 1, "output_tokens": 1}])
        yield made


def covered(opened: Store, since: str | None = None, until: str | None = None) -> int:
    [total] = spend(opened, (), scope(opened, since, until))
    return int(total["requests"])


@pytest.mark.parametrize(
    ("since", "until", "requests"),
    [
        (None, None, 8),  # the one without a time only where no end is given
        ("2026-10-30", None, 7),
        ("2026-11-01", None, 5),
        ("2026-11-01T00:00:00", None, 5),
        ("2026-11-01T00:00:01", None, 4),
        ("2026-11-01T11:30:00+02:00", None, 4),  # 09:30 UTC
        ("2026-11-01T11:30:01+02:00", None, 3),
        ("2026-11-01T04:00:00-05:30", None, 4),
        ("2026-11-01T09:30:00Z", None, 4),
        (None, "2026-10-31", 2),  # a date covers its day
        (None, "2026-11-01", 4),
        (None, "2026-11-01T00:00:00", 2),  # a moment is not covered itself
        (None, "2026-11-01T11:30:00+02:00", 3),
        (None, "2026-11-01T11:30:01+02:00", 4),
        ("2026-11-01", "2026-11-01", 2),
        ("1h", None, 2),
        ("12h", None, 3),
        ("1d", None, 3),
        ("2d", None, 6),
        ("1w", None, 7),
        ("1m", None, 7),
        (None, "1h", 5),
        (None, "1d", 4),
    ],
)
def test_moments(opened: Store, since: str | None, until: str | None, requests: int) -> None:
    assert covered(opened, since, until) == requests


@pytest.mark.parametrize(
    ("words", "hours"), [("1h", 1), ("36h", 36), ("1d", 24), ("1w", 168), ("2w", 336), ("1m", 720)]
)
def test_a_stretch_is_counted_back_from_the_newest_request(opened: Store, words: str, hours: int) -> None:
    found = scope(opened, since=words).since
    assert found is not None
    assert (NEWEST - found).total_seconds() == hours * 3600


@pytest.mark.parametrize(
    ("since", "until"), [("2026-11-02", "2026-11-01"), ("2026-11-01T00:00", "2026-11-01T00:00"), ("1h", "2h")]
)
def test_an_empty_stretch_is_refused(opened: Store, since: str, until: str) -> None:
    with pytest.raises(UsageError, match="is not before"):
        scope(opened, since, until)


@pytest.mark.parametrize("words", ["monday", "1y", "d", "2026-13-01", "2026-11-01T25:00", ""])
def test_what_is_no_time_is_refused(opened: Store, words: str) -> None:
    with pytest.raises(UsageError, match="is not a time"):
        scope(opened, since=words)


def test_a_stretch_beyond_all_calendars_is_refused(opened: Store) -> None:
    for words in ("99999999999d", "9999999d"):
        with pytest.raises(UsageError, match="is before all calendars"):
            scope(opened, since=words)


def test_without_requests_a_stretch_has_no_beginning() -> None:
    with store.in_memory() as empty:
        assert scope(empty, since="7d").since is None
