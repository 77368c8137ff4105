"""A simulation: the baseline, each step, and what the numbers depend on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.backtest import trust
from llmcost.numerals import change
from llmcost.page import html
from llmcost.render import cells, tables
from llmcost.render.view import Document, Flat, View
from llmcost.reports import assumed
from llmcost.views import cache_advice, pages, provenance, quality, zones
from llmcost.views.backtest import compared
from llmcost.views.projection import answers, between, document, questions, saving, steps, varies
from llmcost.what_ifs.cache_advice import decides
from llmcost.what_ifs.engine.ranges import Range
from llmcost.what_ifs.projection import Projection, Stage

DETAILS = "--details adds assumptions, figures, each prompt's cheapest cache and the backtest."

_MOVES_SHOWN = 6
_BY_ROWS = 8
_CHANGE_LINES = 5
_STEPS_AND_NOTES = 9
_LEAST_NOTES = 5
_QUESTIONS = 3
_TOKENS = {
    "input_tokens": "input tokens",
    "cache_read_tokens": "cache read tokens",
    "cache_write_tokens": "cache write tokens",
    "output_tokens": "output tokens",
}
_COUNTS = {
    "answers_cut_short": ("answer cut short", "answers cut short"),
    "requests_without_a_call": ("request answered without a call", "requests answered without a call"),
    "answers_not_compared": ("answer that the log cannot compare", "answers that the log cannot compare"),
    "requests_of_another_tier": ("request moved to another tier", "requests moved to another tier"),
    "requests_asked_twice": ("call added", "calls added"),
}


@dataclass(frozen=True)
class ProjectionView(View):
    """The simulation; shares are of the baseline's cost."""

    projection: Projection

    @property
    def simulated(self) -> Projection:
        """The simulation of the stack that is shown."""
        return self.projection

    def document(self) -> Document:
        return document(self.projection)

    def flat(self) -> Flat:
        """By the keys asked for, else a row for each step."""
        if not self.projection.by:
            return steps(self.projection)
        measures = ("requests", "baseline_cost_usd", "cost_usd", "saved_usd", "saved_low_usd", "saved_high_usd")
        return Flat(self.projection.by, [*self.projection.dimensions, *measures])

    def screen(self, *, details: bool) -> RenderableType:
        return Group(steps_table(self.projection), below(self.projection, details=details))

    def page(self) -> str:
        return html.page(pages.simulation(self.projection))


def below(projection: Projection, *, details: bool, headed: bool = False) -> RenderableType:
    """What is shown below the table of steps: what changes, how far the savings range, and caveats.

    `headed`: a headline says already how much of the saving leaves answers as they are.
    """
    stages = projection.stages
    parts: list[RenderableType] = []
    said = [] if headed else answers(projection)
    room = -2 if headed else -1 if said else 0  # for what is said of answers
    if not details and projection.is_priced and stages:
        lines = [*said, *varies(projection)]
        parts.append(Text("\n".join(f"{line[0].upper()}{line[1:]}." for line in lines) + "\n"))
    if projection.by:
        parts.append(_by(projection, None if details else _BY_ROWS + room))
    parts += [quality.show(stage.quality, details=details) for stage in stages if stage.quality]
    if details:
        parts.append(tables.Bullets("Answers", _answers(projection)))
        parts.append(tables.Bullets("What changes", [line for stage in stages for line in _changes(stage)]))
        parts.append(tables.Bullets("Requests that move", [line for stage in stages for line in _moves(stage)]))
        parts += [_summary(stage) for stage in stages if stage.summary]
        parts += [cache_advice.show(stage.prompts) for stage in stages if stage.prompts]
        parts.append(tables.Bullets("Ranges", varies(projection) if projection.is_priced else ()))
        found = projection.backtest or {}
        parts.append(tables.Bullets("Backtest", [*_backtest(found), *trust.sentences(found)]))
        parts.append(tables.Bullets("Assumptions", projection.assumptions))
    else:
        most = sorted(stages, key=lambda stage: -abs(stage.saved_usd))
        changes = [line for stage in most for line in _changes(stage)[:1]]
        parts.append(tables.Bullets("What changes", changes, at_most=_CHANGE_LINES + room))
        chosen = [stage for stage in stages if decides(stage.what_if.values)]
        parts += [cache_advice.settings(stage.prompts) for stage in chosen]
    asked = [line for stage in stages for line in questions(stage)[: None if details else _QUESTIONS]]
    notes = [*projection.notes, *asked, *(note for stage in stages for note in (stage.summary or {}).get("notes", []))]
    at_most = None if details else max(_LEAST_NOTES, _STEPS_AND_NOTES - len(stages)) + room
    parts.append(tables.Bullets("Caveats", notes, "yellow", at_most))
    if not details:
        parts.append(Text(DETAILS, style="dim"))
    return Group(*parts, *provenance.below(projection.provenance))


