"""Which iteration time a replay is based on: measured here, measured elsewhere and scaled, or only a datasheet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from llmcost.self_hosting.calibrations import Calibration
from llmcost.self_hosting.catalogue import Catalogue
from llmcost.self_hosting.fitting import Fit
from llmcost.self_hosting.timing import (
    ARITHMETIC_REACHED,
    BANDWIDTH_REACHED,
    IterationTime,
    bound,
    by_datasheet,
    scaled,
)

# Datasheet numbers without a measurement missed a recorded run by 14 to 25 %; docs/serving_accuracy.md has our own.
DATASHEET_ERROR = 0.25
# 4-bit weights are unpacked before they are multiplied, which no datasheet knows: published tests of T4 and L4 are
# slower than predicted by about this factor (docs/serving_accuracy.md).
UNPACKING = 2.0


@dataclass(frozen=True)
class Footing:
    """The iteration time to replay with, and what it is based on."""

    time: IterationTime
    kind: Literal["measured", "scaled", "datasheet"]
    fastest: float  # the iteration time may be off by these factors
    slowest: float
    text: str


def choose(fit: Fit, catalogue: Catalogue, calibrations: Sequence[Calibration]) -> Footing:
    """The best there is for a model on its GPUs: measured on them, else measured elsewhere with weights of the
    same kind (the same model rather than another, the same GPU rather than another, later rather than earlier),
    else the datasheet.
    """
    alike = [one for one in calibrations if one.quantization == fit.quantization]
    alike.sort(key=lambda one: (one.model == fit.model.name, one.gpu == fit.gpu.name, one.gpus == fit.gpus))
    best = alike[-1] if alike else None
    if best and (best.model, best.gpu, best.gpus) == (fit.model.name, fit.gpu.name, fit.gpus):
        return Footing(best.time, "measured", 1.0, 1.0, f"measured on this GPU: {best.source}")
    known = [one for one in alike if catalogue.known_model(one.model) and one.gpu in catalogue.gpus]
    if known:
        best = known[-1]
        there = bound(catalogue.model(best.model), best.quantization, catalogue.gpu(best.gpu), best.gpus)
        here = bound(fit.model, fit.quantization, fit.gpu, fit.gpus)
        return Footing(
            scaled(best.time, there, here),
            "scaled",
            1 - DATASHEET_ERROR,
            1 + DATASHEET_ERROR,
            f"measured on {best.gpu} with {best.model} ({best.source}), scaled to {fit.gpu.name} with {fit.model.name}"
            f" by bandwidth and arithmetic rate; not checked on it: ±{DATASHEET_ERROR:.0%}, as for a datasheet",
        )
    unpacks = fit.quantization in ("awq", "gptq")
    return Footing(
        by_datasheet(fit.model, fit.quantization, fit.gpu, fit.gpus),
        "datasheet",
        1 - DATASHEET_ERROR,
        UNPACKING if unpacks else 1 + DATASHEET_ERROR,
        f"datasheet of {fit.gpu.name} only, at {BANDWIDTH_REACHED:.0%} of its bandwidth and {ARITHMETIC_REACHED:.0%}"
        f" of its arithmetic rate, nothing measured: ±{DATASHEET_ERROR:.0%}"
        + (f", and up to {UNPACKING:g} times slower, as 4-bit kernels were in published tests" if unpacks else ""),
    )
