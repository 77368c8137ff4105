"""A simulation: the baseline, each step, what it rests on."""

from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.page import html
from llmcost.render import terminal
from llmcost.render.view import Document, Flat, View
from llmcost.views import cache_advice, pages, quality
from llmcost.views.backtest import compared
from llmcost.views.projection import between, document, steps, varies
from llmcost.what_ifs.engine.ranges import Range
from llmcost.what_ifs.projection import Projection, Stage

_MOVES_SHOWN = 6
_EFFECTS = {
    "input_tokens": "input tokens",
    "cache_read_tokens": "cache read",
    "cache_write_tokens": "cache write",
    "output_tokens": "output",
    "answers_cut_short": "answers cut short",
    "requests_without_a_call": "requests served without a call",
    "requests_of_another_tier": "requests of another tier",
    "requests_asked_twice": "requests asked twice",
}


@dataclass(frozen=True)
class ProjectionView(View):
    """The simulation; shares are of the baseline's cost."""

    projection: Projection

    def document(self) -> Document:
        return document(self.projection)

    def flat(self) -> Flat:
        """By the keys asked for, else a row a step."""
        if not self.projection.by:
            return steps(self.projection)
        measures = ("requests", "baseline_cost_usd", "cost_usd", "saved_usd", "saved_low_usd", "saved_high_usd")
        return Flat(self.projection.by, [*self.projection.dimensions, *measures])

    def screen(self) -> RenderableType:
        return screen(self.projection)

    def page(self) -> str:
        return html.page(pages.simulation(self.projection))


def screen(projection: Projection) -> RenderableType:
    """The simulation as a person reads it."""
    parts: list[RenderableType] = [_steps(projection)]
    effects = [f"{stage.what_if.query.name}: {line}" for stage in projection.stages if (line := _effects(stage))]
    effects += [f"{stage.what_if.query.name}: {_cut(stage)}" for stage in projection.stages if stage.cut_short]
    if effects:
        parts.append(terminal.bullets("What changes", effects))
    moves = [line for stage in projection.stages for line in _moves(stage)]
    if moves:
        parts.append(terminal.bullets("Requests that move", moves))
    parts += [_summary(stage) for stage in projection.stages if stage.summary]
    parts += [quality.show(stage.quality) for stage in projection.stages if stage.quality]
    parts += [cache_advice.show(stage.prompts) for stage in projection.stages if stage.prompts]
    if projection.by:
        parts.append(_by(projection))
    if projection.is_priced:
        parts.append(terminal.bullets("How far to trust it", varies(projection)))
    if projection.backtest:
        parts.append(terminal.bullets("How the replay predicts what the log recorded", _backtest(projection.backtest)))
    if projection.assumptions:
        parts.append(terminal.bullets("What this rests on", projection.assumptions))
    notes = [note for stage in projection.stages for note in (stage.summary or {}).get("notes", [])]
    if notes or projection.notes:
        heading = "What to know beside these numbers"
        parts.append(terminal.bullets(heading, [*projection.notes, *notes], "yellow"))
    return Group(*parts)


def _steps(projection: Projection) -> RenderableType:
    baseline = projection.baseline_usd

    def usd(value: float) -> Text:
        return terminal.usd(value if projection.is_priced else None)

    cells: list[list[RenderableType]] = [
        [Text("as logged"), usd(baseline), *[Text("")] * 3, _remaining(baseline, 0.0, baseline)]
    ]
    cells += [
        [
            Text(stage.what_if.query.name),
            usd(stage.cost_usd),
            usd(stage.saved_usd),
            between(stage.range),
            terminal.share(stage.saved_share),
            _remaining(stage.cost_usd, stage.saved_usd, baseline),
        ]
        for stage in projection.stages
    ]
    saved = baseline - projection.cost_usd
    share = saved / baseline if baseline else None
    cells.append([Text("together", style="bold"), usd(projection.cost_usd), usd(saved),
                  between(projection.range), terminal.share(share), Text("")])  # fmt: skip
    headings = [
        ("step", "left"),
        ("cost", "right"),
        ("saved", "right"),
        ("range", "right"),
        ("share", "right"),
        ("", "left"),
    ]
    title = f"{projection.requests:,} requests replayed"
    return terminal.table(headings, cells, title=title, rule_before_last=True)


def _remaining(cost: float, saved: float, baseline: float, width: int = 28) -> Text:
    """A waterfall's bar: what is still spent, then what this step took away or added."""
    if not baseline:
        return Text("")
    left = round(min(cost, cost + saved, baseline * 1.5) / baseline * width)
    change = round(abs(saved) / baseline * width)
    picture = Text("█" * max(left, 0), style="cyan")
    picture.append("░" * change if saved >= 0 else "▓" * change, style="green" if saved >= 0 else "red")
    return picture


