"""The answer to "should we host it ourselves?": a log's traffic on your own machines."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from llmcost.errors import UsageError
from llmcost.self_hosting import autoscale, config_json, reached
from llmcost.self_hosting.around import Around, caveats
from llmcost.self_hosting.autoscale import Hourly
from llmcost.self_hosting.calibrations import Calibration
from llmcost.self_hosting.catalogue import Catalogue, Instance
from llmcost.self_hosting.fitting import MEMORY_SHARE, Fit, check
from llmcost.self_hosting.fleet import OutOfReachError, Target, needed, reachable, within
from llmcost.self_hosting.footing import Footing, choose
from llmcost.self_hosting.hosting import (
    COLD_STARTS_S,
    HOURS_PER_MONTH,
    Pace,
    Running,
    Schedule,
    Span,
    bill,
    monthly_hours,
    running,
)
from llmcost.self_hosting.idle import placed
from llmcost.self_hosting.interruptions import Interrupted, Interruptions, serve
from llmcost.self_hosting.latency import Latency, measure
from llmcost.self_hosting.machine_prices import Kind, Price
from llmcost.self_hosting.model import Model
from llmcost.self_hosting.quantization import Quantization
from llmcost.self_hosting.replay import Engine, Floats, Traffic, engine_on
from llmcost.self_hosting.timing import IterationTime

# Why a request stays on the API; 0 is for those that do not.
HOSTED, TOO_LONG, OUT_OF_HOURS, QUEUE_FULL, NO_MACHINE, TOO_SLOW, NO_IDLE_HOUR = range(7)
REASONS = (
    "",
    "too long for the model or its cache",
    "outside the machines' hours",
    "the queue was full",
    "there is no machine",
    "slower than the target even with a machine to themselves",
    "no idle hour came in time",
)


COLD_START = (
    f"a start takes {COLD_STARTS_S['likely']:g} s, in published tests {COLD_STARTS_S['fast']:g} to"
    f" {COLD_STARTS_S['slow']:g}, which the range covers; measured: cold_start_s"
)


@dataclass(frozen=True)
class Options:
    """What to host it on, and how."""

    instance: Instance
    model: str
    quantization: Quantization | Literal["auto"] = "none"  # auto: as the model is published
    machines: int | None = None  # none: as many as the target needs
    spare: int = 0  # machines beyond these, for when one fails
    around: Around = field(default_factory=Around)  # what else it costs
    price: Kind = "on-demand"
    region: str | None = None  # none: the first of which a price is known
    priced_on: datetime.date | None = None  # none: today
    usd_per_hour: float | None = None  # instead of the tables' price
    schedule: Schedule = field(default_factory=Schedule)
    interruptions_per_month: float = 0.0  # of each machine
    target: Target = field(default_factory=Target)
    wait_s: float = 86_400.0  # for how long those wait that can
    max_context: int | None = None  # tokens; none: what the model and the cache hold
    max_waiting: int | None = None  # requests a machine; beyond it a request stays on the API
    vllm: str = reached.VLLM  # its version
    max_running: int | None = None  # none: vLLM's default on that GPU, as for max_batched_tokens
    max_batched_tokens: int | None = None
    memory_share: float = MEMORY_SHARE
    pace: Pace = "likely"  # which end of the iteration time's error is replayed
    ranges: bool = True  # also find what the error of the iteration time means for the number of machines

    @property
    def starts_are_guessed(self) -> bool:
        """Whether machines start while requests wait, and nobody measured how long that takes."""
        may_start = self.schedule.hours in ("scale-to-zero", "autoscale") or self.interruptions_per_month > 0
        return may_start and self.schedule.cold_start_s is None


@dataclass(frozen=True)
class Plan:
    """What hosting would have meant. Arrays have one entry a request of the traffic given; nan where it stays."""

    fit: Fit
    footing: Footing
    machines: int
    # as many as are needed if the iteration time is off by the footing's error; None: the target is out of reach
    machines_range: tuple[int, int | None]
    fate: NDArray[np.int8]  # index into REASONS
    ttft_s: Floats  # from the request's arrival, a cold start included
    e2e_s: Floats
    cached_tokens: Floats  # of the prompt, found in its machine's prefix cache
    cost_usd: Floats  # its share of the bill, by GPU time
    latency: Latency  # of those served
    late: int  # served, but not within the target
    preemptions: int
    hours: float  # that each machine ran during the log
    busy: float  # share of those hours in which its GPU computed
    price: Price  # of one machine
    bill_usd: float  # of all machines for the log's time
    usd_per_month: float  # of all machines and what else it costs, in the long run
    spare_usd_per_month: float  # of another machine, beside these
    fixed_usd_per_month: float  # of that bill, what does not depend on the number of machines
    caveats: list[str]  # on the price and on what is not in the bill
    input_tokens: int  # of those served
    output_tokens: int
    interruptions: int  # in the log's time
    repeated: int  # requests that were on a machine when it was taken away
    waited: int  # of those served, how many were sent later, when the machines had room
    waited_tokens: int  # of those, prompts and outputs

    @property
    def served(self) -> NDArray[np.bool_]:
        """Who is served by the machines."""
        return np.equal(self.fate, HOSTED)

    @property
    def usd_per_month_range(self) -> tuple[float, float | None]:
        """The month's price with the least and the largest number of machines that may be needed."""
        fixed = self.fixed_usd_per_month
        each = (self.usd_per_month - fixed) / self.machines if self.machines else 0.0
        low, high = self.machines_range
        return fixed + each * low, None if high is None else fixed + each * high

    def usd_per_mtok(self, tokens: int) -> float:
        """The log's whole bill over this many tokens, in dollars a million; nan for none."""
        return self.bill_usd / tokens * 1e6 if tokens else float("nan")


