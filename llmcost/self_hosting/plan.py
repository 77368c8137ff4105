"""The answer to "should we host it ourselves?": a log's traffic on your own machines."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from llmcost.errors import UsageError
from llmcost.self_hosting import config_json, reached
from llmcost.self_hosting.calibrations import Calibration
from llmcost.self_hosting.catalogue import Catalogue, Instance
from llmcost.self_hosting.fitting import MEMORY_SHARE, Fit, check
from llmcost.self_hosting.fleet import OutOfReachError, Target, needed, reachable, within
from llmcost.self_hosting.footing import Footing, choose
from llmcost.self_hosting.hosting import (
    HOURS_PER_MONTH,
    Price,
    Running,
    Schedule,
    Span,
    bill,
    hourly_usd,
    monthly_hours,
    running,
)
from llmcost.self_hosting.idle import placed
from llmcost.self_hosting.latency import Latency, measure
from llmcost.self_hosting.model import Model
from llmcost.self_hosting.quantization import Quantization
from llmcost.self_hosting.replay import Engine, Floats, Served, Traffic, engine_on, replay_on
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

Pace = Literal["likely", "fast", "slow"]


@dataclass(frozen=True)
class Options:
    """What to host it on, and how."""

    instance: Instance
    model: str
    quantization: Quantization | Literal["auto"] = "none"  # auto: as the model is published
    machines: int | None = None  # none: as many as the target needs
    spare: int = 0  # machines beyond these, for when one fails
    extra_usd_per_month: float = 0.0  # what else it costs: storage, network, people
    price: Price = "on-demand"
    usd_per_hour: float | None = None
    schedule: Schedule = field(default_factory=Schedule)
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
    cost_usd: Floats  # its share of the bill, by GPU time
    latency: Latency  # of those served
    late: int  # served, but not within the target
    preemptions: int
    hours: float  # that each machine ran during the log
    busy: float  # share of those hours in which its GPU computed
    usd_per_hour: float  # of one machine
    bill_usd: float  # of all machines for the log's time
    usd_per_month: float  # of all machines and what else it costs, in the long run
    extra_usd_per_month: float  # of that, what does not depend on the number of machines
    input_tokens: int  # of those served
    output_tokens: int
    waited: int  # of those served, how many were sent later, when the machines had room
    waited_tokens: int  # of those, prompts and outputs

    @property
    def served(self) -> NDArray[np.bool_]:
        """Who is served by the machines."""
        return np.equal(self.fate, HOSTED)

    @property
    def usd_per_month_range(self) -> tuple[float, float | None]:
        """The month's price with the least and the largest number of machines that may be needed."""
        extra = self.extra_usd_per_month
        each = (self.usd_per_month - extra) / self.machines if self.machines else 0.0
        low, high = self.machines_range
        return extra + each * low, None if high is None else extra + each * high

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
    fit = fitting(options, catalogue)
    footing = choose(fit, catalogue, calibrations, options.vllm)
    usd_per_hour = hourly_usd(options.instance, options.price, options.usd_per_hour)
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
    waits = np.zeros(len(traffic), bool) if traffic.can_wait is None else traffic.can_wait
    if waits.any() and options.schedule.hours != "always":
        raise UsageError("only machines that always run have idle hours", hint="leave out waiting, or set hours=always")
    unlimited = replace(engine, max_waiting=None)
    if options.machines is None:
        _leave_the_slow(fate, waits, traffic, options, unlimited, time)
    machines, machines_range = _machines(traffic.take((fate == HOSTED) & ~waits), options, unlimited, footing, time)
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
    served, on = _serve(
        machines, replace(traffic.take(sent), arrival_s=sent_s[sent]), engine, time, options.schedule, span
    )
    fate[sent[served.turned_away]] = QUEUE_FULL
    extra_usd_per_month = options.extra_usd_per_month if machines else 0.0
    bill_usd = bill(options.price, on) * machines * usd_per_hour + extra_usd_per_month * on.span_hours / HOURS_PER_MONTH

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
        usd_per_hour=usd_per_hour,
        bill_usd=bill_usd,
        usd_per_month=monthly_hours(options.price, on) * machines * usd_per_hour + extra_usd_per_month,
        extra_usd_per_month=extra_usd_per_month,
        input_tokens=int(traffic.prompt_tokens[fate == HOSTED].sum()),
        output_tokens=int(traffic.output_tokens[fate == HOSTED].sum()),
        waited=int((waits & (fate == HOSTED)).sum()),
        waited_tokens=int(tokens[waits & (fate == HOSTED)].sum()),
    )


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
        kept = reachable(traffic.take(sent), engine, time, options.target)
    except OutOfReachError:
        if options.pace == "likely":
            raise
        kept = np.zeros(len(sent), bool)
    fate[sent[~kept]] = TOO_SLOW


def _machines(
    traffic: Traffic, options: Options, engine: Engine, footing: Footing, time: IterationTime
) -> tuple[int, tuple[int, int | None]]:
    """How many, and how many it may be if the iteration time is off by the footing's error.

    At an end of that error as many as it needs there, for those whom it can serve at that pace.
    """
    if options.machines is not None:
        if options.machines < 0:
            raise UsageError(f"count={options.machines} is below zero", hint="give a number of machines, or auto")
        return options.machines, (options.machines, options.machines)
    if options.pace != "likely":
        count = needed(traffic, engine, time, options.target, peak_only=True)
        return count, (count, count)

    machines = needed(traffic, engine, footing.time, options.target)
    if footing.kind == "measured" or not options.ranges:
        return machines, (machines, machines)

    def at(factor: float) -> int:
        there = footing.time.slowed(factor)
        kept = traffic.take(reachable(traffic, engine, there, options.target))
        return needed(kept, engine, there, options.target, peak_only=True)

    fewest = min(machines, at(footing.fastest))
    try:
        return machines, (fewest, max(machines, at(footing.slowest)))
    except OutOfReachError:
        return machines, (fewest, None)


def _serve(
    machines: int, traffic: Traffic, engine: Engine, time: IterationTime, schedule: Schedule, span: Span
) -> tuple[Served, Running]:
    """The traffic on its machines, which may have to start first."""
    on = running(schedule, traffic.arrival_s, span)
    served = replay_on(machines, replace(traffic, arrival_s=on.ready_s), engine, time)
    if schedule.hours == "scale-to-zero" and len(traffic):
        # how long they keep busy decides when they stop, which decides who has to wait for a start
        busy_until_s = np.where(served.turned_away, traffic.arrival_s, served.last_token_s)
        on = running(schedule, traffic.arrival_s, span, busy_until_s)
        served = replay_on(machines, replace(traffic, arrival_s=on.ready_s), engine, time)
    return replace(served, arrival_s=traffic.arrival_s), on
