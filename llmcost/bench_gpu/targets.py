"""What can be measured: a server that runs, one that is started, or plain torch."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from llmcost.bench_gpu import gpu, random_model
from llmcost.bench_gpu.child import Serving
from llmcost.bench_gpu.measurement import versions
from llmcost.bench_gpu.run import Closed, Endpoint, Load, measure_endpoint, measure_served
from llmcost.bench_gpu.serving import Effort
from llmcost.bench_gpu.session import Session
from llmcost.errors import LlmcostError, UsageError


@dataclass(frozen=True)
class Target:
    """Something that can be measured."""

    facts: Mapping[str, Any]  # columns of `measurements` that are known beforehand
    run: Callable[[Load, Effort, Session], None]


def running(endpoint: Endpoint, noted: Mapping[str, Any]) -> Target:
    """A server that runs; `noted`: what its user says of it."""
    return Target(
        {"versions": versions("httpx2"), **noted},
        lambda load, effort, session: measure_endpoint(endpoint, load, effort, session),
    )


def started(serving: Serving, endpoint: Endpoint) -> Target:
    """vLLM's server, started for the occasion. LlmcostError when the model cannot fit this machine's GPU."""
    if serving.random_weights and (found := gpu.find()):
        shape = random_model.shape(serving.model)
        random_model.require_room(shape, shape.served_bytes(serving.quantization), found.free_bytes())
    facts = {
        "versions": versions("httpx2"),
        "weights": "random" if serving.random_weights else "real",
        "quantization": serving.quantization,
        "dtype": serving.dtype,
    }
    return Target(facts, lambda load, effort, session: measure_served(serving, endpoint, load, effort, session))


def torch(model: str | None, kind: str | None, dtype: str | None) -> Target:
    """A shape in plain torch; without a name Mistral 7B on a GPU and a tiny one on a processor."""
    from llmcost.bench_gpu.torch_engine import device, static_batches

    chosen = device.choose(kind, dtype)
    shape = random_model.shape(model or ("mistral-7b" if chosen.is_cuda else "tiny"))

    def run(load: Load, effort: Effort, session: Session) -> None:
        if not isinstance(load, Closed):
            raise UsageError("--engine torch only measures batches", hint="give their sizes with --concurrency")
        static_batches.measure(chosen, shape, load.lengths, load.concurrencies, effort, session)

    return Target({"weights": "random", "quantization": "none"}, run)


def key(variable: str | None) -> str | None:
    """The server's key, from the environment: it is never on the command line and never kept."""
    if variable is None:
        return None
    value = os.environ.get(variable)
    if not value:
        raise LlmcostError(f"the variable {variable} holds no key", hint=f"export {variable}=…")
    return value
