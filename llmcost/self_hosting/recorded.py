"""A server's own record of a run: when each request came, was scheduled, gave its first and its last token.

The form is that of vLLM engine timestamps, one JSON object a request (`request_id, input_toks, output_toks,
arrival_time, queued_ts, scheduled_ts, first_token_ts, last_token_ts`, in seconds, the first on the wall clock, the
others on the engine's), with a JSON object of the server's settings next to it (`engine_kwargs`, `kv_cache`,
`hardware`, `resolved_config`).
"""

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from llmcost.errors import LlmcostError, UsageError
from llmcost.parsing import json_value
from llmcost.self_hosting.fitting import BLOCK_SIZE
from llmcost.self_hosting.latency import Latency, measure
from llmcost.self_hosting.quantization import QUANTIZATIONS, Quantization
from llmcost.self_hosting.replay import Engine, Floats, Served, Traffic

_KEYS = ("input_toks", "output_toks", "arrival_time", "queued_ts", "first_token_ts", "last_token_ts")
_LEAST_BLOCKS = 2  # vLLM keeps one for itself


@dataclass(frozen=True)
class Run:
    """A recorded run. All times are on the engine's clock, from the first arrival on."""

    traffic: Traffic
    taken_s: Floats | None  # the engine found the request in its inbox; none: recorded by the client
    first_token_s: Floats
    last_token_s: Floats
    engine: Engine | None  # none where the record does not say how large the cache was
    gpu: str  # as the driver calls it
    gpus: int  # that one copy of the model is split over
    copies: int  # of the model, sharing the requests
    model: str
    quantization: Quantization
    source: str
    date: datetime.date

    def __len__(self) -> int:
        return len(self.traffic)

    @property
    def start_s(self) -> Floats:
        """The moment from which latency counts: the engine's, else the client's."""
        return self.traffic.arrival_s if self.taken_s is None else self.taken_s

    def start_of(self, served: Served) -> Floats:
        """The same moment in a replay."""
        return served.arrival_s if self.taken_s is None else served.taken_s

    @property
    def latency(self) -> Latency:
        """As measured."""
        return measure(self.start_s, self.first_token_s, self.last_token_s, self.traffic.output_tokens)

    def latency_of(self, served: Served) -> Latency:
        """As replayed."""
        return measure(self.start_of(served), served.first_token_s, served.last_token_s, served.output_tokens)


def read(requests: Path, settings: Path, kv_blocks: int | None = None) -> Run:
    """Reads a run, with so many blocks of cache in each copy of its server instead of those it records.

    Raises LlmcostError naming the file and what is wrong with it.
    """
    rows = [row for row in _lines(requests) if row.get("last_token_ts")]
    if not rows:
        raise LlmcostError(f"{requests} holds no finished request")
    for row in rows:
        for key in _KEYS:
            if not isinstance(row.get(key), int | float) or (key.endswith("_toks") and row[key] < 1):
                raise LlmcostError(f"{requests}: request {row.get('request_id')} has no {key}")
    rows.sort(key=lambda row: row["arrival_time"])
    column = {key: np.array([row[key] for row in rows], dtype=np.float64) for key in _KEYS}
    # The two clocks differ by a constant: the least time that a request took from arrival to queue.
    arrival_s = column["arrival_time"] + np.min(column["queued_ts"] - column["arrival_time"])
    zero = arrival_s[0]
    meta = _object(settings)
    config = _table(meta, "resolved_config")
    copies = int(_setting(meta, config, "parallel_config", "data_parallel_size", 1))
    if unknown := _not_modelled(meta, config):
        raise LlmcostError(f"{settings}: the replay does not model {unknown}", hint="calibrate on a run without it")
    return Run(
        traffic=Traffic(
            arrival_s - zero, column["input_toks"].astype(np.int64), column["output_toks"].astype(np.int64)
        ),
        taken_s=column["queued_ts"] - zero,
        first_token_s=column["first_token_ts"] - zero,
        last_token_s=column["last_token_ts"] - zero,
        engine=_engine(meta, config, copies, kv_blocks),
        gpu=str(_table(meta, "hardware").get("device_name", "unknown")),
        gpus=int(_setting(meta, config, "parallel_config", "tensor_parallel_size", 1)),
        copies=copies,
        model=str(meta.get("model", "unknown")),
        quantization=_quantization(settings, _setting(meta, config, "model_config", "quantization", None)),
        source=f"vLLM {meta.get('vllm_version', '?')}, {len(rows)} requests",
        date=datetime.datetime.fromtimestamp(rows[0]["arrival_time"], datetime.UTC).date(),
    )


