"""Why the bill changed: a sentence, a waterfall of what made it, who did, and when it began."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from llmcost.explain import words
from llmcost.explain.contributor import Contributor
from llmcost.explain.explanation import Explanation
from llmcost.explain.split import PARTS, Split
from llmcost.explain.totals import Total
from llmcost.render import cells, tables, text
from llmcost.render.view import Document, Flat, View
from llmcost.reports.provenance import Provenance
from llmcost.views import provenance, zones

Row = dict[str, Any]

NAMES = {
    "requests": "number of requests",
    "mix": "mix of features, prompts, models",
    "input_tokens": "input tokens per request",
    "output_tokens": "output tokens per request",
    "cache": "use of prompt caches",
    "tier": "service tiers and regions",
    "price": "prices",
    "fees": "fees per request",
    "new": "new features and prompts",
    "disappeared": "features and prompts that ended",
}
"""What a part is called on the screen."""
_SHORT = {
    "requests": "requests", "mix": "mix", "input_tokens": "input tokens", "output_tokens": "output tokens",
    "cache": "caches", "tier": "tiers", "price": "prices", "fees": "fees", "new": "new", "disappeared": "ended",
}  # fmt: skip
"""The same in a narrow column."""
_CONTRIBUTORS = 10
_LINES = 15
"""For parts and contributors together: what one screen holds besides the rest."""
_NOTE_LINES = 4
_SMALL = 0.005
"""Of all that moved: smaller parts share a line."""
_BAR = 24
_FLAT = (
    "by", "value", "change_usd", "from_usd", "to_usd", "from_requests", "to_requests", "from_usd_per_request",
    "to_usd_per_request", *PARTS, "example_request_id",
)  # fmt: skip


@dataclass(frozen=True)
class ExplainView(View):
    """The explanation in every form."""

    found: Explanation
    provenance: Provenance

    @property
    def notes(self) -> list[str]:
        """The caveats, those about what moved the numbers first."""
        return [*self.provenance.unusual(), *self.found.notes]

    def document(self) -> Document:
        found = self.found
        return {
            "headline": words.headline(found),
            "timezone": self.provenance.timezone,
            "from": _period(found.earlier),
            "to": _period(found.later),
            "per_day": found.per_day,
            "change_usd": found.change_usd,
            "change_share": found.rise,
            "noise_share": found.noise and found.noise.rise,
            **_split(found.split),
            "contributors": [_contributor(one) for one in found.contributors],
            "new_models": [_model(row) for row in found.models if row["is_new"]],
            "disappeared_models": [_model(row) for row in found.models if not row["is_new"]],
            "began": _began(found),
            "notes": self.notes,
            "provenance": self.provenance.document(),
        }

    def flat(self) -> Flat:
        """The whole change, then each contributor's."""
        return Flat([_flat_total(self.found), *(_flat(one) for one in self.found.contributors)], _FLAT)

    def markdown(self) -> str:
        """For a pull request: the sentence, the parts, and who made them."""
        found = self.found
        most = _most(found, found.split.parts.values())
        parts = [{"part": NAMES[name], "change": _signed(usd, most)} for name, usd in found.split.parts.items() if usd]
        shown = leading(found.contributors, _CONTRIBUTORS)
        largest = _most_of(shown)
        who = [
            {
                "by": one.by,
                "value": _called(one),
                "before": cells.usd(one.earlier["cost_usd"], largest).plain,
                "after": cells.usd(one.later["cost_usd"], largest).plain,
                "change": _signed(one.change_usd, largest),
                "mostly": _mostly(one.split),
            }
            for one in shown
        ]
        said = [
            text.as_sentence(words.headline(found)),
            text.as_markdown(parts, ["part", "change"]).rstrip(),
            text.as_sentence(_when(found)),
            text.as_markdown(who, ["by", "value", "before", "after", "change", "mostly"]).rstrip(),
            *(f"- {text.as_sentence(note)}" for note in (*self.notes, zones.days(self.provenance.timezone))),
        ]
        return "\n\n".join(said) + "\n"

    def screen(self, *, details: bool) -> RenderableType:
        found = self.found
        at_most = None if details else _NOTE_LINES
        steps = _steps(found.split, small=0.0 if details else _SMALL)
        most = min(_CONTRIBUTORS, _LINES - len(steps))
        shown = list(found.contributors) if details else leading(found.contributors, most)
        return Group(
            Text(words.headline(found), style="bold"),
            _waterfall(found, steps),
            Padding(Text(text.visible(_when(found))), (0, 0, 1, 0)),
            *([_who(shown, found, details=details)] if shown else []),
            tables.Bullets("Caveats", found.notes, "yellow", at_most),
            *provenance.below(self.provenance, zones.days(self.provenance.timezone)),
        )


def _when(found: Explanation) -> str:
    """When it began, and the models that came or went."""
    return " ".join(filter(None, (words.began(found), words.models(found))))


def _model(row: Row) -> Row:
    return {name: row[name] for name in ("model", "requests", "cost_usd")}


def leading(contributors: Sequence[Contributor], most: int) -> list[Contributor]:
    """The largest of each key in turn, so that every key has its say, in the order of the keys."""
    by_key: dict[str, list[Contributor]] = {}
    for one in contributors:
        if one.change_usd:
            by_key.setdefault(one.by, []).append(one)
    rounds = max((len(own) for own in by_key.values()), default=0)
    taken = [own[at] for at in range(rounds) for own in by_key.values() if at < len(own)][:most]
    return [one for own in by_key.values() for one in own if one in taken]


