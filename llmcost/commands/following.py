"""Logs read as they grow: what `ingest --follow` and `metrics --follow` share."""

import signal
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from llmcost.attribution.texts import Texts
    from llmcost.engine.store import Store
    from llmcost.ingest.run import Account

FOLLOW_SECONDS = 2.0
"""How often new lines are looked for."""


def check(paths: list[str]) -> None:
    """Raises UsageError for standard input, which ends and does not grow."""
    from llmcost.errors import UsageError

    if "-" in paths:
        raise UsageError(
            "--follow takes files: standard input cannot be read again", hint="name the file, or leave --follow out"
        )


def read(
    path: "Path",
    paths: list[str],
    format_asked: str = "auto",
    assumed: dict[str, str] | None = None,
    texts: "Texts | None" = None,
    then: "Callable[[Store], None]" = lambda _: None,
) -> "Account":
    """Reads what is new under the paths into the store at `path`, and lets `then` look at the store."""
    from llmcost import attribution
    from llmcost.engine import store
    from llmcost.ingest import run as ingestion
    from llmcost.render import terminal

    with store.writing(path) as opened, terminal.byte_progress("reading") as (start, advance):
        progress = ingestion.Progress(start, advance)
        account = ingestion.ingest(opened, paths, format_asked, progress, assumed, texts or attribution.NO_TEXTS)
        then(opened)
        return account


def again_and_again(step: Callable[[], None]) -> None:
    """Does a step every FOLLOW_SECONDS until interrupted. What cannot be done now is said, once, and tried again."""
    from llmcost.errors import LlmcostError
    from llmcost.render import terminal

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    said = ""
    try:
        while True:
            time.sleep(FOLLOW_SECONDS)
            try:
                step()
                said = ""
            except LlmcostError as error:  # the store is being read, or a file was just moved away: look again
                if error.message != said:
                    terminal.status(error.message)
                said = error.message
    except KeyboardInterrupt:
        terminal.status("stopped")
