"""The Grafana dashboard: what was spent and on what, whether the budgets last, and how well the exporter reads."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from llmcost.metrics import definitions as metrics
from llmcost.metrics.definitions import Metric

Json = dict[str, Any]

TITLE = "LLM cost"
UID = "llmcost"
WIDTH = 24  # of Grafana's grid
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
PICKED = 'feature=~"$feature", model=~"$model"'
PICKED_MODEL = 'model=~"$model"'


@dataclass(frozen=True)
class Panel:
    """One panel: its queries with their legends, and how it looks."""

    title: str
    kind: str  # as Grafana calls it
    queries: Sequence[tuple[str, str]]  # an expression, and what to call its series
    unit: str
    width: int
    height: int
    description: str = ""
    stacked: bool = False
    decimals: int | None = None
    range_is_whole: bool = False  # one value for the whole stretch that is looked at, instead of one a step
    thresholds: Sequence[tuple[float | None, str]] = ((None, "blue"),)


def panels() -> Iterator[Panel]:
    """The panels, from top to bottom, left to right."""
    yield from _standing()
    yield from _spending()
    yield from _use()
    yield from _health()


def _increase(metric: Metric, picked: str, by: str = "", window: str = "$__range") -> str:
    summed = f"sum by ({by})" if by else "sum"
    return f"{summed} (increase({metric.name}{{{picked}}}[{window}]))"


def _hourly(metric: Metric, picked: str, by: str) -> str:
    return f"3600 * sum by ({by}) (rate({metric.name}{{{picked}}}[$__rate_interval]))"


def _legend(label: str) -> str:
    return "{{" + label + "}}"


def _standing() -> Iterator[Panel]:
    usd = metrics.COST.unit
    yield Panel("Spent in this time", "stat", [(_increase(metrics.COST, PICKED), "spent")], usd, 5, 5,
                "By when the lines were read.", decimals=2, range_is_whole=True)  # fmt: skip
    yield Panel("Requests in this time", "stat", [(_increase(metrics.REQUESTS, PICKED), "requests")], "short", 5, 5,
                range_is_whole=True)  # fmt: skip
    of_budget = f"{metrics.BUDGET_SPENT.name} / {metrics.BUDGET.name}"
    forecast = f'{metrics.BUDGET_FORECAST.name}{{period="month"}} / {metrics.BUDGET.name}'
    traffic_light = ((None, "green"), (0.8, "yellow"), (1.0, "red"))
    yield Panel("Budgets: spent", "bargauge", [(of_budget, "{{budget}}, {{period}}")], "percentunit", 7, 5,
                "Of the current day and month, by the time of the requests.", thresholds=traffic_light)  # fmt: skip
    yield Panel("Budgets: forecast for the month", "bargauge", [(forecast, "{{budget}}")], "percentunit", 7, 5,
                "llmcost budget shows the range.", thresholds=traffic_light)  # fmt: skip


def _spending() -> Iterator[Panel]:
    usd = metrics.COST.unit
    for label in ("feature", "model"):
        hourly = _hourly(metrics.COST, PICKED, label)
        yield Panel(f"Dollars an hour, by {label}", "timeseries", [(hourly, _legend(label))], usd, 12, 9, stacked=True)
    for label in ("feature", "model"):
        ranked = f"topk(10, {_increase(metrics.COST, PICKED, label)})"
        yield Panel(f"Most expensive {label}s in this period", "bargauge", [(ranked, _legend(label))], usd, 6, 9,
                    decimals=2, range_is_whole=True)  # fmt: skip
    per_request = (
        f"sum by (feature) (rate({metrics.COST.name}{{{PICKED}}}[$__rate_interval]))"
        f" / (sum by (feature) (rate({metrics.REQUESTS.name}{{{PICKED}}}[$__rate_interval])) > 0)"
    )
    yield Panel("Dollars a request, by feature", "timeseries", [(per_request, "{{feature}}")], usd, 12, 9)


def _use() -> Iterator[Panel]:
    tokens = metrics.TOKENS.name
    yield Panel("Tokens an hour, by type", "timeseries", [(_hourly(metrics.TOKENS, PICKED_MODEL, "type"), "{{type}}")],
                "short", 12, 8, stacked=True)  # fmt: skip
    prompt_types = "|".join(kind for kind in metrics.TOKEN_TYPES if kind != "output")
    cached = (
        f'sum by (model) (rate({tokens}{{{PICKED_MODEL}, type="cache_read"}}[$__rate_interval]))'
        f' / (sum by (model) (rate({tokens}{{{PICKED_MODEL}, type=~"{prompt_types}"}}[$__rate_interval])) > 0)'
    )
    yield Panel("Share of prompt tokens read from the prompt cache, by model", "timeseries", [(cached, "{{model}}")],
                "percentunit", 12, 8)  # fmt: skip
    buckets = f"sum by (le) (rate({metrics.DURATION.name}_bucket{{{PICKED_MODEL}}}[$__rate_interval]))"
    yield Panel("How long requests take", "timeseries",
                [(f"histogram_quantile({share}, {buckets})", f"{share:.0%}") for share in (0.5, 0.95, 0.99)],
                metrics.DURATION.unit, 8, 8)  # fmt: skip
    failed = (
        f'sum by (feature) (rate({metrics.REQUESTS.name}{{{PICKED}, status="error"}}[$__rate_interval]))'
        f" / (sum by (feature) (rate({metrics.REQUESTS.name}{{{PICKED}}}[$__rate_interval])) > 0)"
    )
    yield Panel("Share of requests that fail, by feature", "timeseries", [(failed, "{{feature}}")], "percentunit", 8, 8)
    hits = f"3600 * sum by (cache_type) (rate({metrics.CACHE_HITS.name}[$__rate_interval]))"
    yield Panel("Requests an hour served from a cache", "timeseries", [(hits, "{{cache_type}} cache")], "short", 8, 8)


def _health() -> Iterator[Panel]:
    yield Panel("Requests without a price in this time", "stat",
                [(_increase(metrics.UNPRICED, PICKED_MODEL), "no price")], "short", 6, 5,
                "They are missing in every sum: llmcost prices names their models.", range_is_whole=True,
                thresholds=((None, "green"), (1.0, "red")))  # fmt: skip
    yield Panel(
        "Since the newest request", "stat", [(f"time() - max({metrics.NEWEST_REQUEST.name})", "age")], "s", 6, 5
    )
    yield Panel("The store can be read", "stat", [(f"min({metrics.READABLE.name})", "readable")], "bool_yes_no", 6, 5,
                thresholds=((None, "red"), (1.0, "green")))  # fmt: skip
    lines = f"3600 * sum by (outcome) (rate({metrics.LINES.name}[$__rate_interval]))"
    yield Panel("Log lines an hour, by what became of them", "timeseries", [(lines, "{{outcome}}")], "short", 6, 5)


def dashboard() -> Json:
    """The dashboard as Grafana imports it."""
    return {
        "uid": UID,
        "title": TITLE,
        "description": "What LLM calls cost, from llmcost metrics.",
        "tags": ["llm", "cost"],
        "schemaVersion": 39,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "1m",
        "time": {"from": "now-7d", "to": "now"},
        "timezone": "utc",
        "templating": {"list": [_source_variable(), _label_variable("feature"), _label_variable("model")]},
        "annotations": {"list": []},
        "panels": list(_laid_out()),
    }


def _source_variable() -> Json:
    return {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus", "current": {}}


def _label_variable(label: str) -> Json:
    query = f"label_values({metrics.COST.name}, {label})"
    return {
        "name": label, "label": label.capitalize(), "type": "query", "datasource": SOURCE,
        "query": {"query": query, "refId": label}, "refresh": 2, "sort": 1,
        "includeAll": True, "allValue": ".*", "multi": True, "current": {"text": ["All"], "value": ["$__all"]},
    }  # fmt: skip


def _laid_out() -> Iterator[Json]:
    """The panels as JSON, each next to the one before it while the row has room."""
    x = y = row_height = 0
    for number, panel in enumerate(panels(), start=1):
        if x + panel.width > WIDTH:
            x, y, row_height = 0, y + row_height, 0
        yield _panel(panel, number, {"x": x, "y": y, "w": panel.width, "h": panel.height})
        x += panel.width
        row_height = max(row_height, panel.height)


def _panel(panel: Panel, number: int, place: Json) -> Json:
    defaults: Json = {
        "unit": panel.unit,
        "color": {"mode": "thresholds" if panel.kind in ("stat", "bargauge") else "palette-classic"},
        "thresholds": {"mode": "absolute", "steps": [{"value": at, "color": color} for at, color in panel.thresholds]},
    }
    if panel.decimals is not None:
        defaults["decimals"] = panel.decimals
    if panel.unit == "percentunit":
        defaults |= {"min": 0, "max": 1}
    if panel.kind == "timeseries":
        defaults["custom"] = {
            "drawStyle": "line", "lineWidth": 1, "fillOpacity": 40 if panel.stacked else 0, "showPoints": "never",
            "stacking": {"mode": "normal" if panel.stacked else "none", "group": "A"},
        }  # fmt: skip
    return {
        "id": number,
        "title": panel.title,
        "description": panel.description,
        "type": panel.kind,
        "datasource": SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": _options(panel),
        "targets": [
            {
                "refId": chr(ord("A") + place), "datasource": SOURCE, "expr": expr, "legendFormat": legend,
                "instant": panel.range_is_whole, "range": not panel.range_is_whole,
            }
            for place, (expr, legend) in enumerate(panel.queries)
        ],
    }  # fmt: skip


def _options(panel: Panel) -> Json:
    if panel.kind == "timeseries":
        return {
            "legend": {
                "displayMode": "table",
                "placement": "bottom",
                "calcs": ["lastNotNull", "max"],
                "showLegend": True,
            },
            "tooltip": {"mode": "multi", "sort": "desc"},
        }
    reduced = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}
    if panel.kind == "bargauge":
        return reduced | {"orientation": "horizontal", "displayMode": "gradient", "showUnfilled": True}
    return reduced | {"colorMode": "value", "graphMode": "none", "textMode": "auto"}
