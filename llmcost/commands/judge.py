"""`llmcost judge`: has a model judge pairs of prompts that a semantic cache would treat as one."""

from pathlib import Path
from typing import Annotated

import typer

from llmcost.commands import sending

_BASE_URL = "https://api.anthropic.com"


def judge(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Pairs from simulate --sample-hits, as CSV.")],
    model: Annotated[str, typer.Option("--model", metavar="NAME", help="The model that judges, of Anthropic's API.")],
    batch: Annotated[bool, typer.Option("--batch", help="Ask by the Batch API, at its price.")] = False,
    base_url: Annotated[
        str | None,
        typer.Option("--base-url", metavar="URL", help="A server that speaks Anthropic's API. Default: Anthropic's."),
    ] = None,
    api_key_env: Annotated[
        str, typer.Option("--api-key-env", metavar="NAME", help="The variable that holds the API key.")
    ] = "ANTHROPIC_API_KEY",
    yes: Annotated[bool, typer.Option("--yes", help="Send the questions without asking.")] = False,
) -> None:
    """Have a model judge which pairs of prompts may share an answer. It sends their texts, which costs money."""
    from llmcost.engine import store
    from llmcost.judging import client, pairs
    from llmcost.judging import judge as judging
    from llmcost.prices import book, ceiling
    from llmcost.render import cells, terminal

    url = sending.address(base_url or _BASE_URL, _BASE_URL)
    found = pairs.read(file)
    rows = found.unanswered(model)
    if not rows:
        terminal.status(f"{model} has judged every pair of {file}; nothing was sent")
        return
    with store.in_memory() as opened:
        provider, billed = book.resolve(opened, f"anthropic/{model}")
        usd = ceiling.most_usd(
            opened, provider, billed, judging.prompt_tokens(rows), len(rows) * judging.OUTPUT_TOKENS, in_batch=batch
        )
    terminal.status(f"{cells.counted(len(rows), 'pair')} of prompts, with their texts, to {url}, about ${usd:.4f}")
    key = sending.agreed_key(api_key_env, yes=yes)
    api = client.client(url, key)
    with terminal.step_progress("judging") as advance:
        if batch:
            ticket = file.with_name(f"{file.name}.batch")
            for number, words in client.in_batch(api, model, [judging.question(row) for row in rows], ticket):
                judging.keep(rows[number], model, words)
            found.save()
        else:
            for done in judging.one_by_one(found, model, client.asking(api, model)):
                advance(done, len(rows))
    left = len(found.unanswered(model))
    said = f"; {left:,} got no answer that is 1 or 0" if left else ""
    terminal.status(
        f"{model} has judged {cells.counted(len(rows) - left, 'pair')}{said}. Label some yourself to measure its"
        f" errors, then: llmcost simulate --what-if semantic-caching:labels={file}"
    )
