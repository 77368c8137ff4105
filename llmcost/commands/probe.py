"""`llmcost probe`: measures a provider's prompt cache with a handful of requests."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from llmcost.commands import options, sending

_BASE_URLS = {"openai": "https://api.openai.com/v1"}


def probe(
    provider: Annotated[str, typer.Option("--provider", metavar="NAME", help="As the price table names it: openai.")],
    model: Annotated[str, typer.Option("--model", metavar="NAME", help="The model whose cache is measured.")],
    base_url: Annotated[
        str | None,
        typer.Option("--base-url", metavar="URL", help="A server that speaks OpenAI's API. Default: the provider's."),
    ] = None,
    api_key_env: Annotated[
        str, typer.Option("--api-key-env", metavar="NAME", help="The variable that holds the API key.")
    ] = "OPENAI_API_KEY",
    gaps: Annotated[
        str, typer.Option("--gaps", metavar="SECONDS,…", help="After how long a prompt is sent again.")
    ] = "60,400",
    yes: Annotated[bool, typer.Option("--yes", help="Send the requests without asking.")] = False,
    result_format: options.ResultFormat = options.Format.table,
    output: options.Output = None,
) -> None:
    """Measure a model's prompt cache: shortest prompt, step, life and keys. It sends requests, which cost money."""
    from llmcost.engine import store
    from llmcost.errors import UsageError
    from llmcost.prices import book, cache_rules, own_rules, probe, probe_client
    from llmcost.render import terminal
    from llmcost.views.probe import ProbeView

    url = base_url or _BASE_URLS.get(provider)
    if url is None:
        raise UsageError(f"the address of {provider} is not known", hint="name it with --base-url")
    sending.address(url, _BASE_URLS["openai"])
    planned = probe.plan(_seconds(gaps))
    out = options.output(result_format, output)
    with store.in_memory() as opened:
        billed_by, billed = book.resolve(opened, f"{provider}/{model}")
        usd = probe.most_usd(opened, planned, billed_by, billed)
    terminal.status(
        f"{planned.requests} requests with {planned.prompt_tokens:,} tokens in all to {url}, at most ${usd:.4f}, in"
        f" about {planned.seconds:,.0f} seconds"
    )
    key = sending.agreed_key(api_key_env, yes=yes)
    found = probe.measured(planned, probe_client.asking(url, key, model))
    today = date.today()
    rule = probe.rule(found, cache_rules.rule_of(billed_by, billed, today), billed_by or provider, billed, today)
    file: Path | None = own_rules.add(rule) if found.is_known else None
    out.show(ProbeView(billed_by, billed, found, rule, file))


def _seconds(gaps: str) -> list[float]:
    from llmcost import numerals
    from llmcost.errors import UsageError

    try:
        found = [numerals.read(word, float) for word in gaps.split(",") if word.strip()]
    except ValueError:
        found = []
    if not found or len(found) > 6 or not all(0 < gap <= 86400 for gap in found):
        raise UsageError(f"--gaps {gaps} is not a list of seconds", hint="one to six, each at most a day, like 60,400")
    return found
