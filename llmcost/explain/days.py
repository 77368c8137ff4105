"""The days of both periods in order, each with what it spent; a day without requests spent nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from llmcost.explain.periods import DAY, Log, Pair, Period
from llmcost.explain.shapley import Numbers


@dataclass(frozen=True)
class Days:
    """The days of a period that the log covers."""

    days: Sequence[date]
    usd: Numbers

    @property
    def weekend(self) -> Numbers:
        """Whether each is a Saturday or a Sunday."""
        return np.array([day.isoweekday() >= 6 for day in self.days], dtype=bool)


def of_both(rows: Sequence[Mapping[str, Any]], log: Log, compared: Pair) -> tuple[Days, Days]:
    """The days of the earlier and of the later period, from the rows of `queries/explain/days.sql`."""
    spent = {(row["in_later"], row["day_number"]): float(row["cost_usd"]) for row in rows}

    def days(period: Period, *, later: bool) -> Days:
        count = max(-(-(period.until - period.since) // DAY), 1)
        whole = [(number, (period.since + timedelta(days=number)).date()) for number in range(count)]
        covered = [(number, day) for number, day in whole if log.oldest.date() <= day <= log.newest.date()]
        usd = [spent.get((later, number), 0.0) for number, _ in covered]
        return Days([day for _, day in covered], np.array(usd, dtype=float))

    return days(compared.earlier, later=False), days(compared.later, later=True)
