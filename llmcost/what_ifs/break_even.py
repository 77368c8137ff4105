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
from llmcost.self_hosting.fitting import Fit
from llmcost.self_hosting.footing import Footing, choose
from llmcost.self_hosting.hosting import hourly_usd
from llmcost.self_hosting.plan import Options, fitting
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
    usd_per_hour: float  # of one machine
    managed: Row | None  # who sells the model as an API, the cheapest for this traffic; None where nobody is known to
    caching: tuple[str, ...]  # the what-ifs that count as caching
    requests: int  # that give the traffic its shape
    tokens_per_request: float  # prompt and output
    assumptions: list[str]
    notes: list[str]


def answer(
    store: Store,
    covered: Scope,
    given: Mapping[str, str],
    caching: Sequence[WhatIf],
    volumes: Sequence[float],
) -> Answer:
    """Compares API, API with caching, the same model from a managed API and self-hosting at each volume.

    Volumes are tokens a day, ascending.

    `given`: parameters of the what-if self-hosted, as words; the number of machines follows the volume.
    Raises what the what-if raises, and LlmcostError where no request can be both priced and hosted.
    """
    query = registry.find("what_ifs", "self-hosted")
    params = query.bind(given)
    if "count" in given:
        raise UsageError("the number of machines follows the volume", hint="leave out count")
    known, calibrated = catalogue.load(), calibrations.load()
    options = self_hosted.options(known, params)
    fit = fitting(options, known)
    footing = choose(fit, known, calibrated, options.vllm)
    usd_per_hour = hourly_usd(options.instance, options.price, options.usd_per_hour)
    traffic = Traffic.of(store, covered, ())
    chain = Chain(traffic, "")
    failures = [failure for step in caching if (failure := chain.add(step).failure) is not None]
    columns = ", ".join(f"stage_0.{name}" for name in self_hosted.KERNEL.columns)
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
    step = WhatIf(query, params)
    return Answer(
        found=compared.find(shape, options, known, calibrated, volumes),
        options=options,
        fit=fit,
        footing=footing,
        usd_per_hour=usd_per_hour,
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
            *(line for one in (*caching, step) for line in assumptions(one)),
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