def _steps(split: Split, small: float) -> list[tuple[str, float]]:
    """The parts that are not nothing, in words; those that are small together as one."""
    moved = sum(abs(usd) for usd in split.parts.values())
    steps = [(NAMES[name], usd) for name, usd in split.parts.items() if abs(usd) > small * moved]
    rest = [usd for usd in split.parts.values() if 0 < abs(usd) <= small * moved]
    return [*steps, *([("other causes", sum(rest))] if rest else [])]


def _waterfall(found: Explanation, steps: Sequence[tuple[str, float]]) -> tables.Table:
    before, after = found.spent
    levels = [before]
    for _, usd in steps:
        levels.append(levels[-1] + usd)
    scale = max(*levels, after, 1e-12)
    most = _most(found, [usd for _, usd in steps])
    a_day = " a day" if found.per_day else ""
    rows = [[Text(found.earlier.period.name + a_day), cells.usd(before, most), cells.bar(before / scale, _BAR)]]
    for (name, usd), level in zip(steps, levels, strict=False):
        bar = cells.step(level / scale, (level + usd) / scale, _BAR)
        rows.append([Text(f"  {name}"), Text(_signed(usd, most)), bar])
    rows.append([Text(found.later.period.name + a_day), cells.usd(after, most), cells.bar(after / scale, _BAR)])
    columns = [tables.name("what made it"), tables.number("dollars"), tables.bar()]
    return tables.Table(columns, rows, total=True)


def _who(shown: Sequence[Contributor], found: Explanation, *, details: bool) -> tables.Table:
    columns = [
        tables.name("by"), tables.name("who"), tables.number("before", 3), tables.number("after", 2),
        tables.number("change"), tables.number("a request", 5), tables.number("now", 4),
        tables.words("mostly", 1), *([tables.name("example")] if details else []),
    ]  # fmt: skip
    most = _most_of(shown)
    rows = [
        [
            Text(one.by if not one.by.startswith("tag:") else text.visible(one.by)),
            cells.name(_called(one)),
            cells.usd(one.earlier["cost_usd"], most),
            cells.usd(one.later["cost_usd"], most),
            Text(_signed(one.change_usd, most)),
            _each(one.earlier["cost_per_request_usd"]),
            _each(one.later["cost_per_request_usd"]),
            Text(_mostly(one.split)),
            *([cells.name(one.example_request_id)] if details else []),
        ]
        for one in shown
    ]
    title = f"Who{tables.more(len(shown), len(found.contributors), 'contributors')}"
    return tables.Table(columns, rows, title, comfortable=22)


def _called(one: Contributor) -> str:
    return one.label or ("(none)" if one.value is None else one.value or cells.NOTHING)


def _each(usd: float | None) -> Text:
    return Text("–", style="dim") if usd is None else cells.usd(usd)


def _mostly(split: Split) -> str:
    name = max(split.parts, key=lambda part: abs(split.parts[part]))
    return _SHORT[name] if split.parts[name] else ""


def _signed(usd: float, most: float = 0.0) -> str:
    return f"{'+' if usd > 0 else ''}{cells.usd(usd, most).plain}"


def _most(found: Explanation, changes: Iterable[float]) -> float:
    """The largest of these amounts and the bills, beside which they are read."""
    return max(*found.spent, *(abs(usd) for usd in changes))


def _most_of(shown: Sequence[Contributor]) -> float:
    return max((abs(usd) for one in shown for usd in (one.earlier["cost_usd"], one.later["cost_usd"])), default=0.0)


def _period(total: Total) -> Row:
    return {
        "name": total.period.name,
        "since": total.period.since,
        "until": total.period.until,
        "days": total.days,
        "requests": total.requests,
        "unpriced_requests": total.unpriced_requests,
        "cost_usd": total.cost_usd,
        "cost_per_day_usd": total.cost_usd / total.days,
        "cost_per_request_usd": total.cost_usd / total.priced_requests if total.priced_requests else None,
    }


def _split(split: Split) -> Row:
    return {
        "parts": [{"part": name, "usd": usd} for name, usd in split.parts.items()],
        "mix": [{"between": name, "usd": usd} for name, usd in split.mix.items()],
    }


def _contributor(one: Contributor) -> Row:
    return {
        "by": one.by,
        "value": one.value,
        "label": one.label,
        "from": one.earlier,
        "to": one.later,
        "change_usd": one.change_usd,
        **_split(one.split),
        "example_request_id": one.example_request_id,
    }


def _began(found: Explanation) -> Row | None:
    began = found.began
    return began and {
        "shape": began.shape,
        "day": began.day,
        "until": began.until,
        "confidence": began.confidence,
        "earliest": began.low,
        "latest": began.high,
        "before_per_day_usd": began.before_usd,
        "after_per_day_usd": began.after_usd,
    }  # type: ignore[return-value]


def _flat_total(found: Explanation) -> Row:
    earlier, later = _period(found.earlier), _period(found.later)
    return _line("total", None, found.change_usd, earlier, later, found.split, None)


def _flat(one: Contributor) -> Row:
    return _line(one.by, one.value, one.change_usd, one.earlier, one.later, one.split, one.example_request_id)


def _line(
    by: str, value: str | None, change_usd: float, earlier: Row, later: Row, split: Split, example: str | None
) -> Row:
    return {
        "by": by,
        "value": value,
        "change_usd": change_usd,
        "from_usd": earlier["cost_usd"],
        "to_usd": later["cost_usd"],
        "from_requests": earlier["requests"],
        "to_requests": later["requests"],
        "from_usd_per_request": earlier["cost_per_request_usd"],
        "to_usd_per_request": later["cost_per_request_usd"],
        **split.parts,
        "example_request_id": example,
    }