def make(traffic: Traffic, options: Options, catalogue: Catalogue, calibrations: Sequence[Calibration]) -> Plan:
    """Replays the traffic (arrivals in seconds since 1970, UTC) on the machines asked for.

    Raises DoesNotFitError, UsageError for an unknown name, LlmcostError where a price is missing or no number of
    machines meets the target.
    """
    if options.max_waiting is not None and options.max_waiting < 1:
        raise UsageError(f"max_waiting={options.max_waiting} admits no requests", hint="give 1 or more")
    price = price_of(options, catalogue)
    said = caveats_of(options, price)
    options = replace(options, schedule=options.schedule.settled(options.pace))
    fit = fitting(options, catalogue)
    footing = choose(fit, catalogue, calibrations, options.vllm)
    usual = engine_on(fit)
    engine = replace(
        usual,
        max_waiting=options.max_waiting,
        max_running=options.max_running or usual.max_running,
        max_batched_tokens=options.max_batched_tokens or usual.max_batched_tokens,
    )

    fate = np.full(len(traffic), HOSTED, np.int8)
    span = Span.of(traffic.arrival_s)
    fate[~running(options.schedule, traffic.arrival_s, span).open] = OUT_OF_HOURS
    fate[traffic.prompt_tokens + traffic.output_tokens > _longest(fit, engine, options)] = TOO_LONG
    time = footing.time.slowed({"likely": 1.0, "fast": footing.fastest, "slow": footing.slowest}[options.pace])
    if options.schedule.hours == "autoscale" and (options.machines or options.interruptions_per_month):
        raise UsageError(
            "hours=autoscale finds the number of machines of each hour",
            hint="leave out count and interruptions_month, or set hours=always",
        )
    waits = np.zeros(len(traffic), bool) if traffic.can_wait is None else traffic.can_wait
    if waits.any() and options.schedule.hours != "always":
        raise UsageError("only machines that always run have idle hours", hint="leave out waiting, or set hours=always")
    unlimited = replace(engine, max_waiting=None)
    if options.machines is None:
        _leave_the_slow(fate, waits, traffic, options, unlimited, time)
    deciding = traffic.take((fate == HOSTED) & ~waits)
    hourly = None
    if options.schedule.hours == "autoscale" and options.machines is None:
        hourly = autoscale.of(deciding, unlimited, time, options.target)
    machines, machines_range = _machines(deciding, options, unlimited, footing, time, hourly)
    if machines == 0 and options.machines is None and (waits & (fate == HOSTED)).any():
        machines, machines_range = 1, (1, 1)
    if machines:
        least, most = machines_range
        machines += options.spare
        machines_range = least + options.spare, None if most is None else most + options.spare
    else:
        fate[fate == HOSTED] = NO_MACHINE
    sent_s = _sent(fate, waits, traffic, options, machines, unlimited, time)
    hosted = np.flatnonzero(fate == HOSTED)
    sent = hosted[np.argsort(sent_s[hosted], kind="stable")]
    asked = replace(traffic.take(sent), arrival_s=sent_s[sent])
    interrupted, on = _serve(machines, asked, engine, time, options, span, hourly)
    served = interrupted.served
    fate[sent[served.turned_away]] = QUEUE_FULL
    fixed_usd = options.around.fixed_usd if machines else 0.0
    around_usd = fixed_usd + machines * options.around.storage_usd  # a month
    usd_per_hour = machines * price.usd_per_hour
    bill_usd = bill(price.kind, on) * usd_per_hour + around_usd * on.span_hours / HOURS_PER_MONTH

    def spread(values: Floats) -> Floats:
        column = np.full(len(traffic), np.nan)
        column[sent] = np.where(served.turned_away, np.nan, values)
        return column

    ended = ~served.turned_away
    at_once = ended & ~waits[sent]
    tokens = traffic.prompt_tokens + traffic.output_tokens
    return Plan(
        fit=fit,
        footing=footing,
        machines=machines,
        machines_range=machines_range,
        fate=fate,
        ttft_s=spread(served.first_token_s - traffic.arrival_s[sent]),
        e2e_s=spread(served.last_token_s - traffic.arrival_s[sent]),
        cached_tokens=spread(served.cached_tokens.astype(np.float64)),
        cost_usd=spread(bill_usd * served.gpu_s / max(served.busy_s, 1e-300)),
        latency=measure(
            served.arrival_s[at_once],
            served.first_token_s[at_once],
            served.last_token_s[at_once],
            served.output_tokens[at_once],
        ),
        late=int((at_once & ~within(served, options.target)).sum()),
        preemptions=int(served.preemptions.sum()),
        hours=on.hours,
        busy=served.busy_s / (machines * on.hours * 3600) if machines and on.hours else 0.0,
        price=price,
        bill_usd=bill_usd,
        usd_per_month=monthly_hours(price.kind, on) * usd_per_hour + around_usd,
        spare_usd_per_month=(HOURS_PER_MONTH if hourly else monthly_hours(price.kind, on)) * price.usd_per_hour
        + options.around.storage_usd,
        fixed_usd_per_month=fixed_usd,
        caveats=said,
        input_tokens=int(traffic.prompt_tokens[fate == HOSTED].sum()),
        output_tokens=int(traffic.output_tokens[fate == HOSTED].sum()),
        interruptions=interrupted.interruptions,
        repeated=interrupted.repeated,
        waited=int((waits & (fate == HOSTED)).sum()),
        waited_tokens=int(tokens[waits & (fate == HOSTED)].sum()),
    )


