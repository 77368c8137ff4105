"""The device that torch runs on: chosen, timed, and measured by a large copy and a large matrix product."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from math import inf
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from llmcost.errors import LlmcostError, UsageError

_REPEATS = 5
_COPY_BYTES = {"cuda": 2**30, "cpu": 2**27}  # far more than any cache holds
_MATRIX_SIZE = {"cuda": 8192, "cpu": 1024}
_DTYPES = {"bfloat16": "bfloat16", "half": "float16", "float16": "float16", "float32": "float32", "float": "float32"}


@dataclass(frozen=True)
class Device:
    """A device and the number format used on it."""

    torch: Any  # the module
    kind: str  # cuda | cpu
    dtype_name: str

    @property
    def dtype(self) -> Any:
        """The number format as torch has it."""
        return getattr(self.torch, self.dtype_name)

    @property
    def is_cuda(self) -> bool:
        """Whether it is a GPU."""
        return self.kind == "cuda"

    def free_bytes(self) -> float:
        """Memory that is free on it; infinite where the system does not say."""
        if self.is_cuda:
            return float(self.torch.cuda.mem_get_info()[0])
        try:
            for line in Path("/proc/meminfo").read_text("utf-8").splitlines():
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
        except OSError:
            pass
        return inf

    def clock_s(self) -> float:
        """The time once everything asked of the device so far is done."""
        if self.is_cuda:
            self.torch.cuda.synchronize()
        return perf_counter()

    def seconds(self, work: Callable[[], object]) -> float:
        """How long the work takes: the median of a few runs, after one that is not counted."""
        work()
        times = []
        for _ in range(_REPEATS):
            before_s = self.clock_s()
            work()
            times.append(self.clock_s() - before_s)
        return median(times)

    def bandwidth_gb_s(self) -> float:
        """Bytes read and written a second by a large copy, in 10⁹."""
        source = self.torch.ones(_COPY_BYTES[self.kind], dtype=self.torch.uint8, device=self.kind)
        target = self.torch.empty_like(source)
        return float(2 * source.numel() / self.seconds(lambda: target.copy_(source)) / 1e9)

    def matmul_tflops(self) -> float:
        """Multiplications and additions a second in a large product of square matrices, in 10¹²."""
        size = _MATRIX_SIZE[self.kind]
        left, right = (self.torch.randn(size, size, device=self.kind, dtype=self.dtype) for _ in range(2))
        return float(2 * size**3 / self.seconds(lambda: left @ right) / 1e12)


def choose(kind: str | None, dtype: str | None) -> Device:
    """The device asked for, else a GPU where there is one. LlmcostError without torch or without that device."""
    try:
        torch = import_module("torch")
    except ImportError:
        raise LlmcostError(
            "torch is not installed", hint="pip install torch, or measure a server: --endpoint URL"
        ) from None
    has_gpu = torch.cuda.is_available()
    kind = kind or ("cuda" if has_gpu else "cpu")
    if kind not in ("cuda", "cpu"):
        raise UsageError(f"there is no device {kind}", hint="cuda or cpu")
    if kind == "cuda" and not has_gpu:
        raise LlmcostError("torch sees no GPU here", hint="try a tiny shape on the processor: --device cpu")
    if dtype not in (None, "auto", *_DTYPES):
        raise UsageError(f"there is no dtype {dtype}", hint=f"auto, {', '.join(_DTYPES)}")
    return Device(torch, kind, _DTYPES[dtype] if dtype in _DTYPES else _default_dtype(torch, kind))


def _default_dtype(torch: Any, kind: str) -> str:
    """16 bits on a GPU: bfloat16 from compute capability 8.0 on, which older ones lack; 32 on a processor."""
    if kind == "cpu":
        return "float32"
    return "bfloat16" if torch.cuda.get_device_capability() >= (8, 0) else "float16"
