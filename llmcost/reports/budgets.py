"""Budgets, what was spent of them, and what will have been when the day or the month ends.

    [[budgets]]
    day = 150                  # US dollars of all requests
    month = 3000

    [[budgets]]
    feature = "search*"        # * matches anything, ? one character; those that match share the budget
    month = 500

    [[budgets]]
    name = "the intern's key"
    user = "u-17"
    day = 5

Days and months are those of the time zone. Now is when the newest request began, so that the same log gives the same
answer whenever it is asked.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from llmcost import config
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError, did_you_mean
from llmcost.reports import assumed, forecast, provenance, unusual
from llmcost.reports.scope import Row, Scope

Period = Literal["day", "month"]
PERIODS: tuple[Period, ...] = ("day", "month")

COLUMNS = (
    "budget", "scope", "period", "from", "until", "budget_usd", "spent_usd", "spent_share", "forecast_low_usd",
    "forecast_usd", "forecast_high_usd", "status", "requests", "unpriced_requests",
)  # fmt: skip
"""Of a row of `standings`. `forecast_usd` is the whole period's spend, what was spent so far included."""

OVER, WILL_BE_OVER, AT_RISK, WITHIN = "over", "forecast over", "at risk", "within"
"""`status`: spent more than the budget; the forecast's middle is more; only its upper end is; none of these."""

RECENT_DAYS = 14
"""How far back unusual days are listed; of a step or a spell its first day counts."""

_CONDITIONS = ("feature", "user")
_WORDS = ("name", *_CONDITIONS, *PERIODS)


@dataclass(frozen=True)
class Budget:
    """One entry of `[[budgets]]`: which requests share it, and US dollars by period."""

    name: str
    feature: str | None
    user: str | None
    limits_usd: dict[Period, float]

    @property
    def scope(self) -> str:
        """What it covers: all requests, a user's (in all features or one), or a feature's."""
        return "user" if self.user else "feature" if self.feature else "all"


def configured() -> list[Budget]:
    """The budgets in `llmcost.toml`, in order. Raises LlmcostError naming the entry that cannot be, and why."""
    found: list[Budget] = []
    for number, given in enumerate(config.entries("budgets"), start=1):
        where = f"{config.path()}, budgets entry {number}"
        budget = _budget(where, given)
        if budget.name in {other.name for other in found}:
            raise LlmcostError(f"{where}: there is a budget {budget.name} already", hint='give it a name = "…"')
        found.append(budget)
    return found


@dataclass(frozen=True)
class Standing:
    """All budgets at a moment, recent unusual days, and caveats."""

    at: datetime  # as a clock of the time zone shows it
    timezone: str
    rows: list[Row]
    out_of_line: list[Row]
    notes: list[str]

    @property
    def is_over(self) -> bool:
        """Whether a budget is spent, or is forecast to be."""
        return any(row["status"] in (OVER, WILL_BE_OVER) for row in self.rows)


def standing(store: Store, budgets: Sequence[Budget], on: date | None = None) -> Standing:
    """How things stood at the end of a day, else when the newest request began.

    Raises LlmcostError where no request has a time.
    """
    at = datetime.combine(on, time.max) if on else newest(store)
    if at is None:
        raise LlmcostError("no request in the store has a time", hint="ingest logs that say when requests were sent")
    rows = standings(store, budgets, at)
    until = store.zone.utc_last(at) + timedelta(microseconds=1)
    since = store.zone.utc(datetime.combine(at.date() - timedelta(days=forecast.PAST_DAYS), time.min))
    found = unusual.find(store, Scope(since=since, until=until))
    lately = [row for row in found if row["first_day"] > at.date() - timedelta(days=RECENT_DAYS)]
    rests = assumed.find(store, Scope(until=until))
    moved = provenance.moved(store, Scope(until=until))
    return Standing(at, store.zone.name, rows, lately, [*moved, *assumed.said(rests), *_notes(rows)])


def now(store: Store) -> list[Row]:
    """A row for each period of each budget of `llmcost.toml`, as of the newest request; none where none has a time."""
    given, at = configured(), newest(store)
    return standings(store, given, at) if given and at else []


def newest(store: Store) -> datetime | None:
    """What a clock of the time zone showed when the newest request began; None where no request has a time."""
    found: datetime | None = store.value("select max(local_time(ts)) from requests")
    return found


def standings(store: Store, budgets: Sequence[Budget], at: datetime) -> list[Row]:
    """A row for each period of each budget, holding COLUMNS, as things stood at a moment."""
    today = at.date()
    since = min(today - timedelta(days=forecast.PAST_DAYS), today.replace(day=1))
    covered = Scope(
        since=store.zone.utc(datetime.combine(since, time.min)),
        until=store.zone.utc_last(at) + timedelta(microseconds=1),
    )
    spent, values = covered.spend("daily-spend", second_of_day=at.hour * 3600 + at.minute * 60 + at.second)
    store.execute(f"create or replace temp table daily_spend as {spent}", values)
    begun: datetime | None = store.value("select min(local_time(ts)) from requests")
    cut_off = begun.date() if begun else since
    rows: list[Row] = []
    for budget in budgets:
        days = _days(store, budget)
        past = _past(days, today, cut_off)
        rows += [_row(budget, period, days, past, today) for period in PERIODS if period in budget.limits_usd]
    store.execute("drop table daily_spend")
    return rows


