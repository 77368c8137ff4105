"""Spend by any key, the overview, and the costs that a log itself gives."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from llmcost.attribution import tickets
from llmcost.engine import registry
from llmcost.engine.store import Store
from llmcost.errors import UsageError, did_you_mean
from llmcost.reports import assumed, window
from llmcost.reports.cautions import notes
from llmcost.reports.filters import has_tag, listed, nearest_tag, tag_names
from llmcost.reports.provenance import Provenance
from llmcost.reports.scope import Row, Scope

DIMENSIONS = (
    "feature", "task_type", "prompt", "model", "provider", "user", "session", "project", "ticket", "machine",
    "status", "hour", "day", "week", "month",
)  # fmt: skip
TIMES = ("hour", "day", "week", "month")
MEASURES = (
    "requests", "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "cost_usd", "cost_share",
    "fees_usd", "unpriced_requests",
)  # fmt: skip

EACH = ("cost_per_request_usd", "prompt_tokens_per_request", "output_tokens_per_request")
"""Of a request, in reports by a key: its cost where it has a price; its tokens, those of the prompt cached or not."""

_NOTHING: Row = dict.fromkeys(MEASURES, 0) | {"cost_usd": 0.0, "cost_share": 0.0, "fees_usd": 0.0}
_WRITTEN = {"day": "2026-10-01", "week": "2026-W40", "month": "2026-10"}

TREND_PARTS = 12
"""Equal stretches of the time covered: a prompt's trend is its cost in each."""


@dataclass
class Report:
    """Rows by their dimensions, their total, and notes in words."""

    rows: list[Row]
    total: Row
    notes: list[str]
    assumed: list[Row]  # what rests on a model that was assumed
    timezone: str  # of its days, weeks, months and hours
    dimensions: tuple[str, ...] = ()
    sections: dict[str, list[Row]] = field(default_factory=dict)  # of the overview, by section
    provenance: Provenance | None = None


def report(
    store: Store,
    covered: Scope,
    dimensions: Sequence[str] = (),
    *,
    logged: bool = False,
    top: int | None = None,
    sort: str | None = None,
    notes: Sequence[str] = (),
) -> Report:
    """Spend by the dimensions, else the overview; `logged`: the log's own costs. `notes` come before its own."""
    if logged:
        found = logged_costs(store, covered)
    elif dimensions:
        found = by(store, dimensions, covered, top=top, sort=sort)
    else:
        found = overview(store, covered)
    found.notes[:0] = notes
    return found


def by(
    store: Store,
    dimensions: Sequence[str],
    covered: Scope,
    *,
    top: int | None = None,
    sort: str | None = None,
) -> Report:
    """Spend by one or more dimensions. With `top` the most expensive rows, unless sorted by something else, and one of
    all others."""
    if sort is not None and sort not in (*dimensions, *MEASURES, *EACH):
        raise UsageError(f"--sort {sort}: no such column", hint=did_you_mean(sort, [*dimensions, *MEASURES, *EACH]))
    found, said = _filled(store, spend(store, dimensions, covered), dimensions, covered)
    rows = _sorted([_each(row) for row in found], dimensions, sort or ("cost_usd" if top is not None else None))
    total = _each(spend(store, (), covered)[0])
    if top is not None and len(rows) > top:
        rows = [*rows[:top], others(rows[top:], dimensions)]
    for row in (*rows, total):
        row.pop("others", None)
    if "prompt" in dimensions:
        _describe(store, rows, "prompt")
    if list(dimensions) == ["prompt"]:  # both are of the whole prompt, not of its part in a row
        _follow(store, rows, covered)
    rests = assumed.find(store, covered)
    return Report(rows, total, [*said, *notes(store, covered)], rests, store.zone.name, tuple(dimensions))


def overview(store: Store, covered: Scope) -> Report:
    """The first screen: the total, and spend by day, model, feature and prompt."""
    found = store.rows(*covered.spend("overview"))
    sections: dict[str, list[Row]] = {}
    for row in found:
        if row["others"]:
            row["key"] = called(row["others"])
        sections.setdefault(row["section"], []).append(row)
    total = sections["total"][0]
    for row in found:
        row["cost_share"] = _share(row["cost_usd"], total["cost_usd"])
    days, asked = sections.get("day", []), window.window(store, covered)
    if asked is not None:
        days = asked.in_log().filled(days, "key", _NOTHING, _WRITTEN["day"])
    sections["day"] = sorted(days, key=lambda row: str(row["key"]))
    rows = [{"model": row["key"], **_measures(row)} for row in found if row["section"] == "model"]
    _describe(store, sections.get("prompt", []), "key")
    said = notes(store, covered) + _unattributed(sections)
    rests = assumed.find(store, covered)
    return Report(rows, _measures(total), said, rests, store.zone.name, ("model",), sections)


