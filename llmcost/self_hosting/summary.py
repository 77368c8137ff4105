"""A plan in plain words and numbers, for tables, JSON and pages."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from llmcost.self_hosting import compiled
from llmcost.self_hosting.plan import HOSTED, REASONS, Plan


def of(plan: Plan) -> dict[str, Any]:
    """Everything a report shows of a plan but its per-request columns. Numbers without a value are None."""
    served = int(plan.served.sum())
    return {
        "machines": plan.machines,
        "machines_range": list(plan.machines_range),
        "usd_per_month": plan.usd_per_month,
        "usd_per_month_range": list(plan.usd_per_month_range),
        "usd_per_hour": plan.price.usd_per_hour,
        "price": plan.price.document(),
        "bill_usd": plan.bill_usd,
        "hours": plan.hours,
        "gpu_busy": plan.busy,
        "input_usd_mtok": _number(plan.usd_per_mtok(plan.input_tokens)),
        "output_usd_mtok": _number(plan.usd_per_mtok(plan.output_tokens)),
        "total_usd_mtok": _number(plan.usd_per_mtok(_tokens(plan))),
        "requests": len(plan.fate),
        "requests_hosted": served,
        "requests_late": plan.late,
        "interruptions": plan.interruptions,
        "requests_repeated": plan.repeated,
        "requests_waited": plan.waited,
        "total_usd_mtok_without_waiting": _number(plan.usd_per_mtok(_tokens(plan) - plan.waited_tokens)),
        "requests_staying": {REASONS[code]: count for code, count in _staying(plan)},
        **{
            name: {key: _number(value) for key, value in asdict(getattr(plan.latency, name)).items()}
            for name in ("ttft_ms", "tpot_ms", "e2e_ms")
        },
        "preemptions": plan.preemptions,
        "model": plan.fit.model.name,
        "quantization": plan.fit.quantization,
        "dtype": plan.fit.dtype,
        "gpu": plan.fit.gpu.name,
        "gpus_per_machine": plan.fit.gpus,
        "weights_gib": plan.fit.weights_bytes / (1 << 30),
        "kv_tokens": plan.fit.kv_tokens,
        "footing": plan.footing.kind,
        "iteration_time_factors": [plan.footing.fastest, plan.footing.slowest],
        "notes": list(_notes(plan)),
    }


def _staying(plan: Plan) -> Iterator[tuple[int, int]]:
    for code in range(HOSTED + 1, len(REASONS)):
        if count := int((plan.fate == code).sum()):
            yield code, count


def _notes(plan: Plan) -> Iterator[str]:
    yield f"iteration time: {plan.footing.text}"
    yield from plan.caveats
    if plan.fit.note:
        yield plan.fit.note
    low, high = plan.machines_range
    if high is None:
        machines = "machine" if low == 1 else "machines"
        yield f"within that error {low} {machines} or more are needed; at its slow end no number meets the target"
    elif low != high:
        yield f"within that error {low} to {high} machines are needed"
    if plan.interruptions:
        yield (
            f"a machine is taken away {_times(plan.interruptions)} in the log's time, which repeats"
            f" {plan.repeated:,} {'request' if plan.repeated == 1 else 'requests'}"
        )
    if plan.waited:
        alone, together = (plan.usd_per_mtok(tokens) for tokens in (_tokens(plan) - plan.waited_tokens, _tokens(plan)))
        lowered = f": a million tokens cost ${together:,.2f} instead of ${alone:,.2f}" if alone == alone else ""
        takes = "request that can wait takes" if plan.waited == 1 else "requests that can wait take"
        yield f"{plan.waited:,} {takes} idle hours{lowered}"
    for code, count in _staying(plan):
        yield f"{count:,} {'request stays' if count == 1 else 'requests stay'} on the API: {REASONS[code]}"
    if not compiled.AVAILABLE:
        yield compiled.WITHOUT_NUMBA
    if plan.bill_usd and not plan.served.any():
        yield f"the machines cost ${plan.bill_usd:,.2f}, but served nothing: no request carries that cost"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number:,} times"


def _tokens(plan: Plan) -> int:
    """All tokens of those served."""
    return plan.input_tokens + plan.output_tokens


def _number(value: float) -> float | None:
    return None if value != value else value
