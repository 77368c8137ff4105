"""Every technique alone, and the best stack of them."""

from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.page import html
from llmcost.render import cells, tables
from llmcost.render.view import Document, Flat, View
from llmcost.reports import assumed
from llmcost.views import pages, simulate
from llmcost.views import projection as projections
from llmcost.views.projection import between, ends, saving, without_dollars
from llmcost.what_ifs.projection import Projection
from llmcost.what_ifs.search import allowed
from llmcost.what_ifs.search.run_all import ARTICLE, ARTICLE_TITLE, CLAIMED, Everything

_WHY_LINES = 15
COLUMNS = ["what_if", "word", "saved_usd", "saved_share", "saved_low_usd", "saved_high_usd", "traffic_low_usd",
           "traffic_high_usd", "in_stack_usd", "note"]  # fmt: skip


@dataclass(frozen=True)
class RunAllView(View):
    """The simulation of the best stack, with what each technique saves alone."""

    found: Everything

    @property
    def simulated(self) -> Projection:
        """The simulation of the stack that is shown."""
        return self.found.projection

    def document(self) -> Document:
        return _document(self.found)

    def flat(self) -> Flat:
        """A row a technique."""
        return Flat(rows(self.found), COLUMNS)

    def screen(self, *, details: bool) -> RenderableType:
        """Each technique alone and in the stack, then what the stack changes, and caveats."""
        found = self.found
        parts = [_headline(found), _alone(found)]
        if details:
            said = [*_left_out(found), *_overlap(found), *_article(found)]
            parts.append(tables.Bullets("Alone and together", said))
        else:
            if not found.projection.stages:
                parts.append(tables.Bullets("Why", _left_out(found), at_most=_WHY_LINES))
            if said := _below(found):
                parts.append(Text("\n".join(f"{line[0].upper()}{line[1:]}." for line in said) + "\n"))
        if details and found.projection.stages:
            parts.append(simulate.steps_table(found.projection))
        return Group(*parts, simulate.below(found.projection, details=details, headed=True))

    def page(self) -> str:
        return html.page(pages.simulation(self.found.projection, alone=rows(self.found)))


def _document(found: Everything) -> dict[str, Any]:
    baseline = found.projection.baseline_usd
    made = projections.document(found.projection) | {
        "alone": rows(found),
        "left_out": [{"what_if": one.what_if.query.name, "why": one.why} for one in found.left_out],
        "interaction": {
            "sum_of_alone_usd": found.sum_of_alone_usd,
            "together_usd": baseline - found.projection.cost_usd,
            "lost_usd": found.lost_usd,
            "lost_share": found.lost_usd / found.sum_of_alone_usd if found.sum_of_alone_usd else None,
        },
        "article": {
            "what_ifs": list(ARTICLE),
            "replayed": [step.query.name for step in found.three],
            "claimed_low_share": CLAIMED[0],
            "claimed_high_share": CLAIMED[1],
            "saved_usd": found.three_saved_usd,
            "saved_share": _three_share(found),
            **ends(found.three_range),
        },
    }
    if not found.projection.is_priced:
        for part in ("interaction", "article"):
            made[part] = without_dollars(made[part])
    return made


def rows(found: Everything) -> list[dict[str, Any]]:
    """A row a technique: what it saves alone and in the stack, None where it is not part of it."""
    baseline = found.projection.baseline_usd
    stacked = {stage.what_if.query.name: stage.saved_usd for stage in found.projection.stages}
    why = {one.what_if.query.name: one.why for one in found.left_out}
    made = []
    for one in found.alone:
        name = one.what_if.query.name
        share = one.saved_usd / baseline if one.saved_usd is not None and baseline else None
        row = {"what_if": name, "word": one.what_if.word, "saved_usd": one.saved_usd, "saved_share": share}
        row |= ends(one.range) if one.range else {}
        row |= {"in_stack_usd": stacked.get(name), "note": why.get(name, one.remark)}
        made.append({column: row.get(column) for column in COLUMNS})
    return made


