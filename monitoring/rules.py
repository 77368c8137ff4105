"""What is computed beforehand, and what wakes somebody: recording rules and alerts over llmcost's metrics.

Counters are summed by instance first and increases taken of the sums: a feature or a model
that is met for the first time begins a series of its own, in whose first value `increase`
sees none. The sums may be trusted with that: an exporter's counters never fall, those of a
tracker restart all at once, and dollars come in steps whose sums are exact in any order
(definitions.COST_STEP_USD), so that no rounding looks like a counter that restarted.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from llmcost.metrics import definitions as metrics

INSTANCE_COST = "instance:llm_cost_usd:sum"
FEATURE_COST = "instance_feature:llm_cost_usd:sum"
FEATURE_REQUESTS = "instance_feature:llm_requests:sum"
COST_1D = "llm_cost_usd:increase1d"
FEATURE_COST_1D = "feature:llm_cost_usd:increase1d"
USUAL_COST_1D = "feature:llm_cost_usd:usual1d"

ALL_FEATURES = "all features"

DAY_USD = 100
"""A day's budget where the exporter has none from llmcost.toml."""

HOURS_A_MONTH = 730
FAST, SLOW = 6, 2
"""Times the even pace of a month's budget: at these it is gone in 5 days, in 15."""

OUT_OF_LINE = 2
"""Times the median of the same 24 hours one to four weeks before; as in llmcost's own comparison of days."""

MORE_EXPENSIVE = 1.5
"""Times a request's cost in the week before. Mixes change by tenths of themselves; a new model or prompt by more."""

CACHE_FELL = 0.7
"""Of the share in the week before."""


@dataclass(frozen=True)
class Recording:
    """A series computed at every evaluation."""

    name: str
    expr: str


@dataclass(frozen=True)
class Alert:
    """What is wrong when the expression has a result, and for how long it must have had one."""

    name: str
    expr: str
    severity: str
    summary: str
    description: str
    lasts: str = "0m"
    labels: dict[str, str] = field(default_factory=dict)


def spent(window: str) -> str:
    """US dollars spent in a window, all instances together."""
    return f"sum(increase({INSTANCE_COST}[{window}]))"


def budget(period: str) -> str:
    """The least budget of all requests for a period."""
    return f'min({metrics.BUDGET.name}{{period="{period}", scope="all"}})'


def recordings() -> Iterator[Recording]:
    """Recording rules, each after those it reads."""
    cost, requests = metrics.COST.name, metrics.REQUESTS.name
    yield Recording(INSTANCE_COST, f"sum by (job, instance) ({cost})")
    yield Recording(FEATURE_COST, f"sum by (job, instance, feature) ({cost})")
    yield Recording(FEATURE_REQUESTS, f"sum by (job, instance, feature) ({requests})")
    yield Recording(COST_1D, spent("1d"))
    yield Recording(FEATURE_COST_1D, f"sum by (feature) (increase({FEATURE_COST}[1d]))")
    yield Recording(FEATURE_COST_1D, f'label_replace({COST_1D}, "feature", "{ALL_FEATURES}", "", "")')
    weeks = " or ".join(
        f'label_replace({FEATURE_COST_1D} offset {7 * number}d, "week", "{number}", "", "")' for number in range(1, 5)
    )
    yield Recording(
        USUAL_COST_1D, f"quantile by (feature) (0.5, {weeks}) and on (feature) count by (feature) ({weeks}) >= 2"
    )


def alerts() -> Iterator[Alert]:
    """The alerts."""
    yield from _budget_alerts()
    yield from _spend_alerts()
    yield from _log_alerts()


def _budget_alerts() -> Iterator[Alert]:
    yield Alert(
        "LlmDailyCostOverBudget",
        f"{spent('24h')} > on () ({budget('day')} or vector({DAY_USD}))",
        "critical",
        "The last 24 hours cost ${{ $value | humanize }}, more than a day's budget.",
        f"The budget is the one of all requests in llmcost.toml, else ${DAY_USD}.",
    )
    yield Alert(
        "LlmBudgetSpent",
        f"{metrics.BUDGET_SPENT.name} > {metrics.BUDGET.name}",
        "critical",
        "The {{ $labels.period }}'s budget '{{ $labels.budget }}' is spent: ${{ $value | humanize }}.",
        "By the time of the requests, as in `llmcost budget`.",
    )
    yield Alert(
        "LlmBudgetForecastOver",
        f'{metrics.BUDGET_FORECAST.name}{{period="month"}} > {metrics.BUDGET.name}',
        "warning",
        "The month is forecast to cost ${{ $value | humanize }}, more than the budget '{{ $labels.budget }}'.",
        "`llmcost budget` shows the forecast with its range.",
        lasts="1h",
    )
    for name, times, short, long, severity, days in (
        ("LlmBudgetBurnsFast", FAST, (1, "1h"), (6, "6h"), "critical", "5"),
        ("LlmBudgetBurnsSlow", SLOW, (24, "1d"), (72, "3d"), "warning", "15"),
    ):
        conditions = " and ".join(
            f"{spent(window)} > on () {times} * {hours} / {HOURS_A_MONTH} * {budget('month')}"
            for hours, window in (short, long)
        )
        yield Alert(
            name,
            conditions,
            severity,
            f"At the pace of the last {short[1]}, and of the last {long[1]}, a month's budget is gone in {days} days.",
            f"Both windows are above {times} times the even pace; the short one ends the alert when the spending ends.",
        )


