"""Volumes compared: the API, the API with caching, self-hosting."""

from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.page import html
from llmcost.render import cells, plot, tables
from llmcost.render.view import Document, Flat, View
from llmcost.self_hosting.plan import caveats_of
from llmcost.self_hosting.volumes import API, CACHED, HOSTED, MANAGED, Point, article
from llmcost.what_ifs.break_even import Answer
from llmcost.what_ifs.search.run_all import ARTICLE_TITLE

COLUMNS = ["tokens_per_day", "requests_per_day", "api_usd", "cached_usd", "managed_usd", "machines", "busy",
           "hosted_share", "hosted_usd", "hosted_low_usd", "hosted_high_usd", "cheapest"]  # fmt: skip

_RANGE = ("hosted_low_usd", "hosted_high_usd")
_NOTE_LINES = 16
_SHORT = {API: "API", CACHED: "cached API", MANAGED: "managed", HOSTED: "self-hosted"}


@dataclass(frozen=True)
class BreakEvenView(View):
    """The comparison; dollars a month, shares from 0 to 1."""

    answer: Answer

    def document(self) -> Document:
        return _document(self.answer)

    def flat(self) -> Flat:
        return Flat(rows(self.answer), COLUMNS)

    def screen(self, *, details: bool) -> RenderableType:
        return _screen(self.answer, details)

    def page(self) -> str:
        return html.page(_page_document(self.answer))


def _document(answer: Answer) -> dict[str, Any]:
    found = answer.found
    return {
        "points": rows(answer),
        "beats_api_from_tokens_per_day": found.beats_api_from,
        "beats_cached_from_tokens_per_day": found.beats_cached_from,
        "beats_all_from_tokens_per_day": found.beats_all_from,
        "managed": answer.managed,
        "article": [{"tokens_per_day": words, "advice": advice, "cheapest_here": points}
                    for words, advice, points in article(found.points)],
        "instance": asdict(answer.options.instance),
        "model": answer.fit.model.name,
        "quantization": answer.fit.quantization,
        "usd_per_hour": answer.price.usd_per_hour,
        "price": answer.price.document(),
        "footing": {"kind": answer.footing.kind, "text": answer.footing.text,
                    "iteration_time_factors": [answer.footing.fastest, answer.footing.slowest]},
        "caching": list(answer.caching),
        "requests": answer.requests,
        "tokens_per_request": answer.tokens_per_request,
        "assumptions": answer.assumptions,
        "notes": _notes(answer),
    }  # fmt: skip


def _page_document(answer: Answer) -> dict[str, Any]:
    """Everything on the page, for JSON."""
    points = answer.found.points
    lead = f"Self-hosting {', and '.join(_crossing(answer, what, start) for what, start in _decisive(answer))}"
    tried = [_row(point) | {"crossing": False} for point in points]
    narrowed = [_row(point) | dict.fromkeys(_RANGE) | {"crossing": True} for point in answer.found.crossings]
    volumes = {row["tokens_per_day"]: row for row in (*narrowed, *tried)}
    return html.document(
        "break-even",
        {"volumes": [volumes[tokens] for tokens in sorted(volumes)]},
        title="Should we host it ourselves?",
        dimensions="",
        headline={
            "lead": lead,
            "finding": lead,
            "sub": _title(answer),
            "cards": [
                [
                    "Volumes",
                    f"{_tokens(points[0].tokens_per_day)} to {_tokens(points[-1].tokens_per_day)}",
                    len(points),
                    "tokens a day",
                ],
                ["Requests", f"{answer.requests:,}", answer.requests, "used for the shape"],
                ["A request", f"{answer.tokens_per_request:,.0f} tokens", answer.tokens_per_request, "on average"],
                ["Machine", cells.usd(answer.price.usd_per_hour).plain, answer.price.usd_per_hour, "an hour"],
            ],
        },
        crossings=[
            {"tokens_per_day": start, "said": f"{what}: {_tokens(start)}"}
            for what, start in _decisive(answer)
            if start is not None and start > points[0].tokens_per_day
        ],
        notes=_caveats(answer),
        assumptions=[
            *_explained(answer), *(f"{ARTICLE_TITLE}: {line}" for line in recomputed(answer)), *answer.assumptions
        ],
    )  # fmt: skip


def rows(answer: Answer) -> list[dict[str, Any]]:
    """One row for each volume."""
    return [_row(point) for point in answer.found.points]


def _screen(answer: Answer, details: bool) -> RenderableType:
    lines = [f"{line[0].upper()}{line[1:]}." for line in crossings(answer)]
    parts: list[RenderableType] = [Text("\n" + "\n".join(lines) + "\n", style="bold"), _table(answer)]
    if details:
        points = answer.found.points
        curves = {
            API: [(point.tokens_per_day, point.api_usd) for point in points],
            CACHED: [(point.tokens_per_day, point.cached_usd) for point in points],
            MANAGED: [(point.tokens_per_day, point.managed_usd) for point in points if point.managed_usd],
            HOSTED: [(point.tokens_per_day, point.hosted_usd) for point in points],
        }
        parts += [
            plot.curves(curves, x_label="tokens a day", y_label="dollars a month"),
            tables.Bullets(f"The table of {ARTICLE_TITLE}, for this traffic", recomputed(answer)),
            tables.Bullets("Assumptions", answer.assumptions),
        ]
    parts.append(tables.Bullets("Caveats", _notes(answer), "yellow", None if details else _NOTE_LINES))
    if not details:
        parts.append(Text("--details adds a chart and the assumptions.", style="dim"))
    return Group(*parts)