def _answers(projection: Projection) -> list[str]:
    """In words: how much of the saving changes answers, and why each such step does."""
    return [
        *answers(projection),
        *(f"{one.what_if.query.name}: {one.changes_answers}" for one in projection.stages if one.changes_answers),
    ]


def steps_table(projection: Projection) -> tables.Table:
    """The baseline, each step with its saving and range, and all of them together."""
    baseline = projection.baseline_usd

    def usd(value: float) -> Text:
        return cells.usd(value if projection.is_priced else None)

    logged = "as logged"
    if assumed.rests_on_it(projection.assumed, projection.requests):
        logged += assumed.condition(projection.assumed, projection.requests)

    def saves(value: float, *, at_most: bool) -> Text:
        return saving(value, is_upper_bound=at_most) if projection.is_priced else usd(value)

    rows = [[Text(logged), usd(baseline), *[Text("")] * 3, _remaining(baseline, 0.0, baseline)]]
    rows += [
        [
            Text(stage.what_if.query.name),
            usd(stage.cost_usd),
            *(
                [saves(stage.saved_usd, at_most=stage.is_upper_bound), between(stage.range)]
                if stage.projected
                else [Text("unknown", style="yellow"), Text("–", style="dim")]
            ),
            cells.share(stage.saved_share if stage.projected else None),
            _remaining(stage.cost_usd, stage.saved_usd, baseline),
        ]
        for stage in projection.stages
    ]
    saved = baseline - projection.cost_usd
    share = saved / baseline if baseline else None
    together = saves(saved, at_most=projection.is_upper_bound)
    rows.append([Text("together", style="bold"), usd(projection.cost_usd), together, between(projection.range),
                 cells.share(share), Text("")])  # fmt: skip
    columns = [
        tables.name("step"), tables.number("cost", 1), tables.number("saved"), tables.number("range", 2),
        tables.number("share", 3), tables.bar(),
    ]  # fmt: skip
    return tables.Table(columns, rows, f"{cells.counted(projection.requests, 'request')} replayed", total=True)


def _remaining(cost: float, saved: float, baseline: float, width: int = 28) -> Text:
    """A waterfall's bar: what is still spent, then what this step took away or added."""
    if not baseline:
        return Text("")
    left = round(min(cost, cost + saved, baseline * 1.5) / baseline * width)
    change = round(abs(saved) / baseline * width)
    picture = Text("█" * max(left, 0), style="cyan")
    picture.append("░" * change if saved >= 0 else "▓" * change, style="green" if saved >= 0 else "red")
    return picture


def _changes(stage: Stage) -> list[str]:
    """In words: requests that move, tokens and answers that change; then the features whose answers are cut short."""
    said = []
    if stage.moves:
        requests, before, after = _moved(stage.moves)
        said.append(f"{cells.counted(requests, 'request')} to another model, {cells.usd(before)} becomes"
                    f" {cells.usd(after)}")  # fmt: skip
    for name, words in _TOKENS.items():
        if amount := stage.effects[name] or 0:
            said.append(f"{'+' if amount > 0 else '−'}{cells.count(abs(amount))} {words}")
    for name, (one, many) in _COUNTS.items():
        if amount := stage.effects[name] or 0:
            said.append(cells.counted(amount, one, many))
    step = stage.what_if.query.name
    lines = [f"{step}: {', '.join(said)}"] if said else []
    return [*lines, *([f"{step}: {_cut(stage)}"] if stage.cut_short else [])]


