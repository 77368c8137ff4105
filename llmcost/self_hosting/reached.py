"""What servers reach of a datasheet: dated data by kernel and by the age of the engine, with how far it may be off."""

import datetime
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from llmcost.errors import LlmcostError, UsageError
from llmcost.self_hosting.catalogue import Gpu
from llmcost.self_hosting.quantization import Quantization, spoken

VLLM = "0.33"
"""The version of vLLM that a replay is about unless another is named."""


class UnknownKernelError(LlmcostError):
    """Nothing says what a kernel reaches."""


Entry = TypeVar("Entry", "Kernel", "Host")


@dataclass(frozen=True)
class Kernel:
    """What products with weights of a kind reach of the peaks of bandwidth and arithmetic."""

    weights: tuple[Quantization, ...]
    capability_from: float
    bandwidth: float
    arithmetic: float
    measured_on: tuple[str, ...]
    error: dict[str, tuple[float, float]]  # on a GPU of `measured_on`, and elsewhere
    source: str
    date: datetime.date
    unpacked_first: bool = False  # reading and multiplying take turns

    def error_on(self, gpu: Gpu) -> tuple[float, float]:
        """The multiples of the iteration time between which the truth lies in 90% of cases."""
        low, high = self.error["seen" if gpu.name in self.measured_on else "elsewhere"]
        return low, high


@dataclass(frozen=True)
class Host:
    """What the server itself takes, by the age of the engine and the machines that carry such a GPU. In seconds."""

    vllm_from: str
    capability_from: float
    fixed_s: float
    per_sequence_s: float
    experts_s: float  # of each layer with experts, at least
    error: tuple[float, float]  # widens that of the kernel
    source: str
    date: datetime.date


def kernel(quantization: Quantization, gpu: Gpu) -> Kernel:
    """vLLM's kernel for these weights on this GPU; UnknownKernelError where no test says what it reaches."""
    found = (one for one in _data()[0] if quantization in one.weights and gpu.compute_capability >= one.capability_from)
    if one := next(found, None):
        return one
    raise UnknownKernelError(
        f"no published test says how fast {spoken(quantization)} weights are on {gpu.name}",
        hint="measure it: llmcost bench-gpu or a server's own record of a run, then llmcost calibrate",
    )


def widest() -> tuple[float, float]:
    """The multiples of the iteration time that hold for any kernel that was seen somewhere."""
    errors = [one.error["elsewhere"] for one in _data()[0]]
    return min(low for low, _ in errors), max(high for _, high in errors)


def host(gpu: Gpu, vllm: str = VLLM) -> Host:
    """The host's part with this version of vLLM; UsageError for what is no version, or is older than any known."""
    asked, hosts = _version(vllm), _data()[1]
    found = (one for one in hosts if asked >= _version(one.vllm_from) and gpu.compute_capability >= one.capability_from)
    if one := next(found, None):
        return one
    oldest = min((one.vllm_from for one in hosts), key=_version)
    raise UsageError(f"vllm={vllm} is older than any version that was measured", hint=f"{oldest} and later are known")


def _version(text: str) -> tuple[int, ...]:
    parts = text.strip().lstrip("v").split(".")
    if not all(part.isdecimal() for part in parts):
        raise UsageError(f"vllm={text} is no version", hint=f"like vllm={VLLM}")
    return tuple(map(int, parts))


@cache
def _data() -> tuple[list[Kernel], list[Host]]:
    tables = tomllib.loads(Path(__file__).with_name("reached.toml").read_text("utf-8"))
    return [_build(Kernel, entry) for entry in tables["kernels"]], [_build(Host, entry) for entry in tables["hosts"]]


def _build(kind: type[Entry], entry: dict[str, Any]) -> Entry:
    values: dict[str, Any] = {name: tuple(it) if isinstance(it, list) else it for name, it in entry.items()}
    return kind(**values)
