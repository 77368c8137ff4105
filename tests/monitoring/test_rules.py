"""Each alert, on series made for it: it fires on what it is for, and on nothing else. promtool evaluates the rules."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from monitoring import generate, rules

PROMTOOL = shutil.which("promtool")

pytestmark = pytest.mark.skipif(PROMTOOL is None, reason="there is no promtool: apt-get install prometheus")

DAY = 24 * 12  # samples: one each five minutes
DAYS = 12  # samples of the cases that look days and weeks back: one each two hours
ON = 'instance="a:1",job="llmcost"'
DAY_BUDGET = f'llm_budget_usd{{budget="overall",period="day",scope="all",{ON}}}'
LAST_INGEST = f"llmcost_last_ingest_timestamp_seconds{{{ON}}}"
READABLE = f"llmcost_store_readable{{{ON}}}"
MONTH_BUDGET = f'llm_budget_usd{{budget="overall",period="month",scope="all",{ON}}}'


def counter(*stretches: tuple[int, float], start: float = 0) -> str:
    """A series in promtool's notation that grows by so much a sample in each stretch of samples."""
    parts, at = [f"{start:g}"], start
    for samples, step in stretches:
        parts.append(f"{at + step:.10g}+{step:.10g}x{samples - 1}")
        at += step * samples
    return " ".join(parts)


def cost(values: str, feature: str = "search", model: str = "m") -> tuple[str, str]:
    return f'llm_cost_usd_total{{feature="{feature}",model="{model}",{ON}}}', values


def requests(values: str, feature: str = "search") -> tuple[str, str]:
    return f'llm_requests_total{{feature="{feature}",model="m",status="ok",task_type="none",{ON}}}', values


def tokens(kind: str, values: str) -> tuple[str, str]:
    return f'llm_tokens_total{{model="m",type="{kind}",{ON}}}', values


def unpriced(values: str, model: str) -> tuple[str, str]:
    return f'llm_unpriced_requests_total{{model="{model}",{ON}}}', values


def constant(series: str, value: float, samples: int = 4 * DAY) -> tuple[str, str]:
    return series, f"{value:g}+0x{samples}"


def spent_of(budget: str) -> str:
    return budget.replace("_usd", "_spent_usd")


def forecast_of(budget: str) -> str:
    return budget.replace("_usd", "_forecast_usd")


def lines(outcome: str, values: str) -> tuple[str, str]:
    return f'llmcost_log_lines_total{{outcome="{outcome}",{ON}}}', values


UP = constant(f"up{{{ON}}}", 1)
WEEK = (7 * DAYS, 1.0)


@dataclass(frozen=True)
class Case:
    """Series, and whether the alert fires at their last sample."""

    alert: str
    fires: bool
    series: list[tuple[str, str]]
    sample: int
    minutes: int = 5  # between samples


