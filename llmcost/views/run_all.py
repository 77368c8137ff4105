"""Every technique alone and together: as JSON, as a table, and for a terminal."""

from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.page import html
from llmcost.render import terminal
from llmcost.render.view import Document, Flat, View
from llmcost.views import pages, projection, simulate
from llmcost.views.projection import between, ends, without_dollars
from llmcost.what_ifs.search.run_all import ARTICLE, CLAIMED, Everything

COLUMNS = ["what_if", "word", "saved_usd", "saved_share", "saved_low_usd", "saved_high_usd", "traffic_low_usd",
           "traffic_high_usd", "in_stack_usd", "note"]  # fmt: skip


@dataclass(frozen=True)
class RunAllView(View):
    """The simulation of the best stack, with what each technique saves alone."""

    found: Everything

    def document(self) -> Document:
        return _document(self.found)

    def flat(self) -> Flat:
        """A row a technique."""
        return Flat(rows(self.found), COLUMNS)

    def screen(self) -> RenderableType:
        """Each alone, then the stack, then what is lost between them and what the article promised."""
        found = self.found
        return Group(_alone(found), terminal.bullets("Alone and together", _together(found)),
                     simulate.screen(found.projection))  # fmt: skip

    def page(self) -> str:
        return html.page(pages.simulation(self.found.projection, alone=rows(self.found)))


def _document(found: Everything) -> dict[str, Any]:
    baseline = found.projection.baseline_usd
    made = projection.document(found.projection) | {
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
    """A row a technique: what it saves alone, and what in the stack, None where it takes no part."""
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


def _alone(found: Everything) -> RenderableType:
    most = max((abs(one.saved_usd) for one in found.alone if one.saved_usd is not None), default=0.0)
    cells: list[list[RenderableType]] = []
    for one, row in zip(found.alone, rows(found), strict=True):
        name = terminal.name(row["what_if"], 20)
        if one.saved_usd is None or one.range is None:
            cells.append([name, *[Text("–")] * 3, Text("cannot be projected", style="yellow"), Text("")])
            continue
        stacked = Text("left out", style="dim") if row["in_stack_usd"] is None else terminal.usd(row["in_stack_usd"])
        bar = terminal.bar(one.saved_usd / most if most else 0.0, 16)
        share = terminal.share(row["saved_share"])
        cells.append([name, terminal.usd(one.saved_usd), between(one.range), share, stacked, bar])
    sides = {"alone": "left", "saves": "right", "range": "right", "share": "right", "in the stack": "right", "": "left"}
    return terminal.table(
        list(sides.items()), cells, title="Each technique alone, then what it adds to those before it"
    )


def _together(found: Everything) -> list[str]:
    baseline = found.projection.baseline_usd
    alone, together = found.sum_of_alone_usd, baseline - found.projection.cost_usd
    lines = [f"{one.what_if.query.name}: {one.why}" for one in found.left_out]
    if alone:
        lines.append(
            f"alone the stacked ones would save {terminal.usd(alone)}, together {terminal.usd(together)}:"
            f" {terminal.usd(found.lost_usd)} ({found.lost_usd / alone:.0%}) would be saved twice"
        )
    return [*lines, *_three(found)]


def _three_share(found: Everything) -> float | None:
    saved, baseline = found.three_saved_usd, found.projection.baseline_usd
    return saved / baseline if saved is not None and baseline else None


def _three(found: Everything) -> list[str]:
    """What the article promises, beside what this log says of it."""
    share, replayed = _three_share(found), [step.query.name for step in found.three]
    if not found.projection.baseline_usd:
        return []
    if share is None:
        here = "none of the three can be replayed on this log"
    elif len(replayed) < len(ARTICLE):
        here = f"on this log {len(replayed)} of the 3 can be replayed ({', '.join(replayed)}): {share:.1%}"
    else:
        verdict = "as promised" if CLAIMED[0] <= share <= CLAIMED[1] else "less" if share < CLAIMED[0] else "more"
        here = f"on this log it is {share:.1%}: {verdict}"
    return [
        f"the article promises {CLAIMED[0]:.0%} to {CLAIMED[1]:.0%} for response caching, routing and prompt caching"
        f" together; {here}"
    ]
