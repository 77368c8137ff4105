"""Logs read by a command, with a progress bar."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from llmcost.attribution.texts import Texts
    from llmcost.engine.store import Store
    from llmcost.ingest.run import Account, Reading


def read(
    path: "Path",
    paths: list[str],
    format_asked: str = "auto",
    assumed: "Mapping[str, str] | None" = None,
    texts: "Texts | None" = None,
    reading: "Reading | None" = None,
    then: "Callable[[Store], None]" = lambda _: None,
) -> "Account":
    """Reads what is new under `paths` into the store at `path`, as `ingest.follow.read` does."""
    from llmcost.attribution.texts import NO_TEXTS
    from llmcost.ingest import follow
    from llmcost.ingest.run import AS_USUAL, Progress
    from llmcost.render import terminal

    with terminal.byte_progress("reading") as (start, advance):
        return follow.read(
            path, paths, format_asked, Progress(start, advance), dict(assumed or {}), texts or NO_TEXTS, then,
            reading or AS_USUAL,
        )  # fmt: skip


def first(db: "Path | None", paths: list[str] | None) -> None:
    """Reads what is new under the paths, where a command names any, before it reads the store. What came of it is said
    on stderr."""
    if not paths:
        return
    from llmcost.engine import store
    from llmcost.render import terminal
    from llmcost.views import account

    path = store.locate(db)
    terminal.status(account.brief(read(path, paths), path))