CASES = {
    "the last day cost more than 100": Case("LlmDailyCostOverBudget", True, [cost(counter((DAY, 0.4)))], DAY),
    "the last day cost less": Case("LlmDailyCostOverBudget", False, [cost(counter((DAY, 0.3)))], DAY),
    "more than its budget": Case(
        "LlmDailyCostOverBudget", True, [cost(counter((DAY, 0.1))), constant(DAY_BUDGET, 20)], DAY
    ),
    "less than its budget": Case(
        "LlmDailyCostOverBudget", False, [cost(counter((DAY, 0.5))), constant(DAY_BUDGET, 200)], DAY
    ),
    "a feature's first value counts whole": Case(
        "LlmDailyCostOverBudget",
        True,
        [cost(counter((DAY, 0.001))), cost("_x100 150+0x200", feature="new")],
        DAY,
    ),
    "an exporter that was away for half an hour": Case(
        "LlmDailyCostOverBudget",
        False,
        [cost(f"{counter((100, 0.125), start=1000)} _x5 {counter((100, 0.125), start=1012.5)}")],
        200,
    ),
    "an application's counters that restart": Case(
        "LlmDailyCostOverBudget", False, [cost(f"{counter((100, 0.1), start=1000)} {counter((100, 0.1))}")], 200
    ),
    "a budget is spent": Case(
        "LlmBudgetSpent", True, [constant(DAY_BUDGET, 5), constant(spent_of(DAY_BUDGET), 5.1)], 10
    ),
    "another period's budget": Case(
        "LlmBudgetSpent", False, [constant(DAY_BUDGET, 5), constant(spent_of(MONTH_BUDGET), 5.1)], 10
    ),
    "a month will be over": Case(
        "LlmBudgetForecastOver", True, [constant(MONTH_BUDGET, 500), constant(forecast_of(MONTH_BUDGET), 501)], 20
    ),
    "a month will be within": Case(
        "LlmBudgetForecastOver", False, [constant(MONTH_BUDGET, 500), constant(forecast_of(MONTH_BUDGET), 499)], 20
    ),
    # $730 a month is $1 an hour
    "seven times the pace": Case(
        "LlmBudgetBurnsFast", True, [constant(MONTH_BUDGET, 730), cost(counter((DAY, 7 / 12)))], DAY
    ),
    "five times the pace": Case(
        "LlmBudgetBurnsFast", False, [constant(MONTH_BUDGET, 730), cost(counter((DAY, 5 / 12)))], DAY
    ),
    "seven times the pace until an hour ago": Case(
        "LlmBudgetBurnsFast", False, [constant(MONTH_BUDGET, 730), cost(counter((DAY, 7 / 12), (13, 0.01)))], DAY + 13
    ),
    "2.2 times the pace": Case(
        "LlmBudgetBurnsSlow", True, [constant(MONTH_BUDGET, 730), cost(counter((4 * DAYS, 4.4)))], 4 * DAYS, 120
    ),
    "1.8 times the pace": Case(
        "LlmBudgetBurnsSlow", False, [constant(MONTH_BUDGET, 730), cost(counter((4 * DAYS, 3.6)))], 4 * DAYS, 120
    ),
    "an expensive Tuesday": Case(
        "LlmSpendOutOfLine", True, [cost(counter(WEEK, WEEK, WEEK, (6 * DAYS, 1.0), (DAYS, 2.5)))], 28 * DAYS, 120
    ),
    "an expensive Tuesday of many small features": Case(
        "LlmSpendOutOfLine",
        True,
        [cost(counter((27 * DAYS, 0.0625), (DAYS, 0.0625 if n else 2)), feature=f"f{n}") for n in range(20)],
        28 * DAYS,
        120,
    ),
    "a Tuesday unlike other days and like Tuesdays": Case(
        "LlmSpendOutOfLine", False, [cost(counter(*[(6 * DAYS, 1.0), (DAYS, 2.5)] * 4))], 28 * DAYS, 120
    ),
    "a feature that hardly costs anything": Case(
        "LlmSpendOutOfLine",
        False,
        [cost(counter(*[WEEK] * 4)), cost(counter((27 * DAYS, 0.01), (DAYS, 0.05)), "small")],
        28 * DAYS,
        120,
    ),
    "a request costs twice as much": Case(
        "LlmCostPerRequestUp",
        True,
        [cost(counter((8 * DAYS, 1), (DAYS, 2))), requests(counter((9 * DAYS, 100)))],
        9 * DAYS,
        120,
    ),
    "twice as many requests": Case(
        "LlmCostPerRequestUp",
        False,
        [cost(counter((8 * DAYS, 1), (DAYS, 2))), requests(counter((8 * DAYS, 100), (DAYS, 200)))],
        9 * DAYS,
        120,
    ),
    "a cache that holds no more": Case(
        "LlmCacheHitShareDown",
        True,
        [tokens("input", counter((8 * DAYS, 4e4), (DAYS, 9e4))),
         tokens("cache_read", counter((8 * DAYS, 6e4), (DAYS, 1e4)))],
        9 * DAYS,
        120,
    ),
    "a cache that holds, whatever the output": Case(
        "LlmCacheHitShareDown",
        False,
        [tokens("input", counter((9 * DAYS, 4e4))), tokens("cache_read", counter((9 * DAYS, 6e4))),
         tokens("output", counter((8 * DAYS, 1), (DAYS, 9e9)))],
        9 * DAYS,
        120,
    ),
    "a model without a price": Case("LlmUnpricedModelSeen", True, [UP, unpriced("0+0x50 1+1x50", "m")], 60),
    "a new model without a price": Case("LlmUnpricedModelSeen", True, [UP, unpriced("_x50 3+0x50", "m")], 55),
    "a model called in the past": Case("LlmUnpricedModelSeen", False, [UP, unpriced("3+0x100", "m")], 60),
    "a log of another form": Case(
        "LlmLogLinesRejected", True, [lines("rejects", counter((50, 10))), lines("requests", counter((50, 90)))], 50
    ),
    "some broken lines": Case(
        "LlmLogLinesRejected", False, [lines("rejects", counter((50, 1))), lines("requests", counter((50, 99)))], 50
    ),
    "nothing read for more than a day": Case("LlmLogsStopped", True, [constant(LAST_INGEST, 0)], DAY + 20),
    "nothing read for less than a day": Case("LlmLogsStopped", False, [constant(LAST_INGEST, 3000)], DAY),
    "no store": Case("LlmcostStoreUnreadable", True, [constant(READABLE, 0)], 10),
    "a store": Case("LlmcostStoreUnreadable", False, [constant(READABLE, 1)], 10),
}  # fmt: skip


def test_every_alert_is_tried_both_ways() -> None:
    for alert in rules.alerts():
        assert {case.fires for case in CASES.values() if case.alert == alert.name} == {True, False}


@pytest.mark.parametrize("minutes", [5, 120])
def test_each_alert_fires_on_what_it_is_for(tmp_path: Path, minutes: int) -> None:
    """All cases in one run of promtool, which says of each whether it came out otherwise."""
    shutil.copy(generate.HERE / generate.RULES, tmp_path)
    tests: list[dict[str, Any]] = [
        {
            "interval": f"{minutes}m",
            "name": name,
            "input_series": [{"series": series, "values": values} for series, values in case.series],
            "promql_expr_test": [
                {
                    "expr": f'count(ALERTS{{alertname="{case.alert}",alertstate="firing"}}) > bool 0 or vector(0)',
                    "eval_time": f"{case.sample * minutes}m",
                    "exp_samples": [{"labels": "{}", "value": int(case.fires)}],
                }
            ],
        }
        for name, case in CASES.items()
        if case.minutes == minutes
    ]
    asked = {
        "rule_files": [generate.RULES],
        "evaluation_interval": f"{minutes}m",
        # the alerts read the sums of the same moment: at hours apart there are no others to read
        "group_eval_order": ["llmcost-sums", "llmcost-alerts"],
        "tests": tests,
    }
    (tmp_path / "tests.yml").write_text(json.dumps(asked))
    done = subprocess.run([str(PROMTOOL), "test", "rules", "tests.yml"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_takes_the_rules() -> None:
    done = subprocess.run(
        [str(PROMTOOL), "check", "rules", str(generate.HERE / generate.RULES)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