def _cut(stage: Stage) -> str:
    """In words: the features whose answers are cut short, the most often cut first."""
    shown = [
        f"{cells.brief(row['feature'], 24)} {row['answers_cut_short']:,}"
        f" ({row['answers_cut_short'] / row['requests']:.1%})"
        for row in stage.cut_short[:_MOVES_SHOWN]
    ]
    rest = len(stage.cut_short) - len(shown)
    return f"answers cut short by feature: {', '.join(shown)}{f' and {rest} more' if rest else ''}"


def _summary(stage: Stage) -> RenderableType:
    """What a kernel says of its replay as a whole: one line for each figure, groups of figures in one line."""
    rows = [
        [Text(name.replace("_", " ")), Text(_figure(name, value))]
        for name, value in (stage.summary or {}).items()
        if name != "notes" and value not in (None, {}, [])
    ]
    columns = [tables.name("figure"), tables.words("value")]
    return tables.Table(columns, rows, f"{stage.what_if.query.name}: figures of the replay")


def _figure(name: str, value: Any) -> str:
    """A figure by what its name says it is: dollars, a share, milliseconds, or a number."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {_figure(name, inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return " to ".join(_figure(name, inner) for inner in value)
    if value is None:
        return "no upper bound"
    if "usd" in name.split("_"):
        return cells.usd(value).plain
    if name.endswith(("_busy", "_share")):
        return f"{value:.1%}"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _moves(stage: Stage) -> list[str]:
    step = stage.what_if.query.name
    lines = [
        f"{step}: {row['requests']:,} ({row['share']:.1%}) from {row['from_model']} to {row['to_model']}:"
        f" {cells.usd(row['before_usd'])} becomes {cells.usd(row['after_usd'])}, {_saving(row['saved_usd'])}"
        for row in stage.moves[:_MOVES_SHOWN]
    ]
    rest = stage.moves[_MOVES_SHOWN:]
    if rest:
        lines.append(f"{step}: {_moved(rest)[0]:,} between {len(rest)} other pairs of models")
    return lines


def _moved(rows: Sequence[dict[str, Any]]) -> tuple[int, float, float]:
    """Requests that move, and their cost before and after."""
    requests, before, after = (sum(row[name] for row in rows) for name in ("requests", "before_usd", "after_usd"))
    return requests, before, after


def _saving(saved_usd: float) -> str:
    return f"{'saves' if saved_usd >= 0 else 'costs'} {cells.usd(abs(saved_usd))}"


def _by(projection: Projection, at_most: int | None) -> RenderableType:
    timezone = projection.provenance.timezone if projection.provenance else "UTC"
    columns = [
        *(tables.name(zones.heading(name, timezone)) for name in projection.dimensions), tables.number("requests", 3),
        tables.number("as logged", 1), tables.number("projected", 1), tables.number("saved"),
        tables.number("range", 2), tables.bar(),
    ]  # fmt: skip
    most = max((abs(row["saved_usd"]) for row in projection.by), default=0.0)
    rows = [
        [
            *(cells.name(row[name]) for name in projection.dimensions),
            cells.count(row["requests"]),
            cells.usd(row["baseline_cost_usd"]),
            cells.usd(row["cost_usd"]),
            cells.usd(row["saved_usd"]),
            between(Range(row["saved_low_usd"], row["saved_high_usd"])),
            cells.bar(row["saved_usd"] / most if most else 0.0),
        ]
        for row in projection.by[:at_most]
    ]
    title = f"Savings by {', '.join(projection.dimensions)}{tables.more(len(rows), len(projection.by))}"
    return tables.Table(columns, rows, title)


def _backtest(found: dict[str, Any]) -> list[str]:
    """Predicted, range, actual and error of each replay."""
    lines = []
    for name, whole in found.items():
        predicted, ranged, actual = (text.plain for text in compared(whole))
        error = "" if whole["error_share"] is None else f", error {change(whole['error_share'])}"
        lines.append(
            f"{name}: predicted {predicted}{'' if ranged == '–' else f' (range {ranged})'}, actual {actual}{error}"
        )
    return lines
