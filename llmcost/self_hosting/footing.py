"""Which iteration time a replay is based on: measured here, measured elsewhere and scaled, or only a datasheet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from llmcost.self_hosting import reached
from llmcost.self_hosting.calibrations import Calibration
from llmcost.self_hosting.catalogue import Catalogue
from llmcost.self_hosting.fitting import Fit
from llmcost.self_hosting.timing import IterationTime, bound, by_datasheet, scaled


@dataclass(frozen=True)
class Footing:
    """The iteration time to replay with, and what it is based on."""

    time: IterationTime
    kind: Literal["measured", "scaled", "datasheet"]
    fastest: float  # the iteration time may be off by these factors
    slowest: float
    text: str


def choose(fit: Fit, catalogue: Catalogue, calibrations: Sequence[Calibration], vllm: str = reached.VLLM) -> Footing:
    """The best there is for a model on its GPUs: measured on them; else measured on the same GPU with weights of the
    same kind, the latest; else what servers reach of the datasheet, with this version of vLLM.

    Between GPUs nothing is carried over: hosts and kernels differ by more than the datasheets say. UnknownKernelError
    for weights that no test is about and that were not measured on this GPU either.
    """
    host = reached.host(fit.gpu, vllm)
    alike = [
        one
        for one in calibrations
        if (one.quantization, one.gpu, one.gpus) == (fit.quantization, fit.gpu.name, fit.gpus)
    ]
    if here := [one for one in alike if one.model == fit.model.name]:
        return Footing(here[-1].time, "measured", 1.0, 1.0, f"measured on this GPU: {here[-1].source}")
    fastest, slowest = (one * other for one, other in zip(_error(fit, bool(alike)), host.error, strict=True))
    if known := [one for one in alike if catalogue.known_model(one.model)]:
        best = known[-1]
        there = bound(catalogue.model(best.model), best.quantization, fit.gpu, fit.gpus)
        return Footing(
            scaled(best.time, there, bound(fit.model, fit.quantization, fit.gpu, fit.gpus)),
            "scaled",
            fastest,
            slowest,
            f"measured on this GPU with {best.model} ({best.source}), scaled to {fit.model.name} by bytes and"
            f" products; not checked with it: {_off(fastest, slowest)}",
        )
    kernel = reached.kernel(fit.quantization, fit.gpu)
    return Footing(
        by_datasheet(fit.model, fit.quantization, fit.gpu, fit.gpus, vllm),
        "datasheet",
        fastest,
        slowest,
        f"datasheet of {fit.gpu.name} at {kernel.bandwidth:.0%} of its bandwidth and {kernel.arithmetic:.0%} of its"
        f" arithmetic rate, as published tests of {_seen(kernel, fit)} reach; not measured here:"
        f" {_off(fastest, slowest)}",
    )


def _error(fit: Fit, measured: bool) -> tuple[float, float]:
    """That of the kernel; the widest there is for one that was measured here and nowhere else."""
    try:
        return reached.kernel(fit.quantization, fit.gpu).error_on(fit.gpu)
    except reached.UnknownKernelError:
        if not measured:
            raise
        return reached.widest()


def _seen(kernel: reached.Kernel, fit: Fit) -> str:
    """On what the kernel was seen, in words."""
    if fit.gpu.name in kernel.measured_on:
        return "this GPU"
    return ", ".join(kernel.measured_on) if kernel.measured_on else "other kernels"


def _off(fastest: float, slowest: float) -> str:
    return f"an iteration takes {fastest:.2f} to {slowest:.2f} times as long in 90% of cases"
