"""Whether a model fits a GPU: its weights, a KV cache worth having, and kernels for its number format."""

from dataclasses import dataclass

from llmcost.errors import LlmcostError
from llmcost.self_hosting.catalogue import Catalogue, Gpu
from llmcost.self_hosting.model import Model
from llmcost.self_hosting.quantization import BITS, LEAST_CAPABILITY, Quantization, spoken

GIB = 1 << 30
BLOCK_SIZE = 16  # tokens, vLLM's default
# vLLM's gpu_memory_utilization. From 0.33 on it is 0.92 by default, of which CUDA graphs take their part as well.
MEMORY_SHARE = 0.9
# What vLLM keeps of that share for activations and the CUDA context: on an RTX 4090 with Llama 3.1 8B, 0.9 of
# 23.5 GiB less 15.0 GiB of weights less its 2,588 blocks of cache leave 1.15 GiB.
WORKSPACE_BYTES = int(1.15 * GIB)
LEAST_CACHE_TOKENS = 4096  # with less, hardly two requests run at once

_SMALLER: tuple[Quantization, ...] = ("fp8", "awq")  # to advise, the largest first


class DoesNotFitError(LlmcostError):
    """The model cannot be served on this machine; the hint names what could be."""


@dataclass(frozen=True)
class Fit:
    """A model on the GPUs of one machine."""

    gpu: Gpu
    gpus: int
    model: Model
    quantization: Quantization
    dtype: str  # bfloat16, or float16 where the GPU lacks it
    weights_bytes: int  # over all GPUs
    kv_blocks: int  # usable ones
    note: str  # what a reader should know, or ""

    @property
    def kv_tokens(self) -> int:
        """How many tokens of context the cache holds, over all running requests."""
        return self.kv_blocks * BLOCK_SIZE


def weights_bytes(model: Model, quantization: Quantization) -> int:
    """The weights' size: layers in the quantization's bits, embeddings in 16; in MXFP4 only the experts."""
    small = model.expert_parameters if quantization == "mxfp4" else model.layer_parameters
    return int(small * BITS[quantization] / 8 + (model.layer_parameters - small + model.embedding_parameters) * 2)


def check(
    catalogue: Catalogue,
    model: Model,
    quantization: Quantization,
    gpu: Gpu,
    gpus: int = 1,
    memory_share: float = MEMORY_SHARE,
) -> Fit:
    """The model's place on this many GPUs; DoesNotFitError with the reason and the nearest alternative."""
    if gpu.compute_capability < LEAST_CAPABILITY[quantization]:
        raise DoesNotFitError(
            f"{gpu.name} has no kernels for {spoken(quantization)} weights"
            f" (compute capability {gpu.compute_capability}, {LEAST_CAPABILITY[quantization]} needed)",
            hint=_alternatives(catalogue, model, quantization, gpu, gpus),
        )
    if not _splits(model, gpus):
        raise DoesNotFitError(
            f"{model.name} cannot be split over {gpus} GPUs: it has {model.heads} heads and {model.kv_heads} key-value"
            " heads",
            hint="use an instance with another number of GPUs",
        )
    room = _cache_tokens(model, quantization, gpu, gpus, memory_share)
    if room < LEAST_CACHE_TOKENS:
        usable = gpus * gpu.memory_gib * memory_share
        raise DoesNotFitError(
            f"{model.name} in {spoken(quantization)} does not fit {_cards(gpu, gpus)}:"
            f" {weights_bytes(model, quantization) / GIB:.1f} GiB of weights and"
            f" {gpus * WORKSPACE_BYTES / GIB:.1f} GiB of workspace leave room for"
            f" {max(0, room):,} tokens of cache in {usable:.1f} GiB",
            hint=_alternatives(catalogue, model, quantization, gpu, gpus),
        )
    return Fit(
        gpu=gpu,
        gpus=gpus,
        model=model,
        quantization=quantization,
        dtype="bfloat16" if gpu.compute_capability >= 8.0 else "float16",
        weights_bytes=weights_bytes(model, quantization),
        kv_blocks=room // BLOCK_SIZE - 1,  # vLLM keeps one block for itself
        note=_note(gpu, quantization),
    )


def replicas(model: Model, gpus: int) -> int:
    """How many GPUs keep the same keys and values: more than one where there are more GPUs than key-value heads."""
    return max(1, gpus // model.kv_heads)


def _splits(model: Model, gpus: int) -> bool:
    """Whether vLLM can split it: heads evenly, key-value heads evenly or each to as many GPUs."""
    return model.heads % gpus == 0 and (model.kv_heads % gpus == 0 or gpus % model.kv_heads == 0)


def _cache_tokens(
    model: Model, quantization: Quantization, gpu: Gpu, gpus: int, memory_share: float = MEMORY_SHARE
) -> int:
    free = gpus * (gpu.memory_gib * GIB * memory_share - WORKSPACE_BYTES) - weights_bytes(model, quantization)
    return int(free // (model.kv_bytes_per_token * replicas(model, gpus)))


def _fits(model: Model, quantization: Quantization, gpu: Gpu, gpus: int) -> bool:
    return (
        gpu.compute_capability >= LEAST_CAPABILITY[quantization]
        and _splits(model, gpus)
        and _cache_tokens(model, quantization, gpu, gpus) >= LEAST_CACHE_TOKENS
    )


def _alternatives(catalogue: Catalogue, model: Model, quantization: Quantization, gpu: Gpu, gpus: int) -> str:
    """The same GPU with smaller weights, and the cheapest instance with the same weights."""
    smaller = [other for other in _SMALLER if BITS[other] < BITS[quantization]]
    here = next((other for other in smaller if _fits(model, other, gpu, gpus)), None)
    rentable = [
        (usd, place, instance) for place, instance in enumerate(catalogue.instances.values())
        if not instance.gpu_only and _fits(model, quantization, catalogue.gpu(instance.gpu), instance.gpus)
        and (usd := catalogue.on_demand_usd(instance)) is not None
    ]  # fmt: skip
    elsewhere = min(rentable, default=(0, 0, None))[2]
    words = []
    if here:
        size = weights_bytes(model, here) / GIB
        words.append(f"in {spoken(here)} (quantization={here}, {size:.1f} GiB) it fits {_cards(gpu, gpus)}")
    if elsewhere:
        cards = _cards(catalogue.gpu(elsewhere.gpu), elsewhere.gpus)
        words.append(f"in {spoken(quantization)} it fits {elsewhere.name} ({cards})")
    return "; ".join(words) or "use a smaller model"


def _note(gpu: Gpu, quantization: Quantization) -> str:
    notes = []
    if quantization == "fp8" and gpu.compute_capability < 8.9:
        notes.append("no 8-bit arithmetic: weights are unpacked to 16 bits, which saves memory but no work")
    if gpu.compute_capability < 8.0:
        notes.append("neither bfloat16 nor FlashAttention 2: float16, and slower attention")
    return f"{gpu.name} has {'; '.join(notes)}" if notes else ""


def _cards(gpu: Gpu, gpus: int) -> str:
    return f"one {gpu.name}" if gpus == 1 else f"{gpus} {gpu.name}"