def settings_next_to(requests: Path) -> Path:
    """The settings next to a run's requests: the same name with `meta` or `settings` for `requests`.

    Raises UsageError where there are none.
    """
    stem = requests.name.partition(".")[0]
    names = [stem.replace("requests", word) + ".json" for word in ("meta", "settings")]
    if found := next((path for name in names if (path := requests.with_name(name)).is_file()), None):
        return found
    raise UsageError(
        f"the server's settings are not next to {requests} ({' or '.join(dict.fromkeys(names))})",
        hint="name them with --settings FILE",
    )


def _not_modelled(meta: dict[str, Any], config: dict[str, Any]) -> str | None:
    """What the server used that would make its times another server's."""
    if int(_setting(meta, config, "parallel_config", "pipeline_parallel_size", 1)) > 1:
        return "pipeline parallelism"
    for part, name, words in (
        ("speculative_config", "method", "speculative decoding"),
        ("speculative_config", "num_speculative_tokens", "speculative decoding"),
        ("lora_config", "max_loras", "LoRA adapters"),
    ):
        if _setting(meta, config, part, name, None):
            return words
    kept_as = [_setting(meta, config, "cache_config", name, "auto") for name in ("cache_dtype", "kv_cache_dtype")]
    return "a KV cache in 8 bits" if any(str(name).startswith("fp8") for name in kept_as) else None


def _engine(meta: dict[str, Any], config: dict[str, Any], copies: int, kv_blocks: int | None) -> Engine | None:
    cache = _table(config, "cache_config") | {
        name: value for name, value in _table(meta, "kv_cache").items() if value is not None
    }
    block_size = int(cache.get("block_size") or BLOCK_SIZE)
    if (blocks := kv_blocks or _blocks(cache, block_size, copies)) < _LEAST_BLOCKS:
        return None

    def scheduling(name: str, default: Any) -> Any:
        return _setting(meta, config, "scheduler_config", name, default)

    return Engine(
        kv_blocks=blocks - 1,
        block_size=block_size,
        max_batched_tokens=int(scheduling("max_num_batched_tokens", Engine.max_batched_tokens)),
        max_running=int(scheduling("max_num_seqs", Engine.max_running)),
        asynchronous=bool(scheduling("async_scheduling", Engine.asynchronous)),
        prefix_caching=bool(cache.get("enable_prefix_caching", True)),
        whole_prompt=bool(scheduling("scheduler_reserve_full_isl", Engine.whole_prompt)),
    )


def _blocks(cache: dict[str, Any], block_size: int, copies: int) -> int:
    """The blocks of one copy's cache; 0 where nothing is said. vLLM sums them over the
    copies; later versions also give the tokens of one (`kv_cache_size_tokens`).
    """
    if tokens := cache.get("kv_cache_size_tokens"):
        return int(tokens) // block_size
    if blocks := cache.get("num_gpu_blocks"):
        return int(blocks) // copies
    return int(cache.get("num_kv_tokens") or 0) // block_size // copies


def _setting(meta: dict[str, Any], config: dict[str, Any], part: str, name: str, default: Any) -> Any:
    """What the server settled on, else what it was asked for."""
    for table in (_table(config, part), _table(meta, "engine_kwargs")):
        if table.get(name) is not None:
            return table[name]
    return default


def _quantization(settings: Path, name: Any) -> Quantization:
    """By vLLM's name for it, which is that of a kernel; LlmcostError for one that is not modelled."""
    text = str(name or "none").lower()
    kernels: dict[str, Quantization] = {"modelopt": "fp8", "modelopt_fp4": "nvfp4"}
    for known in QUANTIZATIONS:
        kernels |= {known: known, f"{known}_marlin": known}
    if text not in kernels:
        raise LlmcostError(
            f"{settings}: the replay does not model {text!a} weights", hint=f"known: {', '.join(sorted(kernels))}"
        )
    return kernels[text]


def _table(parent: dict[str, Any], name: str) -> dict[str, Any]:
    value = parent.get(name)
    return value if isinstance(value, dict) else {}


def _object(path: Path) -> dict[str, Any]:
    try:
        value = json_value(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LlmcostError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise LlmcostError(f"{path} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise LlmcostError(f"{path} is not a JSON object")
    return value


def _lines(path: Path) -> list[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise LlmcostError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise LlmcostError(f"{path} is not UTF-8 text") from None
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json_value(line)
        except ValueError as error:
            raise LlmcostError(f"{path}:{number} is not JSON: {error}") from None
        if not isinstance(row, dict):
            raise LlmcostError(f"{path}:{number} is not a JSON object")
        rows.append(row)
    return rows
