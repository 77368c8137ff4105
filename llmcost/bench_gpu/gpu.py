"""NVIDIA GPUs as their driver reports them (NVML): what they are, and how busy they were."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

_SAMPLE_EVERY_S = 0.25
_GIB = 2**30


@dataclass
class Usage:
    """Samples taken while a step ran; every sample is over all GPUs."""

    utilization: list[float] = field(default_factory=list)  # 0 to 1, mean over the GPUs
    memory_gib: list[float] = field(default_factory=list)
    power_w: list[float] = field(default_factory=list)

    def summary(self) -> dict[str, float | None]:
        """Under the names of the columns of `measurements`."""
        return {
            "gpu_utilization": _mean(self.utilization),
            "gpu_memory_used_gib": max(self.memory_gib, default=None),
            "gpu_power_w": _mean(self.power_w),
        }


class Gpus:
    """This machine's GPUs."""

    def __init__(self, nvml: Any) -> None:
        self._nvml = nvml
        self._handles = [nvml.nvmlDeviceGetHandleByIndex(number) for number in range(nvml.nvmlDeviceGetCount())]

    def facts(self) -> dict[str, Any]:
        """Name, number, memory and driver, under the names of the columns of `measurements`."""
        first = self._handles[0]
        return {
            "gpu": _text(self._nvml.nvmlDeviceGetName(first)),
            "gpus": len(self._handles),
            "gpu_memory_gib": self._nvml.nvmlDeviceGetMemoryInfo(first).total / _GIB,
            "driver": _text(self._nvml.nvmlSystemGetDriverVersion()),
        }

    def free_bytes(self) -> float:
        """Memory that nobody uses, on the GPU that has most of it."""
        return max(float(self._nvml.nvmlDeviceGetMemoryInfo(handle).free) for handle in self._handles)

    @contextmanager
    def watched(self) -> Iterator[Usage]:
        """Samples the GPUs in the background while the block runs."""
        usage, over = Usage(), threading.Event()

        def sample() -> None:
            while not over.wait(_SAMPLE_EVERY_S):
                self._sample(usage)

        thread = threading.Thread(target=sample, name="gpu-samples", daemon=True)
        thread.start()
        try:
            yield usage
        finally:
            over.set()
            thread.join()

    def _sample(self, usage: Usage) -> None:
        for kept, read in (
            (usage.utilization, self._share_busy),
            (usage.memory_gib, self._used_gib),
            (usage.power_w, self._power_w),
        ):
            with suppress(self._nvml.NVMLError):  # not every card and virtual machine reports everything
                kept.append(sum(read(handle) for handle in self._handles))

    def _share_busy(self, handle: Any) -> float:
        return float(self._nvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100 / len(self._handles))

    def _used_gib(self, handle: Any) -> float:
        return float(self._nvml.nvmlDeviceGetMemoryInfo(handle).used / _GIB)

    def _power_w(self, handle: Any) -> float:
        return float(self._nvml.nvmlDeviceGetPowerUsage(handle) / 1000)


def find() -> Gpus | None:
    """This machine's GPUs; null without the package nvidia-ml-py, a driver, or a GPU."""
    try:
        nvml = import_module("pynvml")
    except ImportError:
        return None
    try:
        nvml.nvmlInit()
        gpus = Gpus(nvml)
        return gpus if gpus.facts()["gpus"] else None
    except (nvml.NVMLError, IndexError):
        return None


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
