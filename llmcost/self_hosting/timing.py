"""How long an iteration takes, and how that is known.

    seconds = fixed + max(weights, per_token * tokens) + per_kv_token * sum of contexts
              + per_chunk_context * sum over prompt chunks of (tokens * mean context)

Reading the weights and the cache is bound by the memory's bandwidth, multiplying by
the arithmetic rate; what a server reaches of either is measured, or assumed.
"""

from dataclasses import astuple, dataclass, replace

from llmcost.self_hosting.catalogue import Gpu
from llmcost.self_hosting.fitting import weights_bytes
from llmcost.self_hosting.model import Model
from llmcost.self_hosting.quantization import Quantization

# What a server reaches of the datasheet's peaks where nothing was measured.
BANDWIDTH_REACHED = 0.85
ARITHMETIC_REACHED = 0.75
FIXED_S = 0.0015


@dataclass(frozen=True)
class IterationTime:
    """The five numbers, all in seconds."""

    fixed_s: float
    weights_s: float
    per_token_s: float
    per_kv_token_s: float
    per_chunk_context_s: float

    def slowed(self, factor: float) -> "IterationTime":
        """Every part this many times as long."""
        return IterationTime(*(part * factor for part in astuple(self)))


def bound(model: Model, quantization: Quantization, gpu: Gpu, gpus: int = 1) -> IterationTime:
    """The least an iteration can take by the datasheet: every byte read and every product made at the peak rate."""
    bandwidth = gpu.bandwidth_gb_s * 1e9 * gpus
    native = quantization == "fp8" and "fp8" in gpu.tflops
    products = (gpu.tflops["fp8"] if native else gpu.tflops.get("bf16", gpu.tflops["fp16"])) * 1e12 * gpus
    attention = gpu.tflops.get("bf16", gpu.tflops["fp16"]) * 1e12 * gpus
    read = weights_bytes(model, quantization) - model.vocabulary * model.hidden_size * 2 * (not model.tied_embeddings)
    return IterationTime(
        fixed_s=0.0,
        weights_s=read / bandwidth,  # of the input embedding only a few rows are read
        per_token_s=2 * model.active_parameters / products,
        per_kv_token_s=model.kv_bytes_per_token / bandwidth,
        per_chunk_context_s=4 * model.attention_width / attention,
    )


def by_datasheet(model: Model, quantization: Quantization, gpu: Gpu, gpus: int = 1) -> IterationTime:
    """The bound, at the share of the peaks that servers reach."""
    least = bound(model, quantization, gpu, gpus)
    return IterationTime(
        fixed_s=FIXED_S,
        weights_s=least.weights_s / BANDWIDTH_REACHED,
        per_token_s=least.per_token_s / ARITHMETIC_REACHED,
        per_kv_token_s=least.per_kv_token_s / BANDWIDTH_REACHED,
        per_chunk_context_s=least.per_chunk_context_s / ARITHMETIC_REACHED,
    )


def scaled(measured: IterationTime, there: IterationTime, here: IterationTime) -> IterationTime:
    """A measured time carried over, each part by the ratio of the two datasheet bounds; the fixed part stays."""
    return replace(
        measured,
        weights_s=measured.weights_s * here.weights_s / there.weights_s,
        per_token_s=measured.per_token_s * here.per_token_s / there.per_token_s,
        per_kv_token_s=measured.per_kv_token_s * here.per_kv_token_s / there.per_kv_token_s,
        per_chunk_context_s=measured.per_chunk_context_s * here.per_chunk_context_s / there.per_chunk_context_s,
    )
