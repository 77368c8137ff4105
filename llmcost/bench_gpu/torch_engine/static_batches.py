"""Static batches: a batch of prompts is read, then every sequence gets its tokens, then comes the next batch.

No scheduler, no paging, no server: what the card and plain kernels can do. A server with continuous batching can be
faster (it refills the batch) or slower (it does more).
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from llmcost.bench_gpu import gpu, random_model
from llmcost.bench_gpu.measurement import cpu_name, now, versions
from llmcost.bench_gpu.metrics import summarise
from llmcost.bench_gpu.observation import Observation, Planned
from llmcost.bench_gpu.random_model import Shape
from llmcost.bench_gpu.serving import Effort, Lengths
from llmcost.bench_gpu.session import Session, title
from llmcost.bench_gpu.torch_engine.decoder import Decoder
from llmcost.bench_gpu.torch_engine.device import Device
from llmcost.errors import LlmcostError

_BATCHES = 3  # measured, after one that is not
_PREFILL_TOKENS = 8192  # read at once: a budget such as servers have, which bounds the memory that activations take


@dataclass(frozen=True)
class Batch:
    """When a batch began, when all its prompts were read, and when all its answers were done, in seconds."""

    began_s: float
    read_s: float
    ended_s: float


def measure(
    device: Device, shape: Shape, lengths: Sequence[Lengths], batches: Sequence[int], effort: Effort, session: Session
) -> None:
    """One step for each length and batch size; each is kept in the session as soon as it is finished.

    LlmcostError when the weights or a batch's keys and values do not fit.
    """
    torch, size = device.torch, device.dtype.itemsize
    random_model.require_room(shape, shape.parameters * size, device.free_bytes())
    with torch.inference_mode():
        session.progress.say(f"measuring the {'card' if device.is_cuda else 'processor'} by itself")
        card = _card(device)
        session.progress.say(
            f"{card['memory_bandwidth_gb_s']:,.0f} GB/s, {card['matmul_tflops']:,.2f} TFLOPS in {device.dtype_name}"
        )
        decoder = Decoder(device, shape, session.seed)
        for length in lengths:
            for batch in batches:
                needed = batch * (length.input_tokens + length.output_tokens) * shape.kv_values_per_token * size
                if needed > device.free_bytes():
                    raise LlmcostError(
                        f"a batch of {batch} does not fit: its keys and values take {needed / 2**30:.1f} GiB",
                        hint="ask for fewer with --concurrency, or for shorter --input-tokens",
                    )
                try:
                    _step(Stepper(device, decoder, batch, length, session.seed), effort, session, card)
                except torch.OutOfMemoryError:
                    raise LlmcostError(
                        f"a batch of {batch} does not fit the memory of the card",
                        hint="ask for fewer with --concurrency",
                    ) from None


class Stepper:
    """Runs batches of one size and length."""

    def __init__(self, device: Device, decoder: Decoder, batch: int, lengths: Lengths, seed: int) -> None:
        torch = device.torch
        self.device, self.decoder, self.batch, self.lengths = device, decoder, batch, lengths
        decoder.make_room(batch, lengths.input_tokens + lengths.output_tokens)
        generator = torch.Generator(device=device.kind).manual_seed(seed)
        size = (batch, lengths.input_tokens)
        self._prompts = torch.randint(decoder.shape.vocab_size, size, device=device.kind, generator=generator)
        self._tokens = self._prompts[:, -1:].clone()
        # Every decode step is done at the middle of the answer: what it costs there is what steps cost on average.
        self._position = lengths.input_tokens + lengths.output_tokens // 2 - 1
        self._decode = self._captured() if device.is_cuda else self._decode_once

    def run(self) -> Batch:
        """One batch, start to end."""
        began_s = self.device.clock_s()
        rows_at_once = max(1, _PREFILL_TOKENS // self.lengths.input_tokens)
        for row in range(0, self.batch, rows_at_once):
            self.decoder.forward(self._prompts[row : row + rows_at_once], 0, row)
        read_s = self.device.clock_s()  # reading a prompt gives the first token
        for _ in range(self.lengths.output_tokens - 1):
            self._decode()
        return Batch(began_s, read_s, self.device.clock_s())

    def _decode_once(self) -> None:
        scores = self.decoder.forward(self._tokens, self._position)
        self._tokens.copy_(scores.argmax(dim=-1, keepdim=True))

    def _captured(self) -> Callable[[], None]:
        """The decode step as a CUDA graph: launched as one, as servers do it."""
        cuda = self.device.torch.cuda
        aside = cuda.Stream()
        aside.wait_stream(cuda.current_stream())
        with cuda.stream(aside):
            for _ in range(3):  # a graph is captured once the kernels are chosen and their memory is taken
                self._decode_once()
        cuda.current_stream().wait_stream(aside)
        graph = cuda.CUDAGraph()
        with cuda.graph(graph):
            self._decode_once()
        replay: Callable[[], None] = graph.replay
        return replay


def _step(stepper: Stepper, effort: Effort, session: Session, card: Mapping[str, Any]) -> None:
    device, lengths, batch = stepper.device, stepper.lengths, stepper.batch
    columns = {
        "load": "static",
        "concurrency": batch,
        "input_tokens_asked": lengths.input_tokens,
        "output_tokens_asked": lengths.output_tokens,
    }
    count = max(1, effort.requests // batch) if effort.requests else _BATCHES
    warm_up = batch if effort.warm_up is None else effort.warm_up
    if warm_up:
        stepper.run()
    session.progress.begin(title(columns), count * batch)
    gpus = gpu.find() if device.is_cuda else None
    began = now()
    done: list[Batch] = []
    observations: list[Observation] = []
    with gpus.watched() if gpus else nullcontext() as usage:
        for _ in range(count):
            done.append(stepper.run())
            for seen in _observed(done[-1], batch, lengths):
                observations.append(seen)
                session.progress.count(seen)
            if effort.max_s is not None and done[-1].ended_s - done[0].began_s > effort.max_s:
                break
    session.keep(
        ts=began, engine="torch", model=stepper.decoder.shape.name, output_forced=True,
        warm_up_requests=batch if warm_up else 0, cuda_graphs=device.is_cuda, client_cpu=None, **columns, **card,
        **summarise(observations, session.targets), **_phases(done, batch, lengths),
        **(usage.summary() if usage else {}),
    )  # fmt: skip


def _observed(batch: Batch, count: int, lengths: Lengths) -> list[Observation]:
    """A batch as identical requests."""
    planned = Planned(lengths.input_tokens, lengths.output_tokens)
    return [
        Observation(
            sent_s=batch.began_s,
            planned=planned,
            ended_s=batch.ended_s,
            first_token_s=batch.read_s,
            last_token_s=batch.ended_s,
            input_tokens=lengths.input_tokens,
            output_tokens=lengths.output_tokens,
        )
        for _ in range(count)
    ]


def _phases(done: Sequence[Batch], batch: int, lengths: Lengths) -> dict[str, float | None]:
    """Tokens a second while prompts are read, and while answers are generated."""
    reading_s = sum(one.read_s - one.began_s for one in done)
    generating_s = sum(one.ended_s - one.read_s for one in done)
    generated = len(done) * batch * (lengths.output_tokens - 1)
    return {
        "prefill_tokens_per_s": len(done) * batch * lengths.input_tokens / reading_s,
        "decode_tokens_per_s": generated / generating_s if generated else None,
    }


def _card(device: Device) -> dict[str, Any]:
    """What is known and measured of the device, under the names of the columns of `measurements`."""
    torch = device.torch
    facts: dict[str, Any] = {
        "versions": versions() | {"torch": torch.__version__},
        "device": device.kind,
        "dtype": device.dtype_name,
        "cpu": cpu_name(),
        "memory_bandwidth_gb_s": device.bandwidth_gb_s(),
        "matmul_tflops": device.matmul_tflops(),
    }
    if device.is_cuda:
        facts["versions"]["cuda"] = str(torch.version.cuda)
        properties = torch.cuda.get_device_properties(0)
        facts |= {"gpu": properties.name, "gpus": 1, "gpu_memory_gib": properties.total_memory / 2**30}
        gpus = gpu.find()
        facts |= {"driver": gpus.facts()["driver"]} if gpus else {}
    return facts