def price_of(options: Options, catalogue: Catalogue) -> Price:
    """What an hour of one machine costs: as given, else by the tables. LlmcostError where it is not known."""
    if options.usd_per_hour is None:
        return catalogue.price(options.instance, options.price, options.region, options.priced_on)
    if options.usd_per_hour < 0:
        raise UsageError(f"usd_per_hour={options.usd_per_hour} is below zero")
    return Price(options.usd_per_hour, options.price, is_given=True)


def caveats_of(options: Options, price: Price) -> list[str]:
    """What makes the price uncertain, and what is not in the bill."""
    day = options.priced_on or datetime.date.today()
    found = caveats(options.around, options.spare, options.interruptions_per_month, options.instance, price, day)
    return [*found, COLD_START] if options.starts_are_guessed else found


def fitting(options: Options, catalogue: Catalogue) -> Fit:
    """The model on one of the machines; DoesNotFitError where it does not fit, UsageError for an unknown name."""
    gpu, model = catalogue.gpu(options.instance.gpu), catalogue.model(options.model)
    return check(catalogue, model, _quantization(options, model), gpu, options.instance.gpus, options.memory_share)


def _quantization(options: Options, model: Model) -> Quantization:
    """What was asked for; else as published, and for a model by its name, of which there are others, 4-bit AWQ."""
    if options.quantization != "auto":
        return options.quantization
    return model.quantization or ("none" if config_json.is_path(options.model) else "awq")


