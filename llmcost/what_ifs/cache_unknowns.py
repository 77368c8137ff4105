"""What vendors leave open about their caches, or sources say differently: each by itself, in dollars."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from llmcost.engine.registry import Value
from llmcost.prices import cache_rules
from llmcost.what_ifs import cache_costs
from llmcost.what_ifs.cache_costs import Run

Row = dict[str, Any]

SLIGHT = 1e-6
"""US dollars below which nobody has to ask."""

LATEST = 200_000
"""How many requests, the latest, are replayed twice for each question."""

PROMISED, MISSES = "automatic", "overflow"


@dataclass(frozen=True)
class Question:
    """One thing that a rule may leave open: a name that the what-if's `pessimistic` and `optimistic` have."""

    name: str
    words: str
    is_open: Callable[[Row], bool]
    said: Callable[[Sequence[Row]], str] = lambda rules: ""  # between which values, where they are figures


def _differs(column: str) -> Callable[[Row], bool]:
    return lambda rule: len({rule[f"{column}_low"], rule[column], rule[f"{column}_high"]}) > 1


def _between(column: str, written: Callable[[int], str]) -> Callable[[Sequence[Row]], str]:
    def said(rules: Sequence[Row]) -> str:
        values = [rule[f"{column}{end}"] for rule in rules for end in ("_low", "", "_high")]
        return f", {written(min(values))} to {written(max(values))}"

    return said


def _tokens(number: int) -> str:
    return f"{number:,}"


def _duration(seconds: int) -> str:
    if seconds > 7 * 86400:
        return "no end"
    return f"{seconds / 3600:g} hours" if seconds >= 7200 else f"{seconds / 60:g} minutes"


QUESTIONS = (
    Question(
        "minimum",
        "the shortest prompt in tokens that is cached",
        _differs("min_tokens"),
        _between("min_tokens", _tokens),
    ),
    Question(
        "steps", "the step in tokens at which entries end", _differs("step_tokens"), _between("step_tokens", _tokens)
    ),
    Question("life", "how long an idle entry lives", _differs("life_s"), _between("life_s", _duration)),
    Question("isolation", "whether projects share entries", _differs("isolation")),
    Question(
        "routing",
        "whether a gateway sends a request to the provider that holds its entry",
        _differs("routed_s"),
        lambda rules: f", of up to {max(rule['routes_low'] or 1 for rule in rules):,}",
    ),
    Question("system", "whether a shared system prompt is a separate entry", _differs("ends_system")),
    Question("answers", "whether an entry ends after the answer", lambda rule: rule["entries"] == "units"),
    Question(
        MISSES,
        "the reads lost above a number of requests a minute",
        lambda rule: rule["requests_per_minute"] is not None,
        lambda rules: f", {min(rule['requests_per_minute'] for rule in rules):,}",
    ),
    Question("unknown", "whether there is a cache: no rule is published", lambda rule: not rule["known"]),
    Question(
        PROMISED,
        "whether there are hits at all: none are promised",
        lambda rule: rule["known"] and not rule["promised"],
    ),
)


def unknowns(run: Run, relation: str, values: Mapping[str, Value], today: date) -> list[Row]:
    """One row for each question to a vendor on which the replay's dollars depend, those of most dollars first.

    `usd` is the difference between the replays that answer it one way and the other, all else as in `values`; `asked`
    says it in words. Of more than LATEST requests the latest are taken.
    """
    if values["ttl"] is None:
        return []
    relation = cache_costs.latest(run, relation, LATEST)
    used = run(f"select distinct provider, model from {relation} where model is not null", {})
    rules = {
        (row["provider"], row["model"]): rule
        for row in used
        if (rule := cache_rules.rule_of(row["provider"], row["model"], today))["entries"] != "none"
    }
    found = [row for question in QUESTIONS for row in _asked(run, relation, values, question, rules)]
    return sorted(found, key=lambda row: (-round(row["usd"], 9), row["vendor"], row["question"]))


def _asked(
    run: Run,
    relation: str,
    values: Mapping[str, Value],
    question: Question,
    rules: Mapping[tuple[str | None, str], Row],
) -> list[Row]:
    """The vendors whose rules leave the question open, with the effect of the answer."""
    about = {key: rule for key, rule in rules.items() if question.is_open(rule)}
    if not about:
        return []
    models = sorted({model for _, model in about})
    narrowed = f"(select * from {relation} where list_contains($models, model))"
    ends = [
        cache_costs.costs(run, narrowed, {**values, **end, "models": models}, by_prompt=False)
        for end in _ends(question.name, values)
    ]
    usd: dict[str, float] = defaultdict(float)
    vendors: dict[str, list[Row]] = defaultdict(list)
    for provider, model in about:
        rule = about[provider, model]
        vendors[rule["vendor"]].append(rule)
        least, most = (end[provider, model, None]["usd"] if (provider, model, None) in end else 0.0 for end in ends)
        usd[rule["vendor"]] += abs(least - most)
    return [
        {
            "vendor": vendor,
            "question": question.name,
            "asked": f"{question.words}{question.said(vendors[vendor])}",
            "usd": spread,
        }
        for vendor, spread in usd.items()
        if spread > SLIGHT
    ]


def _ends(name: str, values: Mapping[str, Value]) -> tuple[dict[str, Value], dict[str, Value]]:
    """The settings that answer one question so that a cache saves least, and so that it saves most."""
    if name == PROMISED:
        return {"automatic": "keep"}, {"automatic": "replay"}
    given = {side: _names(values[side]) for side in ("pessimistic", "optimistic")}
    least: dict[str, Value] = {"pessimistic": [*given["pessimistic"], name]}
    most: dict[str, Value] = {
        "pessimistic": [one for one in given["pessimistic"] if one != name],
        "optimistic": [*given["optimistic"], name],
    }
    return least, most


def _names(value: Value) -> list[str]:
    """A value of type names: null names all."""
    if value is None:
        return [question.name for question in QUESTIONS if question.name != PROMISED]
    return list(value) if isinstance(value, list) else []
