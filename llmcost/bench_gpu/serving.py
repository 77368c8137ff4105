"""Measuring a server: the steps, each warmed up, loaded, summed up and kept."""

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from math import ceil
from time import process_time
from typing import Any

from llmcost.bench_gpu import gpu, load, sweep
from llmcost.bench_gpu.measurement import Row, cpu_name, now
from llmcost.bench_gpu.metrics import summarise
from llmcost.bench_gpu.observation import Observation, Planned
from llmcost.bench_gpu.server import Server
from llmcost.bench_gpu.session import Session, title
from llmcost.errors import LlmcostError

_WAVES = 4  # a closed loop sends this many requests for each in flight
_FEWEST = 16
_OPEN_S = 60  # an open loop goes on for so long
_WARM_UP_CLOSED = 16  # at most this many
_WARM_UP_OPEN = 4


@dataclass(frozen=True)
class Arrival:
    """A request of the user's own traffic."""

    at_s: float  # after the first one
    input_tokens: int  # of the whole prompt, cached or not
    output_tokens: int


@dataclass(frozen=True)
class Lengths:
    """How long requests are, in tokens."""

    input_tokens: int
    output_tokens: int


@dataclass(frozen=True)
class Effort:
    """How long to measure. Null: as many as the load needs."""

    requests: int | None = None  # a step
    max_s: float | None = None  # a step stops sending after this
    warm_up: int | None = None  # requests before each step


@dataclass(frozen=True)
class Bench:
    """A server and how to measure it."""

    server: Server
    session: Session
    effort: Effort

    async def closed(self, lengths: Lengths, concurrency: int) -> Row:
        """That many requests in flight, a new one as soon as one ends."""
        return await self._alike(
            {"load": "closed", "concurrency": concurrency},
            lengths,
            [0.0] * (self.effort.requests or max(_WAVES * concurrency, _FEWEST)),
            lambda send, requests: load.closed(send, requests, concurrency, self.effort.max_s),
            warm_up=min(concurrency, _WARM_UP_CLOSED),
        )

    async def open(self, lengths: Lengths, rate_per_s: float) -> Row:
        """Requests that arrive at random, this many a second, whether or not earlier ones have ended."""
        count = self.effort.requests or max(ceil(_OPEN_S * rate_per_s), _FEWEST)
        times = load.poisson(rate_per_s, count, random.Random(self._salt("arrivals", 0)))
        return await self._alike(
            {"load": "open", "rate_per_s": rate_per_s}, lengths, times, self._scheduled, warm_up=_WARM_UP_OPEN
        )

    async def replay(self, arrivals: Sequence[Arrival], compression: float) -> Row:
        """The user's own arrivals and lengths, `compression` times as fast; each prompt is a new one."""
        longest = self.server.max_context
        fitting = [one for one in arrivals if longest is None or one.input_tokens + one.output_tokens <= longest]
        first_s = min((one.at_s for one in fitting), default=0.0)
        requests = [
            Planned(
                input_tokens=max(one.input_tokens, self.server.prompts.shortest),
                output_tokens=max(one.output_tokens, 1),
                salt=self._salt("replay", number),
                at_s=(one.at_s - first_s) / compression,
            )
            for number, one in enumerate(fitting[: self.effort.requests])
        ]
        if not requests:
            raise LlmcostError(
                f"none of {len(arrivals)} requests can be replayed", hint=f"the model's context is {longest} tokens"
            )
        columns = {"load": "replay", "time_compression": compression, "skipped": len(arrivals) - len(fitting)}
        return await self._step(columns, requests, self._scheduled, warm_up=_WARM_UP_OPEN)

    async def sweep(self, lengths: Lengths, most: int) -> list[Row]:
        """Doubles the requests in flight until that brings nothing; the last line names the knee."""
        done: list[Row] = []
        while (concurrency := sweep.following(done, most)) is not None:
            done.append(await self.closed(lengths, concurrency))
        if knee := sweep.knee(done):
            self.session.progress.say(
                f"the knee: {knee['concurrency']} in flight, {knee['output_tokens_per_s']:,.1f} output tokens/s; "
                "more in flight only wait longer"
            )
        return done

    async def _scheduled(self, send: load.Send, requests: Sequence[Planned]) -> list[Observation]:
        return await load.scheduled(send, requests, self.effort.max_s)

    async def _alike(
        self, columns: dict[str, Any], lengths: Lengths, times: Sequence[float], drive: "Drive", warm_up: int
    ) -> Row:
        """A step whose requests all have the same lengths."""
        columns |= {"input_tokens_asked": lengths.input_tokens, "output_tokens_asked": lengths.output_tokens}
        self.server.prompts.require(lengths.input_tokens)
        name = title(columns)
        requests = [
            Planned(lengths.input_tokens, lengths.output_tokens, self._salt(name, number), at_s)
            for number, at_s in enumerate(times)
        ]
        return await self._step(columns, requests, drive, warm_up)

    async def _step(self, columns: dict[str, Any], requests: Sequence[Planned], drive: "Drive", warm_up: int) -> Row:
        warm_up = warm_up if self.effort.warm_up is None else self.effort.warm_up
        await self._warm_up(requests[:warm_up])
        progress, server = self.session.progress, self.server
        progress.begin(title(columns), len(requests))

        async def send(planned: Planned) -> Observation:
            seen = await server.ask(planned)
            progress.count(seen)
            return seen

        began, cpu_s = now(), process_time()
        gpus = gpu.find() if server.is_local else None
        if gpus:
            with gpus.watched() as usage:
                observations = await drive(send, requests)
            machine = gpus.facts() | usage.summary()
        else:
            observations, machine = await drive(send, requests), {}
        cpu_s = process_time() - cpu_s
        summary = summarise(observations, self.session.targets)
        row = self.session.keep(
            ts=began, engine="server", server=server.name, server_version=server.version, model=server.model,
            output_forced=server.forced, warm_up_requests=min(warm_up, len(requests)),
            client_cpu=cpu_s / summary["duration_s"], cpu=cpu_name() if server.is_local else None,
            **machine, **columns, **summary,
        )  # fmt: skip
        if row["ok"] == 0:
            raise LlmcostError(f"no request ended well: {_reasons(row['failures'])}", hint=self._kept())
        return row

    async def _warm_up(self, alike: Sequence[Planned]) -> None:
        """Requests of the same lengths with other prompts, so that no cache of the server has seen what follows."""
        requests = [Planned(one.input_tokens, one.output_tokens, f"{one.salt} warm-up") for one in alike]
        observations = await load.closed(self.server.ask, requests, len(requests))
        failures = [seen.failure for seen in observations if seen.outcome != "ok"]
        if failures and len(failures) == len(observations):
            raise LlmcostError(f"every warm-up request failed: {failures[0]}", hint=self._kept())

    def _salt(self, step: str, number: int) -> str:
        return f"{self.session.seed} {step} {number}"

    def _kept(self) -> str:
        finished = sum(row["ok"] > 0 for row in self.session.rows)
        return f"the {finished} steps finished before are kept" if finished else "see what the server's own log says"


Drive = Callable[[load.Send, Sequence[Planned]], Awaitable[list[Observation]]]


def _reasons(failures: dict[str, int]) -> str:
    return ", ".join(f"{count} × {reason}" for reason, count in failures.items())
