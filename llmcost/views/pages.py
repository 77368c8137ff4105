"""Reports and simulations as pages: the tables that they draw, and what they say in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llmcost.engine.store import Store
from llmcost.engine.zones import Zone
from llmcost.explain import pairs, words
from llmcost.explain.change import Change
from llmcost.explain.contributor import Contributor, usual_keys
from llmcost.page import content, html, keys
from llmcost.render.cells import counted, usd
from llmcost.render.view import View
from llmcost.reports import calendar, cautions, once, provenance, window
from llmcost.reports.scope import Row, Scope
from llmcost.views import quality
from llmcost.views.explain import NAMES
from llmcost.views.projection import ends, steps, varies, without_dollars
from llmcost.what_ifs.projection import Projection

TITLE = "Where the LLM money went"
_DIGITS = 10
_COUNTS = ("requests", "unpriced_requests")


def report(store: Store, covered: Scope, notes: Sequence[str] = ()) -> dict[str, Any]:
    """Everything on a report's page, for JSON. `notes` come before those of the report."""
    of_page, of_changes = keys.keys(store, covered), usual_keys(store, covered)
    audited = content.is_audited(store, covered)
    questions = [*content.questions(audited=audited), *pairs.questions()]
    with once.laid_down(store, covered, questions, list(dict.fromkeys([*of_page, *of_changes]))) as columns:
        tables = content.tables(store, covered, {key: columns[key] for key in of_page}, audited=audited)
        changes = _changes(store, covered, {key: columns[key] for key in of_changes})
    return html.document(
        "report",
        tables | changes,
        title=TITLE,
        timezone=store.zone.name,
        days=_days(store, covered),
        audited=audited,
        notes=[
            *notes,
            *_covered(covered, store.zone),
            *provenance.moved(store, covered),
            *cautions.notes(store, covered),
        ],
        assumptions=content.assumptions(),
    )