def _longest(fit: Fit, engine: Engine, options: Options) -> int:
    """The longest request, in tokens, that the model, its cache and the user allow."""
    return min(engine.kv_tokens, fit.model.max_context, options.max_context or fit.model.max_context)


def _sent(
    fate: NDArray[np.int8],
    waits: NDArray[np.bool_],
    traffic: Traffic,
    options: Options,
    machines: int,
    engine: Engine,
    time: IterationTime,
) -> Floats:
    """When each request is sent: when it comes, or in an idle hour where it can wait. Those without one stay."""
    later = np.flatnonzero(waits & (fate == HOSTED))
    sent_s = traffic.arrival_s.copy()
    if len(later):
        at_once = traffic.take((fate == HOSTED) & ~waits)
        sent_s[later] = placed(at_once, traffic.take(later), options.wait_s, machines, engine, time)
        fate[later[np.isnan(sent_s[later])]] = NO_IDLE_HOUR
    return sent_s


def _leave_the_slow(
    fate: NDArray[np.int8],
    waits: NDArray[np.bool_],
    traffic: Traffic,
    options: Options,
    engine: Engine,
    time: IterationTime,
) -> None:
    """Leaves on the API what such machines cannot serve within the target.

    Raises OutOfReachError where that is all of it at the likely pace.
    """
    sent = np.flatnonzero((fate == HOSTED) & ~waits)
    try:
        kept = reachable(replace(traffic, prefixes=None).take(sent), engine, time, options.target)
    except OutOfReachError:
        if options.pace == "likely":
            raise
        kept = np.zeros(len(sent), bool)
    fate[sent[~kept]] = TOO_SLOW


def _machines(
    traffic: Traffic, options: Options, engine: Engine, footing: Footing, time: IterationTime, hourly: Hourly | None
) -> tuple[int, tuple[int, int | None]]:
    """How many, in the busiest hour where there is a number for each, and how many it may be if the iteration time is
    off by the footing's error.

    At an end of that error as many as it needs there, for those whom it can serve at that pace.
    """
    if options.machines is not None:
        if options.machines < 0:
            raise UsageError(f"count={options.machines} is below zero", hint="give a number of machines, or auto")
        return options.machines, (options.machines, options.machines)
    often = _often(options)
    if options.pace != "likely":
        count = hourly.most if hourly else needed(traffic, engine, time, options.target, often, peak_only=True)
        return count, (count, count)

    machines = hourly.most if hourly else needed(traffic, engine, footing.time, options.target, often)
    if footing.kind == "measured" or not options.ranges:
        return machines, (machines, machines)

    def at(factor: float) -> int:
        there = footing.time.slowed(factor)
        kept = traffic.take(reachable(traffic, engine, there, options.target))
        if hourly:
            return autoscale.of(kept, engine, there, options.target).most
        return needed(kept, engine, there, options.target, often, peak_only=True)

    fewest = min(machines, at(footing.fastest))
    try:
        return machines, (fewest, max(machines, at(footing.slowest)))
    except OutOfReachError:
        return machines, (fewest, None)


def _often(options: Options) -> Interruptions:
    return Interruptions(options.interruptions_per_month, options.schedule.start_s())


def _serve(
    machines: int,
    traffic: Traffic,
    engine: Engine,
    time: IterationTime,
    options: Options,
    span: Span,
    hourly: Hourly | None,
) -> tuple[Interrupted, Running]:
    """The traffic on its machines, which may have to start first, and may be taken away."""
    if hourly:
        on = hourly.running(traffic.arrival_s, span, options.schedule.start_s(), options.spare)
        return Interrupted(autoscale.served_by(hourly, options.spare, traffic, engine, time), 0, 0), on
    schedule, often = options.schedule, _often(options)
    on = running(schedule, traffic.arrival_s, span)
    found = serve(machines, replace(traffic, arrival_s=on.ready_s), engine, time, often)
    if schedule.hours == "scale-to-zero" and len(traffic):
        # how long they keep busy decides when they stop, which decides who has to wait for a start
        busy_until_s = np.where(found.served.turned_away, traffic.arrival_s, found.served.last_token_s)
        on = running(schedule, traffic.arrival_s, span, busy_until_s)
        found = serve(machines, replace(traffic, arrival_s=on.ready_s), engine, time, often)
    return replace(found, served=replace(found.served, arrival_s=traffic.arrival_s)), on
