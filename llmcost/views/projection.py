"""A simulation: the baseline, each step, what it rests on."""

from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from llmcost.engine.registry import Query
from llmcost.render import terminal
from llmcost.views import prompts, quality
from llmcost.what_ifs.engine.bootstrap import LEVEL
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


def document(projection: Projection) -> dict[str, Any]:
    """The simulation as one JSON object; shares are of the baseline's cost."""
    saved = projection.baseline_usd - projection.cost_usd
    found: dict[str, Any] = {
        "baseline": {"requests": projection.requests, "cost_usd": projection.baseline_usd},
        "stages": [
            {
                "what_if": stage.what_if.query.name,
                "params": stage.what_if.values,
                "cost_usd": stage.cost_usd,
                "saved_usd": stage.saved_usd,
                "saved_share": stage.saved_share,
                **ends(stage.range),
                "moves": stage.moves,
                "effects": stage.effects,
                "cut_short": stage.cut_short,
                "quality": stage.quality.document() if stage.quality else None,
                "summary": stage.summary,
                "prompts": stage.prompts,
            }
            for stage in projection.stages
        ],
        "result": {
            "requests": projection.requests,
            "cost_usd": projection.cost_usd,
            "saved_usd": saved,
            "saved_share": saved / projection.baseline_usd if projection.baseline_usd else None,
            **ends(projection.range),
        },
        "ranges": {"level": LEVEL, "drawn": projection.blocks},
        "by": projection.by,
        "backtest": projection.backtest,
        "assumptions": projection.assumptions,
        "notes": projection.notes,
    }
    if not projection.is_priced:
        for part in (found["baseline"], found["result"], *found["stages"]):
            part |= without_dollars(part)
    return found


def without_dollars(row: dict[str, Any]) -> dict[str, Any]:
    """The row where no request has a price: what costs nobody knows is no $0."""
    return {name: None if name.endswith("_usd") or name == "saved_share" else value for name, value in row.items()}


def rows(projection: Projection, *, by_step: bool = False) -> tuple[list[dict[str, Any]], list[str]]:
    """The simulation as one table and its columns: by the keys asked for, else a row a step."""
    if projection.by and not by_step:
        return projection.by, [
            *projection.dimensions,
            "requests",
            "baseline_cost_usd",
            "cost_usd",
            "saved_usd",
            "saved_low_usd",
            "saved_high_usd",
        ]
    steps = [{"what_if": "baseline", "cost_usd": projection.baseline_usd, "saved_usd": 0.0, "saved_share": 0.0}]
    steps += [
        {"what_if": stage.what_if.query.name, "cost_usd": stage.cost_usd, "saved_usd": stage.saved_usd,
         "saved_share": stage.saved_share} | ends(stage.range)
        for stage in projection.stages
    ]  # fmt: skip
    if not projection.is_priced:
        steps = [without_dollars(row) for row in steps]
    return steps, ["what_if", "cost_usd", "saved_usd", "saved_share", *ends(projection.range)]


def show(projection: Projection) -> RenderableType:
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
    parts += [prompts.show(stage.prompts) for stage in projection.stages if stage.prompts]
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


def listed(queries: list[Query]) -> RenderableType:
    """The what-ifs there are, with their parameters."""
    parts: list[RenderableType] = []
    for query in queries:
        title = Text(query.name, style="bold cyan")
        title.append(f"  {query.title}", style="default")
        parts.append(title)
        parts.append(Padding(Text(query.field("question"), style="italic"), (0, 0, 0, 2)))
        lines = [
            [Text(p.name), Text("none" if p.default is None else str(p.default).lower()
                                if isinstance(p.default, bool) else str(p.default), style="green"), Text(p.meaning)]
            for p in query.parameters
        ]  # fmt: skip
        parts.append(Padding(terminal.table([("parameter", "left"), ("default", "left"), ("meaning", "left")], lines),
                             (0, 0, 0, 2)))  # fmt: skip
    return Group(*parts)


def ends(found: Range) -> dict[str, float | None]:
    """The range of a saving: by its assumptions, and by the traffic."""
    return {
        "saved_low_usd": found.low_usd,
        "saved_high_usd": found.high_usd,
        "traffic_low_usd": found.traffic_low_usd,
        "traffic_high_usd": found.traffic_high_usd,
    }


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


def between(found: Range) -> Text:
    """The range by the assumptions, where they leave one."""
    low, high = terminal.usd(found.low_usd).plain, terminal.usd(found.high_usd).plain
    return Text("–", style="dim") if low == high else Text(f"{low} to {high}")


def compared(found: dict[str, Any]) -> tuple[Text, Text, Text]:
    """What a backtest predicts, its range and the truth: dollars, else blocks with their share, or shares of hits."""
    if found.get("blocks") is not None:
        low, high = found["low_blocks"], found["high_blocks"]
        return (
            _blocks(found["predicted_blocks"], found["blocks"]),
            Text("–", style="dim") if low == high else Text(f"{low:,} to {high:,}"),
            _blocks(found["actual_blocks"], found["blocks"]),
        )
    if found.get("hits") is not None:
        predicted, low, high, actual = (found[f"{name}_share"] for name in ("predicted", "low", "high", "actual"))
        ranged = Text("–", style="dim") if low is None else Text(f"{low:.1%} to {high:.1%}")
        return Text("–" if predicted is None else f"{predicted:.1%}"), ranged, Text(f"{actual:.1%}")
    ranged = between(Range(found["low_usd"], found["high_usd"]))
    return terminal.usd(found["predicted_usd"]), ranged, terminal.usd(found["actual_usd"])


def _blocks(number: int, of: int) -> Text:
    return Text(f"{number:,} blocks ({number / of:.2%})")


def varies(projection: Projection) -> list[str]:
    """In words: what the ranges are."""
    said = ["range: the same replay with all of its assumptions at the end where they save least, and most"]
    found = projection.range
    if projection.blocks and found.traffic_low_usd is not None:
        said.append(
            f"other {projection.blocks} of the same kind of traffic would save {terminal.usd(found.traffic_low_usd)} to"
            f" {terminal.usd(found.traffic_high_usd)} in {LEVEL:.0%} of cases (bootstrap over {projection.blocks})"
        )
    else:
        said.append("too few days and sessions to say how the savings vary with the traffic")
    return said


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
