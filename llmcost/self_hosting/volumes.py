"""From which volume on self-hosting beats the API, for traffic of a given shape.

A volume is replayed as a day, or several where one has few requests: requests drawn from the log with replacement,
at the log's hours of the day, so that lengths and the day's peak stay as they are while the number grows.
Deterministic: the draw is seeded.
"""

import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from llmcost.errors import LlmcostError, UsageError
from llmcost.self_hosting.calibrations import Calibration
from llmcost.self_hosting.catalogue import Catalogue
from llmcost.self_hosting.hosting import HOURS_PER_MONTH, Pace
from llmcost.self_hosting.plan import Options, Plan, make
from llmcost.self_hosting.replay import Floats, Integers, Traffic
from llmcost.self_hosting.traffic import Selection, select

VOLUMES = (1e5, 3e5, 1e6, 3e6, 1e7, 3e7, 1e8, 3e8, 1e9)  # tokens a day
API, CACHED, MANAGED, HOSTED = "API", "API with caching", "managed API", "self-hosted"
# The volumes a day for which the article advises each.
ARTICLE = ((0.0, 1e6, API), (1e6, 1e7, CACHED), (1e7, math.inf, HOSTED))

DAYS_PER_MONTH = HOURS_PER_MONTH / 24
_DAY_S = 86_400.0
_MONDAY_S = 4 * _DAY_S  # 1970 began on a Thursday
_WHOLE_DAY_S = 20 * 3600.0  # a log shorter than this says nothing of the hours of the day
_SIMULATED = 100_000  # requests; of a larger day a fraction is replayed, on a fraction of the machines
_LEAST = 1000  # requests; where a day has fewer, as many days are replayed as have them: a share of ten says little
_JITTER_S = 900.0  # a drawn request comes within a quarter of an hour of the time of day it is drawn from
_HALVINGS = 8
_ENDS: tuple[Pace, ...] = ("fast", "slow")


@dataclass(frozen=True)
class Shape:
    """The traffic and what each request costs at the API, today and with prompt caching as well set up as can be, and
    from a provider of the model that would be hosted; None where nobody is known to sell it.
    """

    traffic: Traffic
    api_usd: Floats
    cached_usd: Floats
    managed_usd: Floats | None = None


@dataclass(frozen=True)
class Point:
    """One volume. Dollars a month."""

    tokens_per_day: float
    requests_per_day: float
    api_usd: float
    cached_usd: float
    managed_usd: float | None
    machines: int
    busy: float  # share of the machines' hours in which they compute
    hosted_share: float  # of the requests; the others stay on the API and are paid there
    hosted_usd: float  # machines, and the API for those that stay
    hosted_usd_range: tuple[float, float]  # within the footing's error

    @property
    def cheapest(self) -> str:
        """Which of them costs least."""
        return min((*self._others, (self.hosted_usd, 3, HOSTED)))[2]

    @property
    def alternative(self) -> str:
        """Which of the others costs least: what self-hosting has to beat."""
        return min(self._others)[2]

    @property
    def alternative_usd(self) -> float:
        """What that costs."""
        return min(self._others)[0]

    @property
    def _others(self) -> list[tuple[float, int, str]]:
        found = [(self.api_usd, 0, API), (self.cached_usd, 1, CACHED)]
        return found if self.managed_usd is None else [*found, (self.managed_usd, 2, MANAGED)]


@dataclass(frozen=True)
class BreakEven:
    """The points, and the volumes from which self-hosting is cheaper; None: not within the volumes tried."""

    points: list[Point]
    beats_api_from: float | None  # tokens a day
    beats_cached_from: float | None
    beats_all_from: float | None  # the API, with caching or without, and a managed API
    crossings: list[Point]  # what was found at these volumes, ascending
    note: str  # on what the traffic's shape rests


def find(
    shape: Shape,
    options: Options,
    catalogue: Catalogue,
    calibrations: Sequence[Calibration],
    volumes: Sequence[float] = VOLUMES,
    seed: int = 0,
) -> BreakEven:
    """Compares them at each volume (tokens a day, ascending) and narrows down where the lines cross.

    The number of machines follows the volume. Raises what a plan raises, and LlmcostError without traffic.
    """
    if len(shape.traffic) == 0:
        raise LlmcostError("there are no requests with a time and tokens to scale up")
    if not volumes or min(volumes) <= 0 or list(volumes) != sorted(volumes):
        raise UsageError("volumes must be positive and ascending")
    options = replace(options, machines=None)

    def at(volume: float) -> Point:
        return _point(volume, shape, replace(options, ranges=False), catalogue, calibrations, seed)

    with ThreadPoolExecutor(
        os.cpu_count()
    ) as threads:  # the replay's loop is machine code, which leaves others running
        points = list(
            threads.map(lambda volume: _point(volume, shape, options, catalogue, calibrations, seed), volumes)
        )
    whole_day = _span_s(shape.traffic) >= _WHOLE_DAY_S
    crossings = [
        _crossing(points, at, lambda point: point.hosted_usd < point.api_usd),
        _crossing(points, at, lambda point: point.hosted_usd < min(point.api_usd, point.cached_usd)),
    ]
    if shape.managed_usd is None:
        crossings.append(crossings[-1])
    else:
        crossings.append(_crossing(points, at, lambda point: point.hosted_usd < point.alternative_usd))
    beats_api_from, beats_cached_from, beats_all_from = (point.tokens_per_day if point else None for point in crossings)
    return BreakEven(
        points=points,
        beats_api_from=beats_api_from,
        beats_cached_from=beats_cached_from,
        beats_all_from=beats_all_from,
        crossings=[point for point in crossings if point],
        note="requests come at the log's hours of the day" if whole_day
        else "the log is shorter than a day: its requests are spread evenly over the day",
    )  # fmt: skip


