"""Logs read as they grow: what `ingest --follow` and `metrics --follow` share."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from llmcost.attribution import texts as stored_texts
from llmcost.attribution.texts import NO_TEXTS, Texts
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError, UsageError
from llmcost.ingest import new_store, run
from llmcost.ingest.run import AS_USUAL, Account, Progress, Reading

FOLLOW_SECONDS = 0.5
"""How often new lines are looked for, so that they are in the store a second after they were written."""


class Skipped:
    """Says which files are skipped and why, once as long as it is so."""

    def __init__(self, say: Callable[[str], None], said: Mapping[str, str] | None = None) -> None:
        self._say, self._said = say, dict(said or {})

    def tell(self, account: Account) -> None:
        """Says what this reading skipped and the one before it did not."""
        for path, why in account.skipped.items():
            if self._said.get(path) != why:
                self._say(f"skipped {path}: {why}")
        self._said = dict(account.skipped)


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


def poll(step: Callable[[], object], say: Callable[[str], None]) -> None:
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
