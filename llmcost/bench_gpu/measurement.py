"""A finished step, as it is kept: one row of `measurements`."""

import datetime
import platform
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

Row = dict[str, Any]


@dataclass(kw_only=True)
class Measurement:
    """One load on one model. `queries/measurements.sql` gives each field's meaning and unit; null: not measured."""

    measurement_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    run_id: str
    ts: datetime.datetime
    command: str

    engine: str
    server: str | None = None
    server_version: str | None = None
    versions: Mapping[str, str]
    model: str
    weights: str | None = None
    quantization: str | None = None
    dtype: str | None = None
    device: str | None = None
    gpu: str | None = None
    gpus: int | None = None
    gpu_memory_gib: float | None = None
    driver: str | None = None
    cpu: str | None = None
    cuda_graphs: bool | None = None

    load: str
    concurrency: int | None = None
    rate_per_s: float | None = None
    time_compression: float | None = None
    input_tokens_asked: int | None = None
    output_tokens_asked: int | None = None
    output_forced: bool | None = None
    warm_up_requests: int
    seed: int

    requests: int
    ok: int
    errors: int = 0
    cut: int = 0
    without_usage: int = 0
    skipped: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)
    resent: int = 0
    other_length: int = 0

    duration_s: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    requests_per_s: float | None = None
    input_tokens_per_s: float | None = None
    output_tokens_per_s: float | None = None
    total_tokens_per_s: float | None = None
    prefill_tokens_per_s: float | None = None
    decode_tokens_per_s: float | None = None
    memory_bandwidth_gb_s: float | None = None
    matmul_tflops: float | None = None

    ttft_ms_mean: float | None = None
    ttft_ms_p50: float | None = None
    ttft_ms_p90: float | None = None
    ttft_ms_p95: float | None = None
    ttft_ms_p99: float | None = None
    tpot_ms_mean: float | None = None
    tpot_ms_p50: float | None = None
    tpot_ms_p90: float | None = None
    tpot_ms_p95: float | None = None
    tpot_ms_p99: float | None = None
    itl_ms_mean: float | None = None
    itl_ms_p50: float | None = None
    itl_ms_p90: float | None = None
    itl_ms_p95: float | None = None
    itl_ms_p99: float | None = None
    e2e_ms_mean: float | None = None
    e2e_ms_p50: float | None = None
    e2e_ms_p90: float | None = None
    e2e_ms_p95: float | None = None
    e2e_ms_p99: float | None = None

    ttft_target_ms: float | None = None
    tpot_target_ms: float | None = None
    e2e_target_ms: float | None = None
    goodput_per_s: float | None = None
    goodput_share: float | None = None

    gpu_utilization: float | None = None
    gpu_memory_used_gib: float | None = None
    gpu_power_w: float | None = None
    client_cpu: float | None = None

    instance: str | None = None
    usd_per_hour: float | None = None
    input_usd_mtok: float | None = None
    output_usd_mtok: float | None = None
    total_usd_mtok: float | None = None
    own_input_per_day: float | None = None
    own_output_per_day: float | None = None
    own_machines: int | None = None
    own_input_usd_mtok: float | None = None
    own_output_usd_mtok: float | None = None
    own_total_usd_mtok: float | None = None

    trace: list[Mapping[str, Any]] = field(default_factory=list)

    def row(self) -> Row:
        """The row; its time is UTC without a mark of it, as the table keeps it."""
        return asdict(self)


def now() -> datetime.datetime:
    """This moment, UTC, without a mark of it."""
    return datetime.datetime.now(datetime.UTC).replace(tzinfo=None)


def versions(*distributions: str) -> dict[str, str]:
    """Of Python and of those of the distributions that are installed."""
    found = {"python": platform.python_version()}
    for name in ("llmcost-cli", *distributions):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def cpu_name() -> str:
    """The processor, as the system names it."""
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
