"""What a machine's tokens cost, at full load and at the user's own."""

import math
from dataclasses import dataclass
from typing import Any

_SECONDS_AN_HOUR = 3600
_SECONDS_A_DAY = 86400
_HOURS_A_DAY = 24
_MILLION = 1e6


@dataclass(frozen=True)
class OwnLoad:
    """The user's own traffic, in tokens a day."""

    input_per_day: float
    output_per_day: float


@dataclass(frozen=True)
class Pricing:
    """What an hour of the machine costs, and what it would be used for."""

    usd_per_hour: float | None = None
    instance: str | None = None
    own: OwnLoad | None = None


def cost(pricing: Pricing, input_per_s: float | None, output_per_s: float | None) -> dict[str, Any]:
    """Dollars per million tokens, under the names of the columns of `measurements`.

    Each of the three is the machine's whole price over one kind of token: they are three ways to look at one bill, and
    do not add up. At full load the machine does what was measured. At the user's own load it runs all day, and
    as many machines as that load needs: by input or by output tokens, whichever asks for more.
    """
    result: dict[str, Any] = {"instance": pricing.instance, "usd_per_hour": pricing.usd_per_hour}
    own = pricing.own
    if own:
        result |= {"own_input_per_day": own.input_per_day, "own_output_per_day": own.output_per_day}
    if pricing.usd_per_hour is None or not input_per_s or not output_per_s:
        return result
    usd_per_s = pricing.usd_per_hour / _SECONDS_AN_HOUR
    result |= _by_kind("", usd_per_s, input_per_s, output_per_s)
    if own:
        needed = max(own.input_per_day / input_per_s, own.output_per_day / output_per_s) / _SECONDS_A_DAY
        machines = max(1, math.ceil(needed))
        usd_per_day = machines * pricing.usd_per_hour * _HOURS_A_DAY
        result |= {"own_machines": machines, **_by_kind("own_", usd_per_day, own.input_per_day, own.output_per_day)}
    return result


def _by_kind(prefix: str, usd: float, input_tokens: float, output_tokens: float) -> dict[str, float | None]:
    kinds = {"input": input_tokens, "output": output_tokens, "total": input_tokens + output_tokens}
    return {f"{prefix}{kind}_usd_mtok": usd / tokens * _MILLION if tokens else None for kind, tokens in kinds.items()}
