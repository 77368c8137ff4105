"""The command `bench-gpu`: its options, checked and turned into what `run` understands.

Imports nothing heavy before it runs: the whole command line waits for this module.
"""

import shlex
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmcost.errors import UsageError

if TYPE_CHECKING:
    from llmcost.bench_gpu.run import Load
    from llmcost.bench_gpu.surroundings import Surroundings


class Engine(StrEnum):
    """What runs the model."""

    server = "server"
    torch = "torch"


class Api(StrEnum):
    """Which of the server's interfaces is measured."""

    auto = "auto"
    completions = "completions"
    chat = "chat"


class Quantization(StrEnum):
    """How the weights are stored."""

    none = "none"
    awq = "awq"
    gptq = "gptq"
    fp8 = "fp8"


class Weights(StrEnum):
    """Where the weights come from."""

    real = "real"
    random = "random"


_WHAT, _LOAD, _HOW_LONG, _COST = "What to measure", "Load", "How long", "Targets and cost"


def command(surroundings: "Callable[[Path | None], Surroundings]", program: str = "llmcost") -> Callable[..., None]:
    """The command for the command line.

    `surroundings` makes its surroundings from --db; `program` comes before its arguments when they are saved.
    """

    def bench_gpu(
        endpoint: Annotated[
            str | None,
            typer.Option(metavar="URL", help="Measure this OpenAI-compatible server.", rich_help_panel=_WHAT),
        ] = None,
        serve: Annotated[
            str | None,
            typer.Option(metavar="MODEL", help="Start vLLM's server with this model.", rich_help_panel=_WHAT),
        ] = None,
        engine: Annotated[
            Engine, typer.Option(help="torch: static batches in plain torch, without a server.", rich_help_panel=_WHAT)
        ] = Engine.server,
        model: Annotated[
            str | None,
            typer.Option(
                metavar="NAME",
                help="A model of the endpoint (default: its first), or a shape for --engine torch.",
                rich_help_panel=_WHAT,
            ),
        ] = None,
        weights: Annotated[
            Weights | None,
            typer.Option(
                help="random: a built-in shape with random weights; nothing is downloaded.", rich_help_panel=_WHAT
            ),
        ] = None,
        quantization: Annotated[
            Quantization | None,
            typer.Option(
                help="Quantization of the weights; with --endpoint it is only recorded.", rich_help_panel=_WHAT
            ),
        ] = None,
        dtype: Annotated[
            str | None,
            typer.Option(help="Type of the weights: auto, bfloat16, half or float32.", rich_help_panel=_WHAT),
        ] = None,
        device: Annotated[
            str | None, typer.Option(help="With --engine torch: cuda or cpu.", rich_help_panel=_WHAT)
        ] = None,
        gpu: Annotated[
            str | None,
            typer.Option(
                metavar="NAME", help="The server's GPU, if the server runs on another machine.", rich_help_panel=_WHAT
            ),
        ] = None,
        api: Annotated[Api, typer.Option(help="The server's interface.", rich_help_panel=_WHAT)] = Api.auto,
        api_key_env: Annotated[
            str | None,
            typer.Option(
                metavar="VARIABLE", help="Environment variable that holds the server's API key.", rich_help_panel=_WHAT
            ),
        ] = None,
        server_python: Annotated[
            Path | None,
            typer.Option(
                metavar="FILE", help="The Python that has vLLM installed, if not this one.", rich_help_panel=_WHAT
            ),
        ] = None,
        server_arg: Annotated[
            list[str] | None,
            typer.Option(
                metavar="WORD", help="Pass this argument to vLLM's server; repeatable.", rich_help_panel=_WHAT
            ),
        ] = None,
        port: Annotated[
            int,
            typer.Option(
                min=0, max=65535, help="With --serve: port to listen on; 0 picks a free one.", rich_help_panel=_WHAT
            ),
        ] = 0,
        start_timeout: Annotated[
            float,
            typer.Option(metavar="S", min=1, help="Seconds to wait until --serve is ready.", rich_help_panel=_WHAT),
        ] = 900.0,
        concurrency: Annotated[
            str | None,
            typer.Option(
                metavar="N,…", help="Closed loop: requests in flight. Default: 1,4,16.", rich_help_panel=_LOAD
            ),
        ] = None,
        rate: Annotated[
            str | None,
            typer.Option(
                metavar="R,…", help="Open loop: requests a second, with Poisson arrivals.", rich_help_panel=_LOAD
            ),
        ] = None,
        sweep: Annotated[
            bool,
            typer.Option(
                "--sweep", help="Double the requests in flight until throughput stops growing.", rich_help_panel=_LOAD
            ),
        ] = False,
        max_concurrency: Annotated[
            int, typer.Option(min=1, help="With --sweep: at most this many requests in flight.", rich_help_panel=_LOAD)
        ] = 512,
        replay: Annotated[
            bool,
            typer.Option(
                "--replay", help="Replay the arrivals and lengths of the stored requests.", rich_help_panel=_LOAD
            ),
        ] = False,
        compress: Annotated[
            float, typer.Option(metavar="X", min=0.001, help="With --replay: X times as fast.", rich_help_panel=_LOAD)
        ] = 1.0,
        input_tokens: Annotated[
            str, typer.Option(metavar="N,…", help="Tokens of each prompt, exactly.", rich_help_panel=_LOAD)
        ] = "512",
        output_tokens: Annotated[
            int, typer.Option(metavar="N", min=1, help="Tokens of each answer.", rich_help_panel=_LOAD)
        ] = 128,
        requests: Annotated[
            int | None,
            typer.Option(
                min=1,
                help="Requests in a step. Default: 4 for each in flight, or a minute of arrivals; at least 16.",
                rich_help_panel=_HOW_LONG,
            ),
        ] = None,
        max_seconds: Annotated[
            float | None,
            typer.Option(
                min=0.1, help="A step sends no more requests after this many seconds.", rich_help_panel=_HOW_LONG
            ),
        ] = None,
        warm_up: Annotated[
            int | None,
            typer.Option(
                min=0,
                help="Requests before each step that are not measured. Default: as many as in flight, up to 16.",
                rich_help_panel=_HOW_LONG,
            ),
        ] = None,
        timeout: Annotated[
            float,
            typer.Option(metavar="S", min=0.1, help="Timeout of one request in seconds.", rich_help_panel=_HOW_LONG),
        ] = 600.0,
        seed: Annotated[
            int, typer.Option(help="Seed of prompts, arrivals and weights.", rich_help_panel=_HOW_LONG)
        ] = 0,
        ttft_target_ms: Annotated[
            float | None,
            typer.Option(min=0, help="Goodput: target for the time to first token.", rich_help_panel=_COST),
        ] = None,
        tpot_target_ms: Annotated[
            float | None,
            typer.Option(min=0, help="Goodput: target for the time per output token.", rich_help_panel=_COST),
        ] = None,
        e2e_target_ms: Annotated[
            float | None, typer.Option(min=0, help="Goodput: target for the whole answer.", rich_help_panel=_COST)
        ] = None,
        price_per_hour: Annotated[
            float | None,
            typer.Option(metavar="USD", min=0, help="Price of this machine per hour.", rich_help_panel=_COST),
        ] = None,
        instance: Annotated[
            str | None,
            typer.Option(
                metavar="NAME", help="Use the price of this instance, for example g4dn.xlarge.", rich_help_panel=_COST
            ),
        ] = None,
        own_load: Annotated[
            str | None,
            typer.Option(
                metavar="IN/OUT",
                help="Your input and output tokens a day, for example 30M/10M. Default: as logged.",
                rich_help_panel=_COST,
            ),
        ] = None,
        list_them: Annotated[bool, typer.Option("--list", help="Show the steps measured so far.")] = False,
        as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
        db: Annotated[
            Path | None,
            typer.Option(metavar="FILE", help="The store. Default: $LLMCOST_DB, else llmcost.duckdb in this folder."),
        ] = None,
    ) -> None:
        """Measure what a machine does under load: tokens a second, latency, dollars per million tokens."""
        around = surroundings(db)
        if list_them:
            around.show(around.saved(), as_json=as_json)
            return

        if sum((endpoint is not None, serve is not None, engine is Engine.torch)) != 1:
            raise UsageError(
                "nothing to measure was given",
                hint="give one of --endpoint URL, --serve MODEL, --engine torch",
            )

        from llmcost.bench_gpu import targets, words
        from llmcost.bench_gpu.child import Serving
        from llmcost.bench_gpu.metrics import Targets
        from llmcost.bench_gpu.progress import Progress
        from llmcost.bench_gpu.run import Endpoint
        from llmcost.bench_gpu.serving import Effort
        from llmcost.bench_gpu.session import Session

        words.require_one_load(concurrency, rate, sweep, replay)
        if replay:
            load: Load = words.replayed_load(around, compress)
        else:
            lengths = words.lengths(input_tokens, output_tokens)
            load = words.fixed_load(lengths, concurrency, rate, max_concurrency if sweep else None)
        asked = Endpoint(endpoint or "", model, api.value, targets.key(api_key_env), timeout)
        if engine is Engine.torch:
            target = targets.torch(model, device, dtype)
        elif serve is not None:
            serving = Serving(
                model=serve, random_weights=weights is Weights.random, quantization=(quantization or Quantization.none),
                dtype=dtype or "auto", python=server_python or Path(sys.executable), arguments=server_arg or [],
                port=port, start_timeout_s=start_timeout, seed=seed,
            )  # fmt: skip
            target = targets.started(serving, asked)
        else:
            noted = {"weights": weights, "quantization": quantization, "dtype": dtype, "device": device, "gpu": gpu}
            target = targets.running(asked, noted)
        session = Session(
            command=words.without_secrets(f"{program} {shlex.join(sys.argv[1:])}"),
            seed=seed,
            targets=Targets(ttft_target_ms, tpot_target_ms, e2e_target_ms),
            pricing=words.pricing(around, price_per_hour, instance, own_load),
            save=around.save,
            progress=Progress(),
            facts=target.facts,
        )
        around.prepare()
        try:
            target.run(load, Effort(requests, max_seconds, warm_up), session)
            session.conclude()
        except KeyboardInterrupt:
            session.progress.say(f"interrupted: {len(session.rows)} finished steps are kept")
            raise
        finally:
            if session.rows:
                around.show(session.rows, as_json=as_json)

    return bench_gpu