def _headline(found: Everything) -> RenderableType:
    projection, spread = found.projection, found.projection.range
    replayed = f"{cells.counted(projection.requests, 'request')} replayed"
    if not projection.is_priced:
        return Text(f"{replayed}; none has a price\n")
    baseline, saved = projection.baseline_usd, projection.baseline_usd - projection.cost_usd
    rests = assumed.condition(projection.assumed, projection.requests)
    if not projection.stages:
        without = " that leaves answers as they are" if found.refused else ""
        return Text(f"{replayed}: no technique{without} saves anything of {cells.usd(baseline).plain}{rests}\n")
    share = f" ({saved / baseline:.1%})" if baseline else ""
    ranged = f", between {cells.usd(spread.low_usd)} and {cells.usd(spread.high_usd)}"
    line = Text(f"{replayed}: together they save {'up to ' if projection.is_upper_bound else ''}")
    line.append(f"{cells.usd(saved)}{share}", style="bold green")
    kept = "" if any(stage.changes_answers for stage in projection.stages) else " with the same answers"
    line.append(f" of {cells.usd(baseline)}{kept}{ranged if spread.low_usd != spread.high_usd else ''}{rests}")
    for said in projections.answers(projection):
        line.append(f". {said}")
    return line.append("\n")


def _alone(found: Everything) -> RenderableType:
    most = max((abs(one.saved_usd) for one in found.alone if one.saved_usd is not None), default=0.0)
    made: list[list[Text]] = []
    for one, row in zip(found.alone, rows(found), strict=True):
        name = cells.name(row["what_if"])
        if one.saved_usd is None or one.range is None:
            made.append([name, *[Text("–")] * 3, Text("not possible", style="yellow"), Text("")])
            continue
        absent = Text("changes answers" if row["what_if"] in found.refused else "left out", style="dim")
        stacked = absent if row["in_stack_usd"] is None else cells.usd(row["in_stack_usd"])
        bar = cells.bar(one.saved_usd / most if most else 0.0, 16)
        saved = saving(one.saved_usd, is_upper_bound=one.is_upper_bound)
        made.append([name, saved, between(one.range), cells.share(row["saved_share"]), stacked, bar])
    columns = [
        tables.name("technique"), tables.number("alone it saves"), tables.number("range", 2), tables.number("share", 3),
        tables.number("in the stack"), tables.bar(),
    ]  # fmt: skip
    return tables.Table(columns, made, "Each technique alone, and what it adds in the stack, in this order")


def _left_out(found: Everything) -> list[str]:
    """Why the stack goes without a technique: those with the same reason in one line."""
    names: dict[str, list[str]] = {}
    for one in found.left_out:
        names.setdefault(one.why, []).append(one.what_if.query.name)
    return [f"{', '.join(some)}: {why}" for why, some in names.items()]


def _below(found: Everything) -> list[str]:
    """In words: what the stack's techniques take from one another, how to stack the others, and what costs more."""
    said = _overlap(found)
    if found.refused:
        unjudged = [one.what_if.word for one in found.alone if one.is_unjudged]
        quality = f" (not judged: {', '.join(unjudged)})" if unjudged else ""
        said.append(f"{allowed.OPTION} stacks what changes answers too{quality}")
    return [*said, *(f"{one.what_if.query.name} {one.remark}" for one in found.alone if (one.saved_usd or 0.0) < 0)]


def _overlap(found: Everything) -> list[str]:
    """What is lost when techniques that save the same dollar are stacked."""
    alone, together = found.sum_of_alone_usd, found.projection.baseline_usd - found.projection.cost_usd
    if not alone:
        return []
    return [
        f"alone, the techniques in the stack save {cells.usd(alone)} in total, together {cells.usd(together)}:"
        f" {cells.usd(found.lost_usd)} ({found.lost_usd / alone:.0%}) overlaps"
    ]


def _three_share(found: Everything) -> float | None:
    saved, baseline = found.three_saved_usd, found.projection.baseline_usd
    return saved / baseline if saved is not None and baseline else None


def _article(found: Everything) -> list[str]:
    """What the article claims, and what this log says."""
    share, replayed = _three_share(found), [step.query.name for step in found.three]
    if not found.projection.baseline_usd:
        return []
    if share is None:
        here = "none of the three can be replayed on this log"
    elif len(replayed) < len(ARTICLE):
        here = f"on this log {len(replayed)} of the 3 can be replayed ({', '.join(replayed)}): {share:.1%}"
    else:
        verdict = "as claimed" if CLAIMED[0] <= share <= CLAIMED[1] else "less" if share < CLAIMED[0] else "more"
        here = f"on this log they save {share:.1%}: {verdict}"
    return [
        f"{ARTICLE_TITLE} claims {CLAIMED[0]:.0%} to {CLAIMED[1]:.0%} for response caching, routing and prompt caching"
        f" together; {here}"
    ]
