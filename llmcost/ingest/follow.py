"""Logs read as they grow: what `ingest --follow` and `metrics --follow` share."""

import time
from collections.abc import Callable
from pathlib import Path

from llmcost.attribution import texts as stored_texts
from llmcost.attribution.texts import NO_TEXTS, Texts
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError, UsageError
from llmcost.ingest import new_store, run
from llmcost.ingest.run import AS_USUAL, Account, Progress, Reading

FOLLOW_SECONDS = 2.0
"""How often new lines are looked for."""


def check(paths: list[str]) -> None:
    """Raises UsageError for standard input and pipes, which end and do not grow."""
    for path in paths:
        if path == "-" or Path(path).is_fifo():
            name = "standard input" if path == "-" else path
            raise UsageError(
                f"--follow takes files: {name} cannot be read again", hint="name the file, or leave --follow out"
            )


def read(
    path: Path,
    paths: list[str],
    format_asked: str = "auto",
    progress: Progress | None = None,
    assumed: dict[str, str] | None = None,
    texts: Texts = NO_TEXTS,
    then: Callable[[Store], None] = lambda _: None,
    reading: Reading = AS_USUAL,
) -> Account:
    """Reads what is new under the paths into the store at `path`, and lets `then` look at the store.

    A store that was not there before and that nothing was read into is not left behind.
    """
    with new_store.writing(path) as opened:
        account = run.ingest(opened, paths, format_asked, progress, assumed, texts, reading)
        then(opened)
        is_to_be_rewritten = stored_texts.is_to_be_rewritten(opened)
    if is_to_be_rewritten:
        stored_texts.rewrite(path)
    return account


def poll(step: Callable[[], None], say: Callable[[str], None]) -> None:
    """Does a step every FOLLOW_SECONDS until a signal. What cannot be done now is said once, and tried again."""
    said = ""
    while True:
        time.sleep(FOLLOW_SECONDS)
        try:
            step()
            said = ""
        except (LlmcostError, OSError) as error:  # the store is being read, or a file was just moved away
            message = error.message if isinstance(error, LlmcostError) else f"{error.filename}: {error.strerror}"
            if message != said:
                say(message)
            said = message