def shape_of(requests: pa.Table, selection: Selection) -> Shape:
    """The shape of the selected requests that have a price: the columns of `traffic.COLUMNS`, `ts`, and what each
    costs at the API, `api_usd`, and with caching, `cached_usd`.
    """
    priced = requests.filter(pc.and_(requests["api_usd"].is_valid(), requests["cached_usd"].is_valid()))
    traffic, rows = select([priced], selection)
    return Shape(traffic, *(np.asarray(priced[name].to_numpy())[rows] for name in ("api_usd", "cached_usd")))


def article(points: Sequence[Point]) -> list[tuple[str, str, list[str]]]:
    """The article's table recomputed: each of its ranges, what it advises, what is cheapest at the points inside."""
    rows = []
    for low, high, advice in ARTICLE:
        inside = [point for point in points if low < point.tokens_per_day <= high]
        words = [f"{point.tokens_per_day / 1e6:g}M: {point.cheapest}" for point in inside]
        rows.append((_range(low, high), advice, words))
    return rows


def _range(low: float, high: float) -> str:
    if low == 0:
        return f"up to {high / 1e6:g}M tokens a day"
    return f"above {low / 1e6:g}M" if high == math.inf else f"{low / 1e6:g}M to {high / 1e6:g}M"


def _crossing(points: Sequence[Point], at: Callable[[float], Point], cheaper: Callable[[Point], bool]) -> Point | None:
    """The point from which self-hosting is cheaper for good, as far as the points go."""
    last_dear = max((number for number, point in enumerate(points) if not cheaper(point)), default=-1)
    if last_dear == len(points) - 1:
        return None
    high = points[last_dear + 1]
    if last_dear < 0:
        return high
    low = points[last_dear].tokens_per_day
    for _ in range(_HALVINGS):
        middle = at(math.sqrt(low * high.tokens_per_day))
        low, high = (low, middle) if cheaper(middle) else (middle.tokens_per_day, high)
    return high


def _point(
    volume: float, shape: Shape, options: Options, catalogue: Catalogue, calibrations: Sequence[Calibration], seed: int
) -> Point:
    tokens = float((shape.traffic.prompt_tokens + shape.traffic.output_tokens).mean())
    requests = volume / tokens
    parts = max(1, math.ceil(requests / _SIMULATED))
    a_day = max(1, round(requests / parts))
    days = 1 if options.schedule.hours == "office" else math.ceil(_LEAST / a_day)
    day, drawn = _days(shape.traffic, a_day * days, days, seed)
    monthly = requests * DAYS_PER_MONTH

    def usd(plan: Plan) -> float:
        staying = shape.api_usd[drawn][~plan.served]
        around = options.spare * plan.spare_usd_per_month + options.around.fixed_usd if plan.machines else 0.0
        return plan.usd_per_month * parts + around + float(staying.sum()) / len(day) * monthly

    likely = replace(options, ranges=False, spare=0, around=options.around.of_machines_alone())
    plan = make(day, likely, catalogue, calibrations)
    ends = [usd(plan)]
    if options.ranges and (plan.footing.kind != "measured" or options.starts_are_guessed):
        ends += [usd(make(day, replace(likely, pace=pace), catalogue, calibrations)) for pace in _ENDS]
    return Point(
        tokens_per_day=volume,
        requests_per_day=requests,
        api_usd=float(shape.api_usd.mean()) * monthly,
        cached_usd=float(shape.cached_usd.mean()) * monthly,
        managed_usd=None if shape.managed_usd is None else float(shape.managed_usd.mean()) * monthly,
        machines=plan.machines * parts + (options.spare if plan.machines else 0),
        busy=plan.busy,
        hosted_share=float(plan.served.mean()),
        hosted_usd=ends[0],
        hosted_usd_range=(min(ends), max(ends)),
    )


def _days(traffic: Traffic, count: int, days: int, seed: int) -> tuple[Traffic, Integers]:
    """That many requests drawn from the traffic, over days from a Monday on, and which ones they are."""
    random = np.random.default_rng(seed)
    drawn = random.integers(0, len(traffic), count)
    if _span_s(traffic) >= _WHOLE_DAY_S:
        at_s = (traffic.arrival_s[drawn] + random.uniform(-_JITTER_S, _JITTER_S, count)) % _DAY_S
    else:
        at_s = random.uniform(0, _DAY_S, count)
    at_s += _DAY_S * random.integers(0, days, count)
    order = np.argsort(at_s, kind="stable")
    chosen = traffic.take(drawn[order])
    # one request drawn twice would find all of its prompt in a cache, which no other traffic of that volume would
    return replace(chosen, arrival_s=at_s[order] + _MONDAY_S, prefixes=None), drawn[order]


def _span_s(traffic: Traffic) -> float:
    return float(traffic.arrival_s[-1] - traffic.arrival_s[0])
