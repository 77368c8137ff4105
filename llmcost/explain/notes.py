"""What a reader has to know before trusting a comparison: unlike periods, requests that no part holds."""

from llmcost.explain import periods
from llmcost.explain.periods import Log, Pair
from llmcost.explain.totals import Total
from llmcost.explain.traffic import Traffic

_MODELS_NAMED = 3
_FEW = 0.5
"""Of a period's days: with requests on fewer, it is a few days that are compared, not the period."""


def about_periods(log: Log, compared: Pair, totals: tuple[Total, Total], *, per_day: bool) -> list[str]:
    """Why these periods, and what makes them unlike."""
    said = [compared.why] if compared.why else []
    earlier, later = totals
    for total in totals:
        name = total.period.name
        if total.period.until <= log.first:
            said.append(f"{name} lies before the log, which begins on {log.oldest:%Y-%m-%d}")
        if total.period.since > log.newest:
            said.append(f"{name} lies after the log, which ends on {log.newest:%Y-%m-%d}")
        if total.period.since.date() < log.oldest.date() < total.period.until.date():
            said.append(f"the log begins on {log.oldest:%Y-%m-%d}, within {name}")
        if total.period.since < log.newest and log.newest.date() < (total.period.until - periods.DAY).date():
            said.append(f"the log ends on {log.newest:%Y-%m-%d}, within {name}")
    said += [
        f"{total.period.name} has requests on {total.active_days} of {counted(total.days)} of log"
        for total in totals
        if total.active_days < _FEW * total.days and log.holds(total.period)
    ]
    if not per_day and round(earlier.days) != round(later.days) and log.holds(earlier.period, later.period):
        said.append(
            f"{earlier.period.name} has {counted(earlier.days)} of log and {later.period.name} {later.days:.0f}:"
            " --per-day compares a day of each"
        )
    return said


def counted(days: float) -> str:
    """A number of days in words."""
    return f"{days:.0f} {'day' if round(days) == 1 else 'days'}"


def left_out(found: Traffic, totals: tuple[Total, Total]) -> list[str]:
    """Requests that the split cannot hold."""
    said = []
    earlier, later = totals
    if found.unpriced:
        models = [str(row["model"] or "no model") for row in found.unpriced]
        more = f" and {len(models) - _MODELS_NAMED} more" if len(models) > _MODELS_NAMED else ""
        requests = "request" if earlier.unpriced_requests == 1 else "requests"
        said.append(
            f"{earlier.unpriced_requests:,} {requests} of {earlier.period.name} and {later.unpriced_requests:,} of"
            f" {later.period.name} have no price and are in no part ({', '.join(models[:_MODELS_NAMED])}{more})"
        )
    if (count := found.timeless["requests"]) > 0:
        have = "request has" if count == 1 else "requests have"
        said.append(
            f"{count:,} {have} no time and belong{'s' * (count == 1)} to no period (${found.timeless['cost_usd']:,.2f})"
        )
    return said
