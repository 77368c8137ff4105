"""The tracker's calls as metrics of the application's own process, under the definitions of `llmcost metrics`.

    from llmcost.track import track
    from llmcost.track.prometheus import metrics

    client = track(anthropic.Anthropic(), observe=metrics())

Needs the package prometheus-client, and what the tracker itself does without: llmcost's prices.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from llmcost.metrics import definitions
from llmcost.metrics.definitions import Metric

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Counter

Observer = Callable[[Mapping[str, Any]], None]

_lock = Lock()
_observers: "WeakKeyDictionary[CollectorRegistry, Observer]" = WeakKeyDictionary()


def metrics(registry: "CollectorRegistry | None" = None) -> Observer:
    """What to pass to `track` as `observe`, so that calls are counted in a registry of prometheus-client.

    By default the registry that prometheus-client serves anyway. The clients of a program share the metrics. Calls are
    counted in the tracker's own thread, at the list prices and overrides that `llmcost.toml` gives when this is called.
    Raises ImportError without the package prometheus-client, LlmcostError for an `llmcost.toml` that cannot be.
    """
    from prometheus_client import REGISTRY

    chosen = REGISTRY if registry is None else registry
    with _lock:
        if chosen not in _observers:
            _observers[chosen] = _Counts(chosen).observe
        return _observers[chosen]


class _Counts:
    """The metrics in one registry."""

    def __init__(self, registry: "CollectorRegistry") -> None:
        from prometheus_client import Counter, Histogram

        from llmcost import config
        from llmcost.prices.one_call import CallPrices
        from llmcost.prices.overrides import Overrides, load_overrides

        def counter(metric: Metric) -> "Counter":
            return Counter(metric.name, metric.help, metric.labels, registry=registry)

        file = config.path()
        self._prices = CallPrices(load_overrides(file) if file else Overrides())
        self._series = _Series()
        self._requests = counter(definitions.REQUESTS)
        self._cost_usd = counter(definitions.COST)
        self._tokens = counter(definitions.TOKENS)
        self._cache_hits = counter(definitions.CACHE_HITS)
        self._unpriced = counter(definitions.UNPRICED)
        duration = definitions.DURATION
        self._duration_s: Histogram = Histogram(
            duration.name, duration.help, duration.labels, buckets=definitions.DURATION_BUCKETS_S, registry=registry
        )

    def observe(self, call: Mapping[str, Any]) -> None:
        """Counts a record of the tracker."""
        at = datetime.fromisoformat(call["ts"])
        named = call.get("model") is not None
        model, feature, task_type = self._series.of(
            self._prices.billed_model(call, at) if named else "unknown",
            call.get("feature") or "unattributed",
            call.get("task_type") or "none",
        )
        self._requests.labels(model, feature, task_type, call["status"]).inc()
        tokens = {kind: int(call.get(f"{kind}_tokens") or 0) for kind in definitions.TOKEN_TYPES}
        for kind, number in tokens.items():
            if number:
                self._tokens.labels(model, kind).inc(number)
        if tokens["cache_read"]:
            self._cache_hits.labels("prompt").inc()
        cost_usd = self._prices.cost_usd(call, at) if named else None
        if cost_usd is not None:
            # in steps whose sums are exact: see the definition
            steps = round(cost_usd / definitions.COST_STEP_USD)
            self._cost_usd.labels(model, feature).inc(steps * definitions.COST_STEP_USD)
        elif any(tokens.values()) or call.get("web_searches") or call.get("cost_logged_usd"):
            self._unpriced.labels(model).inc()
        if call.get("latency_ms") is not None:
            self._duration_s.labels(model).observe(call["latency_ms"] / 1000)


class _Series:
    """Keeps the number of series within bounds: the first values of a label have their own, later ones are `other`."""

    def __init__(self) -> None:
        self._values: list[set[str]] = [set(), set(), set()]
        self._combinations: set[tuple[str, ...]] = set()

    def of(self, *values: str) -> tuple[str, ...]:
        """Model, feature and task type as they are exposed."""
        shown = tuple(self._shown(known, str(value)[:100]) for known, value in zip(self._values, values, strict=True))
        if shown not in self._combinations:
            if len(self._combinations) >= definitions.MOST_SERIES:
                return (definitions.OTHER,) * len(values)
            self._combinations.add(shown)
        return shown

    def _shown(self, known: set[str], value: str) -> str:
        if value not in known:
            if len(known) >= 2 * definitions.TOP_VALUES:
                return definitions.OTHER
            known.add(value)
        return value
