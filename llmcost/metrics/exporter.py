"""What is exposed: the store's counters and budgets as metric families of prometheus-client.

A scrape reads what was last taken from the store and never the store itself, so that it
costs the same whatever the store holds, and neither waits for an ingest nor disturbs one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import product
from math import floor
from threading import Lock
from typing import TYPE_CHECKING, Any

from llmcost.engine.store import Store
from llmcost.metrics import definitions
from llmcost.metrics.definitions import Metric

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.core import HistogramMetricFamily
    from prometheus_client.metrics_core import Metric as Family

Labels = tuple[str, ...]

_FIXED_VALUES = {
    "status": ("ok", "error"),
    "type": definitions.TOKEN_TYPES,
    "cache_type": definitions.CACHE_TYPES,
    "outcome": definitions.LINE_OUTCOMES,
}
"""Labels whose values are known beforehand. Of the others, `other` is."""


@dataclass(frozen=True)
class Counters:
    """The counters of a store at one moment, by the metric's name and the values of its labels."""

    values: dict[str, dict[Labels, float]]
    ingested_at_s: float | None = None
    newest_request_s: float | None = None


def read(store: Store) -> Counters:
    """The store's counters."""
    values: dict[str, dict[Labels, float]] = {}
    for row in store.rows("select metric, labels, shown::double as value from counters order by metric, labels"):
        values.setdefault(row["metric"], {})[tuple(row["labels"])] = row["value"]
    newest: datetime | None = store.value("select max(ts) from requests")
    return Counters(
        values,
        ingested_at_s(store),
        newest.replace(tzinfo=UTC).timestamp() if newest else None,
    )


def ingested_at_s(store: Store) -> float | None:
    """When new lines were last read, in seconds since 1970: the counters have not changed since."""
    found = store.value("select value from llmcost_meta where key = 'ingested_at'")
    return float(found) if found else None


@dataclass(eq=False)
class Exposed:
    """What the next scrape is answered with; a collector of prometheus-client."""

    version: str
    counters: Counters | None = None  # None: the store has not been read yet
    budgets: list[dict[str, Any]] = field(default_factory=list)  # one row a budget and period
    readable: bool = False
    _lock: Lock = field(default_factory=Lock, repr=False)
    _state: tuple[object, ...] = ()  # what `_made` was made of, by content type
    _made: dict[str, bytes] = field(default_factory=dict, repr=False)

    def collect(self) -> "Iterator[Family]":
        """The metric families."""
        counters = self.counters
        if counters is not None:
            for metric in definitions.COUNTED:
                yield _histogram(metric, counters) if metric.kind == "histogram" else _counter(metric, counters)
            yield _gauge(definitions.LAST_INGEST, {(): counters.ingested_at_s})
            yield _gauge(definitions.NEWEST_REQUEST, {(): counters.newest_request_s})
        for metric, column in zip(definitions.BUDGETS, ("budget_usd", "spent_usd", "forecast_usd"), strict=True):
            yield _gauge(metric, {tuple(row[label] for label in metric.labels): row[column] for row in self.budgets})
        yield _gauge(definitions.READABLE, {(): float(self.readable)})
        yield _build(self.version)

    def rendered(self, accept: str) -> tuple[str, bytes]:
        """The content type that suits a scrape's Accept header, and what it gets; made again only after a change."""
        from prometheus_client.exposition import choose_encoder

        encode, kind = choose_encoder(accept)
        with self._lock:
            if (state := (self.counters, self.budgets, self.readable)) != self._state:
                self._state, self._made = state, {}
            if kind not in self._made:
                self._made[kind] = encode(self.registry())
            return kind, self._made[kind]

    def registry(self) -> "CollectorRegistry":
        """A registry of prometheus-client that holds nothing but this."""
        from prometheus_client import CollectorRegistry

        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return registry


def text(exposed: Exposed) -> str:
    """Everything in Prometheus's text format."""
    from prometheus_client import generate_latest

    return generate_latest(exposed.registry()).decode()


def _seeds(metric: Metric) -> dict[Labels, float]:
    """Series that are there from the start, at nothing: else Prometheus would see no increase in a first value."""
    values = [_FIXED_VALUES.get(label, (definitions.OTHER,)) for label in metric.labels]
    return dict.fromkeys(product(*values), 0.0)


def _counter(metric: Metric, counters: Counters) -> "Family":
    from prometheus_client.core import CounterMetricFamily

    family = CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
    step = definitions.COST_STEP_USD if metric is definitions.COST else 1
    for labels, value in (_seeds(metric) | counters.values.get(metric.name, {})).items():
        family.add_metric(labels, floor(value / step) * step)
    return family


def _histogram(metric: Metric, counters: Counters) -> "HistogramMetricFamily":
    from prometheus_client.core import HistogramMetricFamily

    ends = [*(str(end) for end in definitions.DURATION_BUCKETS_S), "+Inf"]
    in_bucket = counters.values.get(f"{metric.name}_bucket", {})
    sums = _seeds(metric) | counters.values.get(f"{metric.name}_sum", {})
    family = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
    for labels, duration_s in sums.items():
        upto, buckets = 0.0, []
        for place, end in enumerate(ends):
            upto += in_bucket.get((*labels, str(place)), 0.0)
            buckets.append((end, upto))
        family.add_metric(labels, buckets, duration_s)
    return family


def _gauge(metric: Metric, values: dict[Labels, float | None]) -> "Family":
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
    for labels, value in values.items():
        if value is not None:
            family.add_metric(labels, value)
    return family


def _build(version: str) -> "Family":
    from prometheus_client.core import InfoMetricFamily

    metric = definitions.BUILD
    return InfoMetricFamily(
        metric.name.removesuffix("_info"), metric.help, value=dict(zip(metric.labels, [version], strict=True))
    )
