"""Which requests a report covers: a relation, a stretch of time, and what the user names."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from llmcost.engine import registry
from llmcost.engine.compose import Relation, compose
from llmcost.engine.relations import priced
from llmcost.engine.store import Store
from llmcost.engine.zones import Zone
from llmcost.errors import UsageError
from llmcost.reports import calendar
from llmcost.reports.filters import NO_FILTERS, Filters

Row = dict[str, Any]

_AGO = re.compile(r"(\d+)([hdwm])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1), "m": timedelta(days=30)}


@dataclass(frozen=True)
class Scope:
    """Which requests a report covers: a relation, a stretch of time from `since` up to, not including, `until`, and
    what the user names."""

    relation: str = "requests"
    since: datetime | None = None
    until: datetime | None = None
    filters: Filters = NO_FILTERS

    @property
    def is_whole(self) -> bool:
        """Whether it covers all requests of its relation."""
        return self.since is None and self.until is None and self.filters == NO_FILTERS

    def steps(self) -> list[Relation]:
        """The covered requests as the first steps of a query."""
        window = ("requests", registry.find("requests", "window").body)
        return [("requests", f"select * from {self.relation}"), window]

    def spend(self, name: str, key: str = "true", **values: registry.Value) -> tuple[str, dict[str, registry.Value]]:
        """A query under `queries/spend/` over the covered requests, with its parameters, those given or its defaults.

        `key` is the SQL of the key, where the query groups by `key`.
        """
        query = registry.find("spend", name)
        keyed = ("priced", f"select {key} as key, * from priced")
        return compose([*priced(*self.steps()), keyed], query.body), self.parameters() | query.bind({}) | values

    def parameters(self) -> dict[str, registry.Value]:
        """The values of the query `window`."""
        ends = {"since": self.since, "until": self.until}
        return {
            **{name: end.isoformat(sep=" ") if end else None for name, end in ends.items()},
            **self.filters.parameters(),
        }


def scope(
    store: Store,
    since: str | None = None,
    until: str | None = None,
    relation: str = "requests",
    filters: Filters = NO_FILTERS,
) -> Scope:
    """What the user's words mean: `since` and `until` are a day, a week, a month, a time, or `7d` before the
    newest request. A day, a week or a month as `until` is covered. They are in the store's time zone.

    Raises UsageError for words that are not a time, for an empty period, and for names that no request has.
    """
    newest = store.value("select max(ts) from requests") if since or until else None
    start = _moment(since, newest, "--since", store.zone, end=False)
    end = _moment(until, newest, "--until", store.zone, end=True)
    if start and end and start >= end:
        raise UsageError(f"--since {since} is not before --until {until}", hint="swap them")
    filters.check(store, relation)
    return Scope(relation, start, end, filters)


def _moment(text: str | None, newest: datetime | None, option: str, zone: Zone, *, end: bool) -> datetime | None:
    if text is None:
        return None
    if (ago := _AGO.fullmatch(text)) is not None:
        try:
            return newest - int(ago[1]) * _UNITS[ago[2]] if newest else None
        except OverflowError:
            raise UsageError(f"{option} {text} is before all calendars", hint="for example 7d") from None
    if (days := calendar.named(text)) is not None:
        return zone.utc(datetime.combine(days[end], time()))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{option} {text} is not a time", hint="for example 2026-08-01, 2026-08, 2026-08-01T12:00 or 7d"
        ) from None
    try:
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else zone.utc(moment)
    except OverflowError:
        raise UsageError(f"{option} {text} is outside all calendars", hint="for example 2026-08-01T12:00") from None
