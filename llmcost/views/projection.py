"""A simulation as data: JSON, its steps as a table, and its ranges."""

from typing import Any

from rich.text import Text

from llmcost.render import cells
from llmcost.render.view import Flat
from llmcost.what_ifs.engine.bootstrap import LEVEL
from llmcost.what_ifs.engine.ranges import Range
from llmcost.what_ifs.projection import Projection, Stage


def document(projection: Projection) -> dict[str, Any]:
    """The simulation as one JSON object; shares are of the baseline's cost."""
    saved = projection.baseline_usd - projection.cost_usd
    rests_on = projection.provenance
    found: dict[str, Any] = {
        "baseline": {"requests": projection.requests, "cost_usd": projection.baseline_usd},
        "stages": [
            {
                "what_if": stage.what_if.query.name,
                "params": stage.what_if.values,
                "projected": stage.projected,
                "cost_usd": stage.cost_usd,
                **_saving(stage),
                "saved_is_upper_bound": stage.is_upper_bound,
                "changes_answers": stage.changes_answers or None,
                "moves": stage.moves,
                "effects": stage.effects,
                "cut_short": stage.cut_short,
                "quality": stage.quality.document() if stage.quality else None,
                "summary": stage.summary,
                "prompts": stage.prompts,
                "unknowns": stage.unknowns,
            }
            for stage in projection.stages
        ],
        "result": {
            "requests": projection.requests,
            "cost_usd": projection.cost_usd,
            "saved_usd": saved,
            "saved_share": saved / projection.baseline_usd if projection.baseline_usd else None,
            "saved_is_upper_bound": projection.is_upper_bound,
            "saved_with_the_same_answers_usd": projection.unchanged_usd,
            **ends(projection.range),
        },
        "ranges": {"level": LEVEL, "drawn": projection.blocks, "undrawn": projection.undrawn},
        "by": projection.by,
        "backtest": projection.backtest,
        "assumptions": projection.assumptions,
        "notes": [*(rests_on.unusual() if rests_on else ()), *projection.notes],
        "provenance": rests_on and rests_on.document(),
    }
    if not projection.is_priced:
        for part in (found["baseline"], found["result"], *found["stages"]):
            part |= without_dollars(part)
    return found


def _saving(stage: Stage) -> dict[str, float | None]:
    """What a stage saves and the ends of its range; None where the log does not show it, which is not $0."""
    found = {"saved_usd": stage.saved_usd, "saved_share": stage.saved_share} | ends(stage.range)
    return found if stage.projected else dict.fromkeys(found)


def without_dollars(row: dict[str, Any]) -> dict[str, Any]:
    """The row where no request has a price: an unknown cost is not $0."""
    return {name: None if name.endswith("_usd") or name == "saved_share" else value for name, value in row.items()}


def steps(projection: Projection) -> Flat:
    """The simulation as one table, the baseline and each step."""
    found = [{"what_if": "baseline", "cost_usd": projection.baseline_usd, "saved_usd": 0.0, "saved_share": 0.0}]
    found += [
        {"what_if": stage.what_if.query.name, "cost_usd": stage.cost_usd} | _saving(stage)
        for stage in projection.stages
    ]  # fmt: skip
    if not projection.is_priced:
        found = [without_dollars(row) for row in found]
    return Flat(found, ["what_if", "cost_usd", "saved_usd", "saved_share", *ends(projection.range)])


def ends(found: Range) -> dict[str, float | None]:
    """The range of a saving: by its assumptions, and how other days or sessions would vary."""
    return {
        "saved_low_usd": found.low_usd,
        "saved_high_usd": found.high_usd,
        "traffic_low_usd": found.traffic_low_usd,
        "traffic_high_usd": found.traffic_high_usd,
    }


def saving(usd: float, *, is_upper_bound: bool) -> Text:
    """A saving, said to be the most where the log cannot tell whether all of it is one."""
    return Text.assemble("up to " if is_upper_bound else "", cells.usd(usd))


def between(found: Range) -> Text:
    """The range by the assumptions, where they leave one."""
    low, high = cells.usd(found.low_usd).plain, cells.usd(found.high_usd).plain
    return Text("–", style="dim") if low == high else Text(f"{low} to {high}")


def questions(stage: Stage) -> list[str]:
    """In words: what to ask vendors of their caches, or to measure, with the dollars that hang on the answer."""
    step = stage.what_if.query.name
    return [
        f"{step}: {cells.usd(row['usd'])} depends on {row['asked']}: ask"
        f" {'the vendor' if row['vendor'] == 'unknown' else row['vendor']}, or measure it (llmcost probe)"
        for row in stage.unknowns
    ]


def answers(projection: Projection) -> list[str]:
    """In words: how much of the saving leaves answers as they are, where not all of it does."""
    changing = [stage for stage in projection.stages if stage.changes_answers]
    if not changing or not projection.is_priced:
        return []
    names = ", ".join(dict.fromkeys(stage.what_if.query.name for stage in changing))
    if not projection.unchanged_usd:
        return [f"it changes answers, or may ({names})"]
    kept = f"{cells.usd(projection.unchanged_usd)} of it leaves answers as they are"
    return [f"{kept}; the rest changes them, or may ({names})"]


_LACKING = {"days": "time", "sessions": "session"}


def varies(projection: Projection) -> list[str]:
    """In words: what the ranges are."""
    said = ["range: the replay with every assumption set to save least, and to save most"]
    found = projection.range
    if projection.blocks and found.traffic_low_usd is not None:
        rest = f"; requests without a {_LACKING[projection.blocks]} as they are" if projection.undrawn else ""
        said.append(
            f"other {projection.blocks} would save {cells.usd(found.traffic_low_usd)} to"
            f" {cells.usd(found.traffic_high_usd)} in {LEVEL:.0%} of cases: the traffic's variation, not the"
            f" prediction's error (bootstrap over {projection.blocks}{rest})"
        )
    elif projection.blocks and projection.undrawn:
        lacking = _LACKING[projection.blocks]
        said.append(f"most of the spend has no {lacking}, so it is unknown how the savings vary with the traffic")
    else:
        said.append("too few days and sessions to say how the savings vary with the traffic")
    return said