def logged_costs(store: Store, covered: Scope) -> Report:
    """The log's own costs and those of the price table, by model, with a likely reason."""
    rows = store.rows(*covered.spend("logged-costs"))
    sums = ("requests", "cost_logged_usd", "cost_usd", "difference_usd")
    total: Row = {name: _sum(rows, name) for name in sums} | {"requests": sum(row["requests"] for row in rows)}
    rests = assumed.find(store, covered)
    said = assumed.said(rests) if rows else ["the log contains no costs"]
    return Report(rows, total, said, rests, store.zone.name, ("model",))


def spend(store: Store, dimensions: Sequence[str], covered: Scope) -> list[Row]:
    """Spend by the dimensions, one row a combination, each holding its dimensions by name and MEASURES.

    Beyond 100,000 combinations the cheapest ones are one row, with their number as `others`.
    """
    fields, tags = key(dimensions)
    rows = store.rows(*covered.spend("spend", fields, **tags))
    if not rows and not dimensions:
        return [dict.fromkeys(MEASURES, 0) | {"cost_usd": None, "cost_share": None, "fees_usd": None}]
    return [unkeyed(row, dimensions) for row in rows]


def key(dimensions: Sequence[str]) -> tuple[str, dict[str, registry.Value]]:
    """SQL for the value that rows of these dimensions group by, and its parameters. UsageError for unknown ones."""
    parameters: dict[str, registry.Value] = {}
    fields = []
    for number, name in enumerate(dimensions):
        sql, tag = column(name, f"tag_{number}")
        parameters |= tag
        fields.append(f"'k{number}': {sql}")
    return "{" + ", ".join(fields) + "}" if fields else "true", parameters


def finds_tickets() -> bool:
    """Whether requests can be told apart by their tickets."""
    return tickets.configured()


def check(store: Store, dimensions: Sequence[str]) -> None:
    """Raises UsageError for a key that is none, and for a tag that no request has, with the nearest of both."""
    if "ticket" in dimensions and not finds_tickets():
        raise UsageError(
            "--by ticket: llmcost.toml does not say how to find tickets",
            hint='add [[tickets]], and on the next line for example: matches = "[A-Z]+-[0-9]+"',
        )
    unknown = [name for name in dimensions if name not in DIMENSIONS]
    tags = tag_names(store) if unknown else []
    for name in unknown:
        tag = name.removeprefix("tag:")
        if tag == name or not tag:
            raise UsageError(f"--by {name}: no such dimension", hint=_nearest_key(name, tags))
        if not has_tag(store, tag) and store.value("select 1 from requests limit 1"):
            raise UsageError(f"--by {name}: no request has this tag", hint=nearest_tag(tag, tags))


def _nearest_key(name: str, tags: Sequence[str]) -> str:
    if name in tags:
        return f"did you mean tag:{name}?"
    near = did_you_mean(name, [*DIMENSIONS, *(f"tag:{tag}" for tag in tags)])
    if not near.endswith("?"):
        near = f"{did_you_mean(name, [*DIMENSIONS, 'tag:NAME'])};"
    return f"{near} {listed(tags)}" if tags else near.removesuffix(";")


def tags(store: Store, covered: Scope, notes_before: Sequence[str] = ()) -> Report:
    """The tags that requests have, each with the spend of the requests that have it."""
    rows = store.rows(*covered.spend("tags"))
    left_out = rows[0]["tags"] - len(rows) if rows else 0
    total = _each(spend(store, (), covered)[0])
    for row in rows:
        row["cost_share"] = _share(row["cost_usd"], total["cost_usd"])
        del row["tags"]
        _each(row)
    more = [f"and {left_out:,} cheaper {'tag' if left_out == 1 else 'tags'}"] if left_out else []
    several = ["a request may have several tags, so the rows do not add up to the total"] if len(rows) > 1 else []
    said = [*notes_before, *more, *several, *notes(store, covered)]
    return Report(rows, total, said, assumed.find(store, covered), store.zone.name, ("tag",))


def unkeyed(row: Row, dimensions: Sequence[str]) -> Row:
    """The row with its key taken apart into the dimensions, by name. It keeps `others` where it stands for several."""
    rest = row.get("others")
    parts = {name: called(rest) if rest else row["key"][f"k{number}"] for number, name in enumerate(dimensions)}
    return parts | {name: value for name, value in row.items() if name != "key" and (name != "others" or value)}


def called(others: int) -> str:
    """The name of a row that stands for several."""
    return f"({others} others)"