def _days(store: Store, budget: Budget) -> dict[date, Row]:
    rows = store.rows(
        "select day, sum(spent_usd) as spent_usd, sum(later_usd) as later_usd, sum(requests)::bigint as requests,"
        " sum(unpriced_requests)::bigint as unpriced_requests from daily_spend"
        " where ($feature is null or feature glob $feature) and ($user is null or coalesce(user_id glob $user, false))"
        " group by day order by day",
        {"feature": budget.feature, "user": budget.user},
    )
    return {row["day"]: row for row in rows}


def _past(days: dict[date, Row], today: date, cut_off: date) -> list[forecast.PastDay]:
    """The whole days before today from the budget's first on, but for the one that the log begins in."""
    first = max(min(days, default=today), today - timedelta(days=forecast.PAST_DAYS))
    if first == cut_off:
        first += timedelta(days=1)
    found = []
    for number in range((today - first).days):
        day = first + timedelta(days=number)
        row = days.get(day, {"spent_usd": 0.0, "later_usd": 0.0})
        found.append(forecast.PastDay(day, row["spent_usd"], row["later_usd"]))
    return found


def _row(budget: Budget, period: Period, days: dict[date, Row], past: list[forecast.PastDay], today: date) -> Row:
    first = today if period == "day" else today.replace(day=1)
    last = today if period == "day" else (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    inside = [row for day, row in days.items() if first <= day <= today]
    limit_usd = budget.limits_usd[period]
    spent_usd = math.fsum(row["spent_usd"] for row in inside)
    to_come = forecast.rest(past, today, last)
    low_usd, middle_usd, high_usd = (None, None, None) if to_come is None else (
        spent_usd + to_come.low_usd, spent_usd + to_come.middle_usd, spent_usd + to_come.high_usd
    )  # fmt: skip
    return {
        "budget": budget.name,
        "scope": budget.scope,
        "period": period,
        "from": first,
        "until": last,
        "budget_usd": limit_usd,
        "spent_usd": spent_usd,
        "spent_share": spent_usd / limit_usd,
        "forecast_low_usd": low_usd,
        "forecast_usd": middle_usd,
        "forecast_high_usd": high_usd,
        "status": _status(limit_usd, spent_usd, middle_usd, high_usd),
        "requests": sum(row["requests"] for row in inside),
        "unpriced_requests": sum(row["unpriced_requests"] for row in inside),
    }


def _status(limit_usd: float, spent_usd: float, middle_usd: float | None, high_usd: float | None) -> str:
    if spent_usd > limit_usd:
        return OVER
    if middle_usd is not None and middle_usd > limit_usd:
        return WILL_BE_OVER
    return AT_RISK if high_usd is not None and high_usd > limit_usd else WITHIN


def _notes(rows: Sequence[Row]) -> list[str]:
    said = []
    unpriced = max((row["unpriced_requests"] for row in rows), default=0)
    if unpriced:
        have = "request has no price and is" if unpriced == 1 else "requests have no price and are"
        said.append(f"{unpriced:,} {have} excluded from totals; llmcost prices lists the models")
    for name in dict.fromkeys(row["budget"] for row in rows if row["forecast_usd"] is None):
        met = any(row["requests"] for row in rows if row["budget"] == name)
        why = "it has no requests on any whole day before this one" if met else "it has no recent requests"
        said.append(f"no forecast for the budget {name}: {why}")
    return said


def _budget(where: str, given: Any) -> Budget:
    def fail(what: str, hint: str) -> LlmcostError:
        return LlmcostError(f"{where}: {what}", hint=hint)

    if not isinstance(given, dict):
        raise fail("is not a table", "begin each entry with [[budgets]]")
    for word in given:
        if word not in _WORDS:
            raise fail(f"there is no {word}", did_you_mean(word, list(_WORDS)))
    for word in ("name", *_CONDITIONS):
        if word in given and (not isinstance(given[word], str) or not given[word].strip()):
            raise fail(f"{word} is not text: {given[word]!r}", "write it in quotation marks")
    limits_usd: dict[Period, float] = {}
    for period in PERIODS:
        if period in given:
            usd = given[period]
            if isinstance(usd, bool) or not isinstance(usd, int | float) or not 0 < usd < math.inf:
                raise fail(f"{period} is not an amount of US dollars above 0: {usd!r}", f"like {period} = 100")
            limits_usd[period] = float(usd)
    if not limits_usd:
        raise fail("gives neither day nor month", "like month = 1000, in US dollars")
    said = [f"{word} {given[word]}" for word in _CONDITIONS if word in given]
    return Budget(
        given.get("name") or ", ".join(said) or "overall", given.get("feature"), given.get("user"), limits_usd
    )
