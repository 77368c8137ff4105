"""How long an iteration takes, and how that is known.

    seconds = fixed + max(weights * read, per_token * tokens) + per_kv_token * sum of contexts
              + per_chunk_context * sum over prompt chunks of (tokens * mean context)
              + per_sequence * sequences that get a token

Reading the weights and the cache is bound by the memory's bandwidth, multiplying by
the arithmetic rate; what a server reaches of either is measured, or assumed. Of a mixture of experts an iteration
reads those that its tokens are sent to: all of the dense part, and of each layer's n experts, of which a token takes k,
the share 1 - (1 - k/n)^tokens, if tokens choose independently; however few these are, routing and the small products
of each layer take their time. Sampling, detokenizing and streaming take time on the
host for each sequence.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from llmcost.self_hosting import reached
from llmcost.self_hosting.catalogue import Gpu
from llmcost.self_hosting.fitting import replicas, weights_bytes
from llmcost.self_hosting.model import Model
from llmcost.self_hosting.quantization import BITS, Quantization

COLLECTIVE_S = 20e-6
"""What one all-reduce takes between the GPUs of a machine, however little it sends: an estimate that no run checks."""


@dataclass(frozen=True)
class IterationTime:
    """Seconds of an iteration's parts, and what of the weights it reads."""

    fixed_s: float
    weights_s: float
    per_token_s: float
    per_kv_token_s: float
    per_chunk_context_s: float
    per_sequence_s: float = 0.0
    dense_share: float = 1.0  # of the weights: what every iteration reads, however few tokens it has
    missed_experts: float = 0.0  # share of the experts that one token does not use
    least_experts_s: float = 0.0  # what the experts of all layers take at least

    def slowed(self, factor: float) -> "IterationTime":
        """Every part this many times as long."""
        return replace(self, **{name: getattr(self, name) * factor for name in SECONDS})

    def weights_read_s(self, tokens: Any) -> Any:
        """Seconds to read the weights that so many tokens use; of a number or of many."""
        experts_s = self.weights_s * (1 - self.dense_share) * (1 - self.missed_experts**tokens)
        return self.weights_s * self.dense_share + np.maximum(experts_s, self.least_experts_s)


SECONDS = (
    "fixed_s", "weights_s", "per_token_s", "per_kv_token_s", "per_chunk_context_s", "per_sequence_s", "least_experts_s",
)  # fmt: skip
"""The parts that are times."""


def bound(model: Model, quantization: Quantization, gpu: Gpu, gpus: int = 1) -> IterationTime:
    """The least an iteration can take by the datasheet: every byte read and every product made at the peak rate."""
    bandwidth = gpu.bandwidth_gb_s * 1e9 * gpus
    sixteen = gpu.tflops.get("bf16", gpu.tflops["fp16"])
    multiplied_as = {"fp8": "fp8", "int8": "int8", "nvfp4": "fp4"}.get(quantization, "")
    products = gpu.tflops.get(multiplied_as, sixteen) * 1e12 * gpus
    attention = sixteen * 1e12 * gpus
    return IterationTime(
        fixed_s=0.0,
        weights_s=_read_bytes(model, quantization) / bandwidth,
        per_token_s=2 * model.active_parameters / products + _reduced_bytes(model, gpus) / (gpu.link_gb_s * 1e9),
        per_kv_token_s=model.kv_bytes_per_token * replicas(model, gpus) / bandwidth,
        per_chunk_context_s=4 * model.attention_width / attention,
        dense_share=dense_share(model, quantization),
        missed_experts=model.missed_experts,
    )


def _read_bytes(model: Model, quantization: Quantization) -> int:
    """The weights that an iteration of many tokens reads: of the input embedding only a few rows."""
    return weights_bytes(model, quantization) - model.vocabulary * model.hidden_size * 2 * (not model.tied_embeddings)


def dense_share(model: Model, quantization: Quantization) -> float:
    """What of these is read whatever an iteration's tokens are: all but the experts."""
    if model.experts == 1:
        return 1.0
    return 1 - model.expert_parameters * BITS[quantization] / 8 / _read_bytes(model, quantization)


def _reduced_bytes(model: Model, gpus: int) -> int:
    """What each GPU sends to the others for one token, in 16 bits: a hidden state after attention and after the MLP."""
    return 0 if gpus == 1 else 2 * model.layers * model.hidden_size * 2


def by_datasheet(
    model: Model, quantization: Quantization, gpu: Gpu, gpus: int = 1, vllm: str = reached.VLLM
) -> IterationTime:
    """The bound, at the shares of the peaks that servers reach, and what the host takes (`reached.toml`)."""
    least, kernel, host = (
        bound(model, quantization, gpu, gpus),
        reached.kernel(quantization, gpu),
        reached.host(gpu, vllm),
    )
    weights_s = least.weights_s / kernel.bandwidth
    collectives_s = 0.0 if gpus == 1 else 2 * model.layers * COLLECTIVE_S
    takes_turns = kernel.unpacked_first and model.experts == 1
    return replace(
        least,
        fixed_s=host.fixed_s + collectives_s + (weights_s if takes_turns else 0.0),
        per_sequence_s=host.per_sequence_s,
        weights_s=0.0 if takes_turns else weights_s,
        least_experts_s=0.0 if model.experts == 1 else model.layers * host.experts_s,
        per_token_s=least.per_token_s / kernel.arithmetic,
        per_kv_token_s=least.per_kv_token_s / kernel.bandwidth,
        per_chunk_context_s=least.per_chunk_context_s / kernel.arithmetic,
    )


def scaled(measured: IterationTime, there: IterationTime, here: IterationTime) -> IterationTime:
    """A measured time carried over, each part by the ratio of the two datasheet bounds; what the host takes stays."""
    return replace(
        measured,
        dense_share=here.dense_share,
        missed_experts=here.missed_experts,
        weights_s=measured.weights_s * here.weights_s / there.weights_s,
        per_token_s=measured.per_token_s * here.per_token_s / there.per_token_s,
        per_kv_token_s=measured.per_kv_token_s * here.per_kv_token_s / there.per_kv_token_s,
        per_chunk_context_s=measured.per_chunk_context_s * here.per_chunk_context_s / there.per_chunk_context_s,
    )
