"""`llmcost break-even`: the volume from which self-hosting is cheaper than the API."""

from typing import Annotated

import typer

from llmcost.commands import completion, options

_NAMED = ("instance", "gpu", "model", "quantization", "price", "region", "usd_per_hour", "features")


def break_even(
    instance: Annotated[
        str | None, typer.Option("--instance", metavar="NAME", help="The machine. Default: g4dn.xlarge.")
    ] = None,
    gpu: Annotated[
        str | None, typer.Option("--gpu", metavar="NAME", help="A GPU instead of a machine; needs --usd-per-hour.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="NAME|PATH",
            help="The open-weight model, or its config.json. Default: mistral-7b.",
        ),
    ] = None,
    quantization: Annotated[
        str | None,
        typer.Option(
            "--quantization",
            metavar="auto|none|fp8|int8|gptq-8bit|awq|gptq|awq-gemm|mxfp4|nvfp4",
            help="Quantization of the weights. Default: auto, as the model is published, else awq.",
        ),
    ] = None,
    price: Annotated[
        str | None,
        typer.Option(
            "--price",
            metavar="on-demand|spot|reserved-1y|reserved-3y|reserved|own",
            help="Kind of price. Default: on-demand.",
        ),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option("--region", metavar="NAME", help="The provider's region. Default: the first in the table."),
    ] = None,
    usd_per_hour: Annotated[
        str | None,
        typer.Option(
            "--usd-per-hour", metavar="USD", help="Price of one machine. Default: the price in the table of machines."
        ),
    ] = None,
    features: Annotated[
        str | None, typer.Option("--features", metavar="NAME,…", help="Only these features. Default: all.")
    ] = None,
    set_values: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PARAM=VALUE", help="Another parameter of the what-if self-hosted; repeatable."),
    ] = None,
    caching: Annotated[
        list[str] | None,
        typer.Option(
            "--caching",
            metavar="NAME[:param=value,…]",
            help="The what-ifs to use as the API with caching. Default: prompt-caching:ttl=auto. Repeatable.",
            autocompletion=completion.what_ifs,
        ),
    ] = None,
    volumes: Annotated[
        str | None,
        typer.Option("--volumes", metavar="N,…", help="Tokens a day, for example 1M,10M. Default: 100k to 1B."),
    ] = None,
    list_them: Annotated[
        bool, typer.Option("--list", help="List the known machines, GPUs, models and calibrations.")
    ] = False,
    since: options.Since = None,
    until: options.Until = None,
    timezone: options.Timezone = None,
    details: options.Details = False,
    result_format: options.PageResultFormat = options.PageFormat.table,
    output: options.Output = None,
    db: options.Db = None,
) -> None:
    """Find the volume from which self-hosting is cheaper than the API, with and without caching, for your traffic."""
    out = options.output(result_format, output, details=details)
    if list_them:
        from llmcost.self_hosting import calibrations, catalogue
        from llmcost.views.machines import MachinesView

        out.show(MachinesView(catalogue.load(), calibrations.load()))
        return

    from llmcost.render import cells, terminal
    from llmcost.reports.scope import scope
    from llmcost.self_hosting.volumes import VOLUMES
    from llmcost.views.break_even import BreakEvenView
    from llmcost.what_ifs import break_even as question
    from llmcost.what_ifs.engine.step import parse

    values = (instance, gpu, model, quantization, price, region, usd_per_hour, features)
    given = options.pairs("--set", set_values) | {
        name: value for name, value in zip(_NAMED, values, strict=True) if value is not None
    }
    steps = [parse(word) for word in (question.CACHING if caching is None else caching)]
    tried = VOLUMES if volumes is None else _volumes(volumes)
    hosted_on = question.machines(given)  # what is wrong with them is said before anything is read
    with options.reading(db, out, timezone=timezone) as opened:
        terminal.status(f"replaying {cells.counted(len(tried), 'volume')} …")
        answer = question.answer(opened, scope(opened, since, until), hosted_on, steps, tried)
    out.show(BreakEvenView(answer))


def _volumes(words: str) -> tuple[float, ...]:
    from llmcost.bench_gpu.words import amount
    from llmcost.errors import UsageError

    found = [amount(word) for word in words.split(",")]
    amounts = sorted({value for value in found if value})
    if len(amounts) != len(found):
        raise UsageError(f"--volumes {words} is not a list of tokens a day", hint="for example 1M,10M,100M")
    return tuple(amounts)
