"""The days that a report is about, and its rows with those in which nothing was asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from llmcost.engine.store import Store
from llmcost.reports import calendar
from llmcost.reports.scope import Row, Scope

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Window:
    """From a first to a last day, both included, and the first and the last day of the log, whatever else is asked."""

    first: date
    last: date
    log_first: date
    log_last: date

    def in_log(self) -> "Window":
        """The part of it that the log covers: of other days nothing is known."""
        return Window(max(self.first, self.log_first), min(self.last, self.log_last), self.log_first, self.log_last)

    def filled(self, rows: list[Row], column: str, nothing: Row, like: str) -> list[Row]:
        """The rows, with a row of `nothing` for each day, week or month that has none, written `like` such a time.

        Where the days are more than a report lists, for clocks that were wrong, only those between the rows' own.
        """
        there = {row[column] for row in rows if row[column] is not None}
        if not there:
            return rows
        every = calendar.between(calendar.written(self.first, like), calendar.written(self.last, like))
        every = every or calendar.between(min(there), max(there))
        return rows + [{column: time} | nothing for time in every if time not in there]

    def notes(self) -> Sequence[str]:
        """What a reader of rows without spend has to know."""
        ends = [
            *([f"begins on {self.log_first}"] if self.first < self.log_first else []),
            *([f"ends on {self.log_last}"] if self.last > self.log_last else []),
        ]
        return [f"the log {' and '.join(ends)}; what lies outside is listed without spend"] if ends else []


def window(store: Store, covered: Scope) -> Window | None:
    """The days between the ends that the user names, else between those of the log; None where it has no times.

    Filters by name change nothing: on a day without requests of a feature it spent nothing.
    """
    [ends] = store.rows(f"select min(ts) as oldest, max(ts) as newest from {covered.relation}")
    if ends["oldest"] is None:
        return None
    log_first, log_last = store.zone.local(ends["oldest"]).date(), store.zone.local(ends["newest"]).date()
    first = store.zone.local(covered.since).date() if covered.since else log_first
    last = store.zone.local(covered.until - _INSTANT).date() if covered.until else log_last
    return Window(first, last, log_first, log_last) if first <= last else None