def _row(point: Point) -> dict[str, Any]:
    low, high = point.hosted_usd_range
    return asdict(point) | {"hosted_low_usd": low, "hosted_high_usd": high, "cheapest": point.cheapest}


def _table(answer: Answer) -> RenderableType:
    rows = [
        [
            Text(_tokens(point.tokens_per_day)),
            dollars(point.api_usd),
            dollars(point.cached_usd),
            Text("–", style="dim") if point.managed_usd is None else dollars(point.managed_usd),
            Text(f"{point.machines:,}"),
            Text(f"{point.busy:.0%}"),
            Text(f"{point.hosted_share:.0%}"),
            dollars(point.hosted_usd),
            _range(point),
            Text(_SHORT[point.cheapest], style="green" if point.cheapest == HOSTED else ""),
        ]
        for point in answer.found.points
    ]
    columns = [
        tables.name("tokens/day"), tables.number("API"), tables.number("cached API", 1), tables.number("managed"),
        tables.number("machines", 2), tables.number("busy", 3), tables.number("hosted", 4),
        tables.number("self-hosted"), tables.number("range", 1), tables.words("cheapest"),
    ]  # fmt: skip
    return tables.Table(columns, rows, f"Dollars a month: {_title(answer)}")


def _title(answer: Answer) -> str:
    place = f" in {answer.price.region}" if answer.price.region else ""
    machine = f"{answer.options.instance.name}{place} at ${answer.price.usd_per_hour:g} an hour"
    return f"{answer.fit.model.name} ({_weights(answer)}) on {machine}"


def _weights(answer: Answer) -> str:
    return "16-bit" if answer.fit.quantization == "none" else answer.fit.quantization


def dollars(usd: float) -> Text:
    """Dollars a month, with cents below ten."""
    return Text(f"{usd:,.0f}" if usd >= 10 else f"{usd:.2f}")


def _range(point: Point) -> Text:
    low, high = point.hosted_usd_range
    return Text("" if round(low) == round(high) else f"{low:,.0f}–{high:,.0f}")


def crossings(answer: Answer) -> list[str]:
    """In words: from which volume self-hosting is cheaper than the best alternative, and than the API in the log."""
    return [f"self-hosting {_crossing(answer, what, start)}" for what, start in _starts(answer)]


def _starts(answer: Answer) -> list[tuple[str, float | None]]:
    """What self-hosting is compared with, and from how many tokens a day it is cheaper; the best one first."""
    logged = [
        ("the logged API", answer.found.beats_api_from),
        ("the logged API with caching", answer.found.beats_cached_from),
    ]
    if answer.managed is None:
        return logged
    best = {point.alternative for point in answer.found.points}
    what = _sold(answer) if best == {MANAGED} else f"the cheaper of {_sold(answer)} and the logged API"
    return [(what, answer.found.beats_all_from), *logged]


def _decisive(answer: Answer) -> list[tuple[str, float | None]]:
    """What the page's headline and its chart's marks are about: the best alternative, where there is a managed API."""
    return _starts(answer)[: None if answer.managed is None else 1]


def _sold(answer: Answer) -> str:
    """Who sells the model, and for how much."""
    offer = answer.managed or {}
    prices = f"${offer['input_usd_mtok']:g} in and ${offer['output_usd_mtok']:g} out per million tokens"
    return f"{answer.fit.model.name} from {offer['provider']} ({prices})"


def _crossing(answer: Answer, what: str, start: float | None) -> str:
    points = answer.found.points
    lowest, highest = points[0].tokens_per_day, points[-1].tokens_per_day
    if start is None:
        return f"does not beat {what} up to {_tokens(highest)} tokens a day"
    if start <= lowest:
        return f"beats {what} at every volume tried, from {_tokens(lowest)} tokens a day"
    return f"beats {what} from {_tokens(start)} tokens a day"


def _tokens(number: float) -> str:
    for limit, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if number >= limit:
            return f"{number / limit:.3g}{unit}"
    return f"{number:.3g}"


def recomputed(answer: Answer) -> list[str]:
    """The article's advice by volume, and what is cheapest for this traffic."""
    return [
        f"{words}: it advises {advice}; here {', '.join(points) if points else 'no volume was tried'}"
        for words, advice, points in article(answer.found.points)
    ]


def _notes(answer: Answer) -> list[str]:
    return [*_caveats(answer), *_explained(answer)]


def _caveats(answer: Answer) -> list[str]:
    """What makes the answer uncertain."""
    return [
        *answer.notes,
        *_alternative(answer),
        *caveats_of(answer.options, answer.price),
        f"iteration time: {answer.footing.text}",
        "self-hosting means another model, and whether its answers are good enough is not judged",
    ]


def _alternative(answer: Answer) -> list[str]:
    """What the managed API is, or that there is none."""
    if answer.managed is None:
        return [
            f"no provider in the price data sells {answer.fit.model.name} by the token; another open model may be far"
            " cheaper from one than hosted: llmcost prices MODEL"
        ]
    return [
        f"managed: {answer.managed['provider']}/{answer.managed['model']}, the cheapest for this traffic; whether it"
        " serves this volume, at what latency, and on what terms is not known"
    ]


def _explained(answer: Answer) -> list[str]:
    """What the columns mean."""
    return [
        f"shape: {cells.counted(answer.requests, 'request')} of {answer.tokens_per_request:,.0f} tokens on average;"
        f" {answer.found.note}",
        "range: what it costs within the error of the iteration time; requests that no machine serves within the target"
        " stay on the API",
        "busy: the share of machine hours spent computing; hosted: the share of requests that the machines answer, the"
        " others stay on the API and are paid there",
    ]