def simulation(
    projection: Projection, alone: Sequence[Mapping[str, Any]] = (), frontier: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """Everything on a simulation's page, for JSON; what each technique saves alone and the frontier where known."""
    return html.document(
        "simulate",
        {
            "alone": alone,
            "frontier": frontier,
            "quality": _quality(projection),
            "stages": list(_stages(projection)),
            "savings": _savings(projection),
            "flows": _flows(projection),
        },
        title="What would have been cheaper",
        dimensions=", ".join(projection.dimensions),
        headline=_headline(projection),
        notes=[*projection.notes, *(varies(projection) if projection.is_priced else ())],
        assumptions=projection.assumptions,
    )


@dataclass(frozen=True)
class PageView(View):
    """A page whose document is made already."""

    made: dict[str, Any]

    def page(self) -> str:
        return html.page(self.made)


def _changes(store: Store, covered: Scope, columns: Mapping[str, str]) -> dict[str, list[Row]]:
    """The changes between any two periods of a kind: `llmcost explain` for each, the parts by their names."""
    found = pairs.compared(store, covered, columns)
    changes = [
        {
            "from": one.change.earlier.period.words,
            "to": one.change.later.period.words,
            "kind": one.change.later.period.kind,
            "from_name": one.change.earlier.period.name,
            "to_name": one.change.later.period.name,
            "from_usd": one.change.earlier.cost_usd,
            "to_usd": one.change.later.cost_usd,
            "unpriced_requests": one.change.earlier.unpriced_requests + one.change.later.unpriced_requests,
            "headline": words.headline(one.change).removesuffix("."),
            "notes": "; ".join(one.notes),
            **one.change.split.parts,
        }
        for one in found
    ]
    return {
        "changes": changes,
        "parts": [{"part": part, "name": name} for part, name in NAMES.items()],
        "contributors": [_contributor(one.change, who) for one in found for who in one.contributors],
    }


def _contributor(change: Change, who: Contributor) -> Row:
    """Dollars to a tenth of a billionth: a page has many."""
    return {
        "from": change.earlier.period.words,
        "to": change.later.period.words,
        "by": who.by,
        "value": who.value if who.label is None else who.label,
        "from_usd": round(who.earlier["cost_usd"], _DIGITS),
        "to_usd": round(who.later["cost_usd"], _DIGITS),
        "change_usd": round(who.change_usd, _DIGITS),
        **{f"{side}_{name}": of[name] for side, of in (("from", who.earlier), ("to", who.later)) for name in _COUNTS},
        **{part: round(usd, _DIGITS) for part, usd in who.split.parts.items()},
        "example_request_id": who.example_request_id,
    }


def _days(store: Store, covered: Scope) -> list[str] | None:
    """The first and the last day that a page is about; None where it has none, or too many for a clock to be right."""
    asked = window.window(store, covered)
    asked = asked and asked.in_log()
    if asked is None or (asked.last - asked.first).days > calendar.MOST_DAYS:
        return None
    return [str(asked.first), str(asked.last)]


def _covered(covered: Scope, zone: Zone) -> list[str]:
    """What the page leaves out at the user's request."""
    said = []
    if covered.since or covered.until:
        since, until = (end and zone.local(end) for end in (covered.since, covered.until))
        said.append(f"only requests from {since or 'the beginning'} up to {until or 'the end'}")
    said += [f"only {kind}: {', '.join(names)}" for kind, names in covered.filters.given.items()]
    return said


def _stages(projection: Projection) -> Sequence[Row]:
    made = steps(projection)
    places = ["start"] + ["step"] * len(projection.stages)
    baseline, saved = projection.baseline_usd, projection.baseline_usd - projection.cost_usd
    whole = {
        "what_if": "together",
        "cost_usd": projection.cost_usd,
        "saved_usd": saved,
        "saved_share": saved / baseline if baseline else None,
        **ends(projection.range),
    }
    whole = whole if projection.is_priced else without_dollars(whole)
    placed = [{"place": place, **row} for place, row in zip(places, made.rows, strict=True)] + [
        {"place": "end"} | whole
    ]
    return [{"place": row["place"]} | {column: row.get(column) for column in made.columns} for row in placed]


def _savings(projection: Projection) -> list[Row]:
    return [
        {"name": " · ".join(str(row[name]) for name in projection.dimensions)}
        | {name: value for name, value in row.items() if name not in projection.dimensions}
        for row in projection.by
    ]


def _flows(projection: Projection) -> list[Row]:
    return [{"what_if": stage.what_if.query.name} | move for stage in projection.stages for move in stage.moves]


def _quality(projection: Projection) -> list[Row]:
    """Points of cost and quality, of the first step that knows both: a series each, and the policies by name."""
    step, found = next(((s.what_if.query.name, s.quality) for s in projection.stages if s.quality), ("", None))
    if found is None:
        return []
    series = {"frontier": found.frontier, "curve": found.curve, "policy": found.policies}
    columns = ("policy", "model", "cost_usd", "quality", "pgr")
    return [
        {"what_if": step, "series": name, "label": quality.WORDS.get(row.get("policy", ""))}
        | {column: row.get(column) for column in columns}
        for name, rows_of in series.items()
        for row in rows_of
    ]


def _headline(projection: Projection) -> dict[str, Any]:
    if not projection.is_priced:
        return {
            "lead": "The cost is unknown",
            "finding": "No request has a price, so there are no dollars to show",
            "sub": _replayed(projection),
            "cards": [["Requests", f"{projection.requests:,}", projection.requests, "without a price"]],
        }
    baseline, cost = projection.baseline_usd, projection.cost_usd
    saved, found = baseline - cost, projection.range
    share = f", {saved / baseline:.1%} of it" if baseline else ""
    ranged = _ranged(found.low_usd, found.high_usd)
    best = max(projection.stages, key=lambda stage: stage.saved_usd, default=None)
    at_most = "up to " if projection.is_upper_bound else ""
    most = f"; {best.what_if.query.name} brings most, {usd(best.saved_usd)}" if best and best.saved_usd > 0 else ""
    return {
        "lead": f"{at_most}{usd(saved)} less of {usd(baseline)}{share}"
        if saved >= 0
        else f"{usd(-saved)} more than {usd(baseline)}",
        "finding": f"{usd(baseline)} become {usd(cost)}{f', {ranged}' if ranged else ''}{most}",
        "sub": _replayed(projection),
        "cards": [
            ["As logged", usd(baseline).plain, baseline, ""],
            ["Projected", usd(cost).plain, cost, ""],
            ["Saved", at_most + usd(saved).plain, saved, ranged],
            ["Requests", f"{projection.requests:,}", projection.requests, "replayed"],
        ],
    }


def _ranged(low: float, high: float) -> str:
    """Both ends of what is saved, in words without a sign; empty where they are one."""
    if low == high:
        return ""
    if low >= 0:
        return f"between {usd(low)} and {usd(high)} less"
    if high <= 0:
        return f"between {usd(-high)} and {usd(-low)} more"
    return f"between {usd(-low)} more and {usd(high)} less"


def _replayed(projection: Projection) -> str:
    under = ", then ".join(stage.what_if.word for stage in projection.stages)
    return f"{counted(projection.requests, 'request')} replayed" + (f" under {under}" if under else "")
