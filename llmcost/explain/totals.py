"""What each period spent as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass

from llmcost.explain.periods import Log, Pair, Period
from llmcost.reports.scope import Row


@dataclass(frozen=True)
class Total:
    """What one period spent."""

    period: Period
    days: float  # that the log covers
    requests: int
    unpriced_requests: int
    cost_usd: float
    active_days: int  # with requests

    @property
    def priced_requests(self) -> int:
        return self.requests - self.unpriced_requests


def of(rows: Sequence[Row], log: Log, compared: Pair) -> tuple[Total, Total]:
    """Both periods, added up from the rows of `queries/explain/days.sql`."""

    def total(period: Period, *, later: bool) -> Total:
        own = [row for row in rows if row["in_later"] == later]
        requests, unpriced = (sum(row[name] for row in own) for name in ("requests", "unpriced_requests"))
        usd = float(sum(row["cost_usd"] for row in own))
        return Total(period, log.days_of(period), requests, unpriced, usd, len(own))

    return total(compared.earlier, later=False), total(compared.later, later=True)
