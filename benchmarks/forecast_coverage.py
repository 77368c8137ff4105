"""How often the forecast's range holds what came: each day of a log is taken for today, the rest of its month forecast.

    python -m benchmarks.forecast_coverage [LOG…]

Without logs: synthetic traffic of eight months, with weekdays, noise, expensive days, a drifting level and growth.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import sys
from datetime import date, timedelta

from llmcost.engine import store
from llmcost.ingest import run
from llmcost.reports import forecast, spend
from llmcost.reports.scope import scope

Spend = dict[date, float]

LEAST_PAST = 21  # days


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forecast_coverage", description="The forecast's range.")
    parser.add_argument("log", nargs="*", help="what to ingest, each by itself")
    logs = parser.parse_args().log
    named = [(log, _of_log(log)) for log in logs] or [
        (f"drift {drift}, growth {growth:.0%} a month, seed {seed}", _synthetic(seed, drift, growth))
        for drift in (0.0, 0.1)
        for growth in (0.0, 0.12)
        for seed in (1, 2, 3)
    ]
    for name, spent in named:
        print(f"{name}: {_coverage(spent)}")
    return 0


def _of_log(log: str) -> Spend:
    with store.in_memory() as opened:
        run.ingest(opened, [log])
        rows = spend.spend(opened, ("day",), scope(opened))
    return {date.fromisoformat(row["day"]): row["cost_usd"] or 0.0 for row in rows if row["day"]}


def _synthetic(seed: int, drift: float, growth: float) -> Spend:
    rng = random.Random(seed)
    level, spend = 0.0, {}
    for number in range(240):
        day = date(2026, 1, 1) + timedelta(days=number)
        level = 0.9 * level + rng.gauss(0, drift)
        usual = (100 if day.weekday() < 5 else 30) * math.exp(level) * (1 + growth) ** (number / 30)
        spend[day] = usual * math.exp(rng.gauss(0, 0.25)) * (5 if rng.random() < 0.02 else 1)
    return spend


def _coverage(spend: Spend) -> str:
    first, last = min(spend), max(spend)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    inside, errors = 0, []
    for today in days[LEAST_PAST:]:
        ends = (today.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        to_come = math.fsum(usd for day, usd in spend.items() if today < day <= ends)
        if not today < ends <= last or not to_come:
            continue
        oldest = max(first + timedelta(days=1), today - timedelta(days=forecast.PAST_DAYS))
        past = [forecast.PastDay(day, spend.get(day, 0.0), 0.0) for day in days if oldest <= day < today]
        found = forecast.rest(past, today, ends)
        assert found is not None
        inside += found.low_usd <= to_come <= found.high_usd
        errors.append(abs(found.middle_usd - to_come) / to_come)
    if not errors:
        return "no whole month to forecast"
    return f"{len(errors)} forecasts, {inside / len(errors):.0%} inside, median error {statistics.median(errors):.0%}"


if __name__ == "__main__":
    sys.exit(main())
