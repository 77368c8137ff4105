"""A change of a bill in one sentence."""

from collections.abc import Sequence
from math import exp, log

from llmcost.explain.change import Change
from llmcost.explain.explanation import Explanation
from llmcost.numerals import change
from llmcost.reports.scope import Row

_REASONS = {
    "requests": ("more requests", "fewer requests"),
    "features": ("more of the expensive features", "more of the cheap features"),
    "prompts": ("more of the expensive prompts", "more of the cheap prompts"),
    "models": ("more expensive models", "cheaper models"),
    "input_tokens": ("more input tokens per request", "fewer input tokens per request"),
    "output_tokens": ("more output tokens per request", "fewer output tokens per request"),
    "cache": ("less use of prompt caches", "more use of prompt caches"),
    "tier": ("more expensive tiers or regions", "cheaper tiers or regions"),
    "price": ("higher prices", "lower prices"),
    "fees": ("more fees per request", "fewer fees per request"),
    "new": ("new features or prompts", "new features or prompts"),
    "disappeared": ("features or prompts that ended", "features or prompts that ended"),
}
"""What a part says when it is above zero, and below."""
_MOST_REASONS = 4
_MOST_MODELS = 3
_LEAST_SHARE = 0.03
"""Of all that moved: a smaller part is left to the table."""


def headline(found: Change) -> str:
    """What happened, and the reasons, largest first; multiplied with one another they are the whole."""
    before, after = found.spent
    a_day = " a day" if found.per_day else ""
    earlier, later = found.earlier.period.name, found.later.period.name
    said = f"{_capital(later)} cost {_usd(after)}{a_day}"
    if before <= 0 or after <= 0:
        return f"{said}, {earlier} {_usd(before)}{a_day}."
    said += f", {_compared(after / before)} {earlier} ({_usd(before)})"
    reasons = _reasons(found, before, after)
    same = found.split.parts["price"] == 0
    if not reasons:
        return f"{said}."
    return f"{said}: {', '.join(reasons)}{'; prices did not change' if same else ''}."


def began(found: Explanation) -> str:
    """When it began, in one sentence."""
    one = found.began
    if one is None:
        return "No day stands out as the beginning."
    most = max(one.before_usd, one.after_usd)
    moved = f"from {_usd(one.before_usd, most)} to {_usd(one.after_usd, most)} a day"
    if one.shape == "gradual":
        return f"It changed gradually, {moved}."
    if one.unseen_since:
        return f"It began between {one.unseen_since} and {one.day}, which neither period holds, {moved}."
    sure = "over 99% sure" if (one.confidence or 0) > 0.99 else f"{one.confidence:.0%} sure"
    if one.low != one.high:
        sure += f"; nine draws of ten are between {one.low} and {one.high}"
    if one.until == one.day:
        return f"It was one day, {one.day}: {moved} ({sure})."
    ended = f" and ended on {one.until}" if one.until else ""
    return f"It began on {one.day}{ended}, {moved} ({sure})."


def models(found: Explanation) -> str | None:
    """The models that only one of the periods asked, in one sentence; None where there are none."""
    new, gone = ([row for row in found.models if row["is_new"] == is_new] for is_new in (True, False))
    said = [f"{word}: {_listed(rows)}" for word, rows in (("new models", new), ("models no longer used", gone)) if rows]
    return f"{_capital('; '.join(said))}." if said else None


def _listed(rows: Sequence[Row]) -> str:
    more = f" and {len(rows) - _MOST_MODELS} more" if len(rows) > _MOST_MODELS else ""
    return (
        ", ".join(
            f"{row['model'] or '(none)'} ({'no price' if row['cost_usd'] is None else _usd(row['cost_usd'])})"
            for row in rows[:_MOST_MODELS]
        )
        + more
    )


def _reasons(found: Change, before: float, after: float) -> list[str]:
    parts = {name: usd for name, usd in found.split.parts.items() if name != "mix"} | dict(found.split.mix)
    moved = sum(abs(usd) for usd in parts.values())
    large = [name for name in parts if abs(parts[name]) > _LEAST_SHARE * moved]
    large.sort(key=lambda name: -abs(parts[name]))
    mean = before if after == before else (after - before) / log(after / before)
    factors = {name: exp(parts[name] / mean) for name in large[:_MOST_REASONS]}
    return [f"{_factor(factor)} {_reason(name, parts[name])}" for name, factor in factors.items() if _is_said(factor)]


def _is_said(factor: float) -> bool:
    """Whether its percentage is more than 0."""
    return abs(factor - 1) >= 0.005


def _reason(name: str, usd: float) -> str:
    return f"from {_REASONS[name][usd < 0]}"


def _factor(times: float) -> str:
    if 2 / 3 < times < 1.5:
        return change(times - 1, 0)
    return f"{times:.2g}×" if times < 10 else f"{times:,.0f}×"


def _compared(times: float) -> str:
    if times >= 1.5:
        return f"{times:.1f} times" if times < 10 else f"{times:,.0f} times"
    if round(times, 3) == 1:
        return "as much as"
    return f"{times - 1:.0%} more than" if times > 1 else f"{1 - times:.0%} less than"


def _usd(value: float, most: float = 0.0) -> str:
    """Dollars as a screen shows them; `most` is the largest amount beside it."""
    if 0 < value < 0.005 and most >= 1:
        return "<$0.01"
    return f"${value:,.2f}" if value >= 1 or value == 0 or most >= 1 else f"${value:.4f}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
