"""Every metric: its name, kind, labels, help and unit. Exporter, tracker, rules and dashboard are made from this.

Counters hold what has been ingested since the store was made. A request is counted once, when it is read, under the
labels and at the price that it has then. Names and suffixes: prometheus.io/docs/practices/naming.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["counter", "gauge", "histogram", "info"]

OTHER = "other"
"""The label value for all those that have no series of their own."""

TOP_VALUES = 25
"""A label value gets a series of its own when it is among this many most expensive so far, and keeps it:
at most twice as many have one. What was counted under `other` before stays there, so that no counter ever falls."""

MOST_SERIES = 2000
"""Combinations of model, feature and task type that have series of their own."""

COST_STEP_USD = 2.0**-28
"""Dollars are exposed in multiples of this, some 4 billionths: a power of two, so that sums of series are exact up to
33 million dollars, whatever their order. Else a sum could differ in its last digit from one evaluation to the next, and
Prometheus treats any counter that falls as one that restarted."""

DURATION_BUCKETS_S = tuple(round(0.01 * 2**power, 2) for power in range(14))
"""Upper ends in seconds, 10 ms to 82 s: those that OpenTelemetry's conventions advise for the durations of calls of
generative models (gen_ai.client.operation.duration)."""

TOKEN_TYPES = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output")
"""The billed buckets, disjoint: input neither came from a prompt cache nor went into one, output has the reasoning."""

CACHE_TYPES = ("prompt", "response")
"""prompt: the provider read a part of the prompt from its cache; response: a gateway answered from its own."""

LINE_OUTCOMES = ("requests", "duplicates", "no_call", "rejects")
"""What becomes of a line read, as in the account of an ingest."""


@dataclass(frozen=True)
class Metric:
    """One metric as it is exposed."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    help: str
    unit: str = ""  # as Grafana names it; empty: a count


REQUESTS = Metric(
    "llm_requests_total", "counter", ("model", "feature", "task_type", "status"), "Requests; status is ok or error."
)
COST = Metric("llm_cost_usd_total", "counter", ("model", "feature"), "What requests cost at list price.", "currencyUSD")
TOKENS = Metric(
    "llm_tokens_total",
    "counter",
    ("model", "type"),
    f"Billed tokens; type is one of {', '.join(TOKEN_TYPES)}, disjoint.",
)
CACHE_HITS = Metric(
    "llm_cache_hits_total", "counter", ("cache_type",),
    "Requests served in part by the provider's prompt cache (prompt) or whole by a gateway's own (response).",
)  # fmt: skip
UNPRICED = Metric(
    "llm_unpriced_requests_total",
    "counter",
    ("model",),
    "Requests whose model has no price; their cost is not counted.",
)
DURATION = Metric(
    "llm_request_duration_seconds",
    "histogram",
    ("model",),
    "From sending a request to the last token of its answer.",
    "s",
)
LINES = Metric(
    "llmcost_log_lines_total", "counter", ("outcome",), f"Log lines read; outcome is one of {', '.join(LINE_OUTCOMES)}."
)
COUNTED = (REQUESTS, COST, TOKENS, CACHE_HITS, UNPRICED, DURATION, LINES)
"""What the ingest counts."""

_BUDGET_LABELS = ("budget", "period", "scope")
BUDGET = Metric(
    "llm_budget_usd", "gauge", _BUDGET_LABELS,
    "A budget of llmcost.toml; period is day or month, scope is all, feature or user.", "currencyUSD",
)  # fmt: skip
BUDGET_SPENT = Metric(
    "llm_budget_spent_usd", "gauge", _BUDGET_LABELS,
    "Spend against a budget in the period of the newest request, by the time of the requests.", "currencyUSD",
)  # fmt: skip
BUDGET_FORECAST = Metric(
    "llm_budget_forecast_usd", "gauge", _BUDGET_LABELS, "Forecast of the spend when the period ends.",
    "currencyUSD",
)  # fmt: skip
BUDGETS = (BUDGET, BUDGET_SPENT, BUDGET_FORECAST)

READABLE = Metric(
    "llmcost_store_readable", "gauge", (), "1, or 0 while the store cannot be read and values are out of date."
)
LAST_INGEST = Metric(
    "llmcost_last_ingest_timestamp_seconds",
    "gauge",
    (),
    "When the last ingest that read new lines ended.",
    "dateTimeAsIso",
)
NEWEST_REQUEST = Metric(
    "llmcost_newest_request_timestamp_seconds",
    "gauge",
    (),
    "When the newest request in the store began.",
    "dateTimeAsIso",
)
BUILD = Metric("llmcost_build_info", "info", ("version",), "The version of llmcost that serves these metrics.")
STATE = (READABLE, LAST_INGEST, NEWEST_REQUEST, BUILD)

ALL = (*COUNTED, *BUDGETS, *STATE)