def _describe(store: Store, rows: Sequence[Row], column: str) -> None:
    """Adds how to call a prompt, what never changes of it, and an example, to rows whose column holds its id."""
    described = store.rows(
        "select prompt_id, label, stable_share, example_redacted as example from prompts"
        " where prompt_id in (select unnest($asked))",
        {"asked": [row[column] for row in rows]},
    )
    known = {row["prompt_id"]: row for row in described}
    for row in rows:
        prompt = known.get(row[column], {})
        row |= {name: prompt.get(name) for name in ("label", "stable_share", "example")}


def _follow(store: Store, rows: Sequence[Row], covered: Scope) -> None:
    """Adds each prompt's cost over time, and its most expensive request."""
    parts: dict[str, list[Row]] = {}
    sql, values = covered.spend("prompt-trends", parts=TREND_PARTS)
    asked = {"asked": [row["prompt"] for row in rows]}
    for part in store.rows(f"from ({sql}) where prompt_id in (select unnest($asked))", values | asked):
        parts.setdefault(part["prompt_id"], []).append(part)
    for row in rows:
        own = parts.get(row["prompt"], [])
        spent = {part["part"]: part["cost_usd"] for part in own}
        top = max(own, key=lambda part: part["most_usd"], default={})
        row["trend_usd"] = [spent.get(part, 0.0) for part in range(TREND_PARTS)] if own else None
        row["example_request_id"] = top.get("example_request_id")


def _unattributed(sections: dict[str, list[Row]]) -> list[str]:
    """The share without a feature, which rules may name."""
    found = [row for row in sections.get("feature", []) if row["key"] == "unattributed"]
    if not found:
        return []
    [row] = found
    spent = "" if row["cost_share"] is None else f" ({row['cost_share']:.1%} of the cost)"
    have = "request has" if row["requests"] == 1 else "requests have"
    return [f"{row['requests']:,} {have} no feature{spent}; name them under [[features]] in llmcost.toml"]


def _measures(row: Row) -> Row:
    return {name: row[name] for name in MEASURES}


def _each(row: Row) -> Row:
    """The row with what a request of it costs and holds."""
    prompt = row["input_tokens"] + row["cache_read_tokens"] + row["cache_write_tokens"]
    requests = row["requests"]
    row["cost_per_request_usd"] = _share(row["cost_usd"], requests - row["unpriced_requests"])
    row["prompt_tokens_per_request"] = _share(prompt, requests)
    row["output_tokens_per_request"] = _share(row["output_tokens"], requests)
    return row


def _filled(store: Store, rows: list[Row], dimensions: Sequence[str], covered: Scope) -> tuple[list[Row], list[str]]:
    """Rows by day, week or month, with those of the window in which nothing was asked; and what to know of these."""
    asked = window.window(store, covered) if len(dimensions) == 1 and dimensions[0] in _WRITTEN else None
    if asked is None or not rows:
        return rows, []
    return asked.filled(rows, dimensions[0], _NOTHING, _WRITTEN[dimensions[0]]), list(asked.notes())


def _share(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None


def column(dimension: str, parameter: str) -> tuple[str, dict[str, registry.Value]]:
    """The SQL of a dimension, and the parameter that carries a tag's name: it may be anything."""
    if dimension.startswith("tag:") and len(dimension) > 4:
        return f"tags[${parameter}]", {parameter: dimension[4:]}
    if dimension not in DIMENSIONS:
        raise UsageError(
            f"--by {dimension}: no such dimension", hint=did_you_mean(dimension, [*DIMENSIONS, "tag:NAME"])
        )
    return f"by_{dimension}", {}


def _sorted(rows: list[Row], dimensions: Sequence[str], sort: str | None) -> list[Row]:
    """By time where the first dimension is one, else by cost, most expensive first; ties by the dimensions."""
    named = sorted(rows, key=lambda row: [str(row[name]) for name in dimensions])
    column = sort or (dimensions[0] if dimensions and dimensions[0] in TIMES else "cost_usd")
    if column in (*MEASURES, *EACH):
        return sorted(named, key=lambda row: ("others" in row, row[column] is None, -(row[column] or 0)))
    return sorted(named, key=lambda row: ("others" in row, row[column] is None, str(row[column])))


def others(rows: Sequence[Row], dimensions: Sequence[str]) -> Row:
    """The rows added up as one."""
    whole = called(sum(row.get("others", 1) for row in rows))
    return _each(dict.fromkeys(dimensions, whole) | {name: _sum(rows, name) for name in MEASURES})


def _sum(rows: Sequence[Row], name: str) -> float | None:
    """The sum of what is known; None where nothing is."""
    known = [row[name] for row in rows if row[name] is not None]
    return sum(known) if known else None