def _spend_alerts() -> Iterator[Alert]:
    yield Alert(
        "LlmSpendOutOfLine",
        f"{FEATURE_COST_1D} > {OUT_OF_LINE} * {USUAL_COST_1D}"
        f" and on (feature) {FEATURE_COST_1D} > 0.1 * scalar({COST_1D})",
        "warning",
        "{{ $labels.feature }} cost ${{ $value | humanize }} in 24 hours, more than twice its usual for this weekday.",
        "Compared with the median of the same 24 hours one to four weeks before; features below a tenth of all spend"
        " are left out. `llmcost budget` names the prompt behind it.",
        lasts="30m",
    )
    lately, before = "1d", "7d"

    def per_request(window: str, offset: str = "") -> str:
        return (
            f"sum by (feature) (increase({FEATURE_COST}[{window}]{offset}))"
            f" / (sum by (feature) (increase({FEATURE_REQUESTS}[{window}]{offset})) > 100)"
        )

    yield Alert(
        "LlmCostPerRequestUp",
        f"{per_request(lately)} > {MORE_EXPENSIVE} * ({per_request(before, f' offset {lately}')})",
        "warning",
        "A request of {{ $labels.feature }} costs ${{ $value | humanize }}, half as much again as in the week before.",
        "A longer prompt, a more expensive model or a cache that no longer works. Features with 100 requests or"
        " more a day.",
        lasts="1h",
    )
    prompt_types = "|".join(kind for kind in metrics.TOKEN_TYPES if kind != "output")

    def cached(window: str, offset: str = "") -> str:
        tokens = metrics.TOKENS.name
        return (
            f'sum by (model) (increase({tokens}{{type="cache_read"}}[{window}]{offset}))'
            f' / (sum by (model) (increase({tokens}{{type=~"{prompt_types}"}}[{window}]{offset})) > 1e5)'
        )

    earlier = cached(before, f" offset {lately}")
    yield Alert(
        "LlmCacheHitShareDown",
        f"{cached(lately)} < {CACHE_FELL} * ({earlier} > 0.2)",
        "warning",
        "Only {{ $value | humanizePercentage }} of {{ $labels.model }}'s prompt tokens come from the prompt cache.",
        "In the week before it was far more. See what was put on top of a prompt: `llmcost audit` finds caches that"
        " are written and never read.",
        lasts="1h",
    )


def _log_alerts() -> Iterator[Alert]:
    unpriced = metrics.UNPRICED.name
    yield Alert(
        "LlmUnpricedModelSeen",
        f"sum by (model) (increase({unpriced}[1h])) > 0"
        f" or sum by (model) ((({unpriced} > 0) unless {unpriced} offset 1h) and on (job, instance) up offset 1h) > 0",
        "warning",
        "Requests to {{ $labels.model }} have no price and are excluded from totals.",
        "Give it a price in llmcost.toml; `llmcost prices` names the nearest that have one.",
    )
    lines = metrics.LINES.name
    yield Alert(
        "LlmLogLinesRejected",
        f'sum by (job, instance) (increase({lines}{{outcome="rejects"}}[1h]))'
        f" > 0.05 * sum by (job, instance) (increase({lines}[1h]))",
        "warning",
        "One log line in twenty or more cannot be read.",
        "The log's format may have changed: `llmcost rejects` shows the lines and why.",
        lasts="15m",
    )
    yield Alert(
        "LlmLogsStopped",
        f"time() - {metrics.LAST_INGEST.name} > 86400",
        "warning",
        "No new log line was read for {{ $value | humanizeDuration }}.",
        "There is no traffic any more, or the logs are no longer shipped.",
    )
    yield Alert(
        "LlmcostStoreUnreadable",
        f"{metrics.READABLE.name} == 0",
        "warning",
        "The exporter cannot read its store: its values are old.",
        "Another process may hold it; the exporter's standard error says why.",
        lasts="15m",
    )
