"""From which volume on hosting the logged traffic beats the API, with caching and without."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from llmcost.engine import registry
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError, UsageError
from llmcost.prices import offers
from llmcost.reports.scope import Row, Scope
from llmcost.self_hosting import calibrations, catalogue, replay
from llmcost.self_hosting import volumes as compared
from llmcost.self_hosting.calibrations import Calibration
from llmcost.self_hosting.catalogue import Catalogue
from llmcost.self_hosting.fitting import Fit
from llmcost.self_hosting.footing import Footing, choose
from llmcost.self_hosting.machine_prices import Price
from llmcost.self_hosting.plan import Options, fitting, price_of
from llmcost.self_hosting.traffic import COLUMNS
from llmcost.self_hosting.volumes import BreakEven
from llmcost.what_ifs.engine.chain import Chain, Traffic
from llmcost.what_ifs.engine.step import WhatIf, assumptions
from llmcost.what_ifs.kernels import self_hosted

CACHING = ("prompt-caching:ttl=auto",)
"""What counts as caching at the API by default: every prompt cached where that pays."""


@dataclass(frozen=True)
class Answer:
    """The volumes compared, and on what the comparison rests."""

    found: BreakEven
    options: Options
    fit: Fit
    footing: Footing
    price: Price  # of one machine
    managed: Row | None  # who sells the model as an API, the cheapest for this traffic; None where nobody is known to
    caching: tuple[str, ...]  # the what-ifs that count as caching
    requests: int  # that give the traffic its shape
    tokens_per_request: float  # prompt and output
    assumptions: list[str]
    notes: list[str]


@dataclass(frozen=True)
class Machines:
    """What the traffic is to be hosted on: a model that fits, at a price that is known."""

    step: WhatIf  # self-hosted, with its parameters
    known: Catalogue
    calibrated: Sequence[Calibration]
    options: Options
    fit: Fit
    footing: Footing
    price: Price  # of one


def machines(given: Mapping[str, str]) -> Machines:
    """By parameters of the what-if self-hosted, as words; the number of machines follows the volume.

    Raises UsageError for what is not known, DoesNotFitError, LlmcostError without a price.
    """
    query = registry.find("what_ifs", "self-hosted")
    params = query.bind(given)
    if "count" in given:
        raise UsageError("the number of machines follows the volume", hint="leave out count")
    known, calibrated = catalogue.load(), calibrations.load()
    options = self_hosted.options(known, params)
    fit = fitting(options, known)
    return Machines(
        step=WhatIf(query, params),
        known=known,
        calibrated=calibrated,
        options=options,
        fit=fit,
        footing=choose(fit, known, calibrated, options.vllm),
        price=price_of(options, known),
    )


def answer(
    store: Store, covered: Scope, hosted_on: Machines, caching: Sequence[WhatIf], volumes: Sequence[float]
) -> Answer:
    """Compares API, API with caching, the same model from a managed API and self-hosting at each volume.

    Volumes are tokens a day, ascending. Raises what the what-if raises, and LlmcostError where no request can be both
    priced and hosted.
    """
    params, fit = hosted_on.step.values, hosted_on.fit
    traffic = Traffic.of(store, covered, ())
    chain = Chain(traffic, "")
    failures = [failure for step in caching if (failure := chain.add(step).failure) is not None]
    columns = ", ".join(f"stage_0.{name}" for name in COLUMNS)
    priced = store.arrow(
        f"select stage_0.ts, {columns}, cost_0.cost_usd as api_usd, cached.cost_usd as cached_usd"
        f" from (select * from stage_0 where {self_hosted.KERNEL.rows}) as stage_0 join cost_0 using (request_id)"
        f" join cost_{len(chain.steps)} as cached using (request_id)"
        " order by stage_0.ts, request_id",
        params,
    )
    shape = compared.shape_of(priced, self_hosted.selection(params))
    if len(shape.traffic) == 0:
        raise LlmcostError(
            "no request can be priced at the API and hosted, so there is no traffic to scale up",
            hint="check --features, --since and --until; llmcost prices lists what has no price",
        )
    managed = _cheapest(offers.offers(fit.model.name, date.today()), shape.traffic)
    if managed is not None:
        shape = replace(shape, managed_usd=_costs(managed, shape.traffic))
    left_out = traffic.requests - len(shape.traffic)
    notes = [f"caching: {failure.message}" for failure in failures]
    if left_out:
        notes.append(
            f"{left_out:,} of {traffic.requests:,} requests are left out: not asked for, failed, without a price or a"
            " time, or answered with the provider's own web search"
        )
    return Answer(
        found=compared.find(shape, hosted_on.options, hosted_on.known, hosted_on.calibrated, volumes),
        options=hosted_on.options,
        fit=fit,
        footing=hosted_on.footing,
        price=hosted_on.price,
        managed=managed,
        caching=tuple(one.word for one in caching),
        requests=len(shape.traffic),
        tokens_per_request=float((shape.traffic.prompt_tokens + shape.traffic.output_tokens).mean()),
        assumptions=[
            "a day of each volume, or several of a small one: requests drawn from the log with replacement (seeded), at"
            " its hours of the day",
            "what a request costs at the API, and what caching saves of it, is the same at every volume; more traffic"
            " would hit a cache more often",
            "the managed API charges its list price for every token, without a cache, and serves every request",
            *(line for one in (*caching, hosted_on.step) for line in assumptions(one)),
        ],
        notes=notes,
    )


def _cheapest(sold: Sequence[Row], traffic: replay.Traffic) -> Row | None:
    """The provider with the lowest bill for this traffic; what is free is limited, and no alternative."""
    bills = [(float(_costs(offer, traffic).sum()), place) for place, offer in enumerate(sold)]
    paid = [bill for bill in bills if bill[0] > 0]
    return sold[min(paid)[1]] if paid else None


def _costs(offer: Row, traffic: replay.Traffic) -> replay.Floats:
    """US dollars of each request at an offer's prices."""
    usd = traffic.prompt_tokens * float(offer["input_usd_mtok"]) + traffic.output_tokens * float(
        offer["output_usd_mtok"]
    )
    return usd / 1e6
