"""The endpoint: answers scrapes from memory, and looks at the store when it has changed."""

import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from llmcost import __version__, config, web
from llmcost.engine import access, store
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError
from llmcost.metrics import exporter
from llmcost.web import Answer, Asked

BUDGET_SECONDS = 10.0
"""Budgets are looked at again so long after the last time, at the earliest: they read all requests of eight weeks."""

BUDGET_SHARE = 0.05
"""And rarely enough that this takes no more of the time."""


class Endpoint:
    """The metrics of one store. `budgets` gives a row for each budget and period, of an open store."""

    def __init__(self, path: Path, budgets: Callable[[Store], list[dict[str, Any]]]) -> None:
        self._path = path
        self._budgets = budgets
        self._exposed = exporter.Exposed(__version__)
        self._seen: tuple[int, ...] = ()  # what the store's files were like when last read
        self._budgets_of: tuple[object, ...] = ()  # what the budgets were computed from
        self._budgets_again_s = 0.0

    def start(self, host: str, port: int) -> str:
        """Answers scrapes from now on, in its own threads. The address; LlmcostError where it cannot listen."""
        try:
            server = web.server(self._answer, host, port)
        except (OSError, OverflowError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise LlmcostError(
                f"cannot listen at {host}:{port}: {why}", hint="name another port with --port; 0: a free one"
            ) from None
        threading.Thread(target=server.serve_forever, daemon=True).start()
        at = f"[{host}]" if ":" in host else host
        return f"http://{at}:{server.server_port}/metrics"

    def _answer(self, asked: Asked) -> Answer:
        if asked.path not in ("/", "/metrics"):
            return Answer(HTTPStatus.NOT_FOUND, web.TEXT, b"The metrics are at /metrics\n")
        kind, body = self._exposed.rendered(asked.accept)
        return Answer(HTTPStatus.OK, kind, body)

    def text(self) -> str:
        """What a scrape gets, in the text format."""
        return exporter.text(self._exposed)

    def look(self) -> None:
        """Takes over what the store holds, if it has changed. Raises LlmcostError where it cannot be read.

        What was taken before is exposed until it can, with `llmcost_store_readable` at 0.
        """
        files = self._files()
        if files == self._seen and self._exposed.readable and not self._budgets_due():
            return
        try:
            with access.reading(self._path) as opened:
                self.take(opened)
        except Exception:
            self.missed()
            raise
        self._seen = files

    def take(self, opened: Store) -> None:
        """Takes over what an open store holds."""
        counters = self._exposed.counters
        if counters is None or exporter.ingested_at_s(opened) != counters.ingested_at_s:
            self._exposed.counters = exporter.read(opened)
        self._exposed.readable = True
        if self._budgets_due():
            self._take_budgets(opened)

    def missed(self) -> None:
        """The store could not be opened: what is exposed is older than it should be."""
        self._exposed.readable = False

    def _take_budgets(self, opened: Store) -> None:
        begun_s = time.monotonic()
        self._budgets_of = self._budgets_rest_on()
        self._exposed.budgets = self._budgets(opened)
        took_s = time.monotonic() - begun_s
        self._budgets_again_s = begun_s + max(BUDGET_SECONDS, took_s / BUDGET_SHARE)

    def _budgets_due(self) -> bool:
        return self._budgets_rest_on() != self._budgets_of and time.monotonic() >= self._budgets_again_s

    def _budgets_rest_on(self) -> tuple[object, ...]:
        file = config.path()
        counters = self._exposed.counters
        return (file and file.stat().st_mtime_ns, counters and counters.ingested_at_s)

    def _files(self) -> tuple[int, ...]:
        """Changes when the store does: its size and time, and those of its log of changes not yet in it."""
        found: list[int] = []
        for file in store.files(self._path):
            state = file.stat()
            found += (state.st_size, state.st_mtime_ns)
        return tuple(found)
