"""`llmcost break-even`: from which volume on self-hosting beats the API."""

from typing import Annotated

import typer

from llmcost.commands import options

_NAMED = ("instance", "gpu", "model", "quantization", "price", "usd_per_hour", "features")


def break_even(
    instance: Annotated[
        str | None, typer.Option("--instance", metavar="NAME", help="The machine; else g4dn.xlarge.")
    ] = None,
    gpu: Annotated[
        str | None, typer.Option("--gpu", metavar="NAME", help="A GPU instead; needs --usd-per-hour.")
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", metavar="NAME", help="The open-weight model; else mistral-7b.")
    ] = None,
    quantization: Annotated[
        str | None, typer.Option("--quantization", metavar="none|fp8|awq|gptq", help="Of the weights; else awq.")
    ] = None,
    price: Annotated[
        str | None, typer.Option("--price", metavar="on-demand|spot|reserved|own", help="Else on-demand.")
    ] = None,
    usd_per_hour: Annotated[
        str | None, typer.Option("--usd-per-hour", metavar="USD", help="Of one machine; else the table's.")
    ] = None,
    features: Annotated[str | None, typer.Option("--features", metavar="NAME,…", help="Only these; else all.")] = None,
    set_values: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PARAM=VALUE", help="Any other parameter of --what-if self-hosted; repeatable."),
    ] = None,
    caching: Annotated[
        list[str] | None,
        typer.Option(
            "--caching",
            metavar="NAME[:param=value,…]",
            help="What-ifs that stand for caching; else prompt-caching:ttl=auto. Repeatable.",
        ),
    ] = None,
    volumes: Annotated[
        str | None, typer.Option("--volumes", metavar="N,…", help="Tokens a day, like 1M,10M; else 100k to 300M.")
    ] = None,
    list_them: Annotated[
        bool, typer.Option("--list", help="List the machines, GPUs, models and calibrations there are.")
    ] = False,
    since: options.Since = None,
    until: options.Until = None,
    result_format: options.PageResultFormat = options.PageFormat.table,
    output: options.Output = None,
    db: options.Db = None,
) -> None:
    """Find the volume from which self-hosting beats the API, and the API with caching, for this traffic's shape."""
    out = options.output(result_format, output)
    if list_them:
        from llmcost.self_hosting import calibrations, catalogue
        from llmcost.views.machines import MachinesView

        out.show(MachinesView(catalogue.load(), calibrations.load()))
        return

    from llmcost.render import terminal
    from llmcost.reports.scope import scope
    from llmcost.self_hosting.volumes import VOLUMES
    from llmcost.views.break_even import BreakEvenView
    from llmcost.what_ifs import break_even as question
    from llmcost.what_ifs.engine.step import parse

    values = (instance, gpu, model, quantization, price, usd_per_hour, features)
    given = options.pairs("--set", set_values) | {
        name: value for name, value in zip(_NAMED, values, strict=True) if value is not None
    }
    steps = [parse(word) for word in (question.CACHING if caching is None else caching)]
    tried = VOLUMES if volumes is None else _volumes(volumes)
    with options.reading(db, out) as opened:
        terminal.status(f"replaying {len(tried)} volumes …")
        answer = question.answer(opened, scope(opened, since, until), given, steps, tried)
    out.show(BreakEvenView(answer))


def _volumes(words: str) -> tuple[float, ...]:
    from llmcost.bench_gpu.words import amount
    from llmcost.errors import UsageError

    found = [amount(word) for word in words.split(",")]
    amounts = sorted({value for value in found if value})
    if len(amounts) != len(found):
        raise UsageError(f"--volumes {words} is no list of tokens a day", hint="like 1M,10M,100M")
    return tuple(amounts)