def _effects(stage: Stage) -> str:
    said = []
    for name, words in _EFFECTS.items():
        amount = stage.effects[name] or 0
        if amount:
            sign = ("+" if amount > 0 else "−") if name.endswith("_tokens") else ""
            said.append(f"{sign}{terminal.count(abs(amount)).plain} {words}")
    return ", ".join(said)


def _cut(stage: Stage) -> str:
    """In words: of which features the answers are cut short, the most often cut first."""
    shown = [
        f"{terminal.name(row['feature'], 24).plain} {row['answers_cut_short']:,}"
        f" ({row['answers_cut_short'] / row['requests']:.1%})"
        for row in stage.cut_short[:_MOVES_SHOWN]
    ]
    rest = len(stage.cut_short) - len(shown)
    return f"cut short by feature: {', '.join(shown)}{f' and {rest} more' if rest else ''}"


def _summary(stage: Stage) -> RenderableType:
    """What a kernel says of its replay as a whole: one line a figure, groups of figures in one line."""
    cells: list[list[RenderableType]] = [
        [Text(name.replace("_", " ")), Text(_figure(name, value))]
        for name, value in (stage.summary or {}).items()
        if name != "notes" and value not in (None, {}, [])
    ]
    headings = [("figure", "left"), ("value", "left")]
    return terminal.table(headings, cells, title=f"{stage.what_if.query.name}, replayed")


def _figure(name: str, value: Any) -> str:
    """A figure by what its name says it is: dollars, a share, milliseconds, or a number."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {_figure(name, inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return " to ".join(_figure(name, inner) for inner in value)
    if value is None:
        return "no end"
    if "usd" in name.split("_"):
        return terminal.usd(value).plain
    if name.endswith(("_busy", "_share")):
        return f"{value:.1%}"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _moves(stage: Stage) -> list[str]:
    lines = [
        f"{stage.what_if.query.name}: {row['requests']:,} ({row['share']:.1%}) from {row['from_model']}"
        f" to {row['to_model']}: {terminal.usd(row['before_usd'])} becomes {terminal.usd(row['after_usd'])},"
        f" {_saving(row['saved_usd'])}"
        for row in stage.moves[:_MOVES_SHOWN]
    ]
    rest = stage.moves[_MOVES_SHOWN:]
    if rest:
        lines.append(f"{stage.what_if.query.name}: {sum(row['requests'] for row in rest):,} in {len(rest)} other ways")
    if len(stage.moves) > 1:
        requests, before, after = (
            sum(row[name] for row in stage.moves) for name in ("requests", "before_usd", "after_usd")
        )
        lines.append(
            f"{stage.what_if.query.name}: {requests:,} in all, {terminal.usd(before)} becomes {terminal.usd(after)}"
        )
    return lines


def _saving(saved_usd: float) -> str:
    return f"{'saving' if saved_usd >= 0 else 'costing'} {terminal.usd(abs(saved_usd)).plain}"


def _by(projection: Projection) -> RenderableType:
    headings = [(name, "left") for name in projection.dimensions] + [
        ("requests", "right"), ("as logged", "right"), ("projected", "right"), ("saved", "right"), ("range", "right"),
        ("", "left"),
    ]  # fmt: skip
    most = max((abs(row["saved_usd"]) for row in projection.by), default=0.0)
    cells = [
        [
            *(terminal.name(row[name]) for name in projection.dimensions),
            terminal.count(row["requests"]),
            terminal.usd(row["baseline_cost_usd"]),
            terminal.usd(row["cost_usd"]),
            terminal.usd(row["saved_usd"]),
            between(Range(row["saved_low_usd"], row["saved_high_usd"])),
            terminal.bar(row["saved_usd"] / most if most else 0.0),
        ]
        for row in projection.by
    ]
    return terminal.table(headings, cells, title=f"Savings by {', '.join(projection.dimensions)}")


def _backtest(found: dict[str, Any]) -> list[str]:
    """Predicted, range, actual and error of each replay."""
    lines = []
    for name, whole in found.items():
        predicted, ranged, actual = (text.plain for text in compared(whole))
        error = "" if whole["error_share"] is None else f", error {whole['error_share']:+.1%}"
        lines.append(
            f"{name}: predicted {predicted}{'' if ranged == '–' else f' (range {ranged})'}, actual {actual}{error}"
        )
    return lines
