"""`llmcost serve`: the report's page on loopback."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmcost.commands import options

if TYPE_CHECKING:
    from llmcost.page.server import Pages


def serve(
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0 picks a free one.")
    ] = 9185,
    timezone: options.Timezone = None,
    db: options.Db = None,
) -> None:
    """Serve the report as a page to browsers on this machine; it refreshes as the store grows."""
    from llmcost.engine import store
    from llmcost.page import server
    from llmcost.render import terminal

    pages = pages_of(store.locate(db), timezone)
    pages.newest()  # an error about the store comes before anything listens
    with server.server(pages, port) as listening:
        terminal.status(f"The page is at http://{server.HOST}:{listening.server_address[1]}/ until Ctrl-C.")
        listening.serve_forever()


def pages_of(path: Path, timezone: str | None = None) -> "Pages":
    """The store's page, and a stamp that changes when the store does."""
    from llmcost import session
    from llmcost.page import html, server
    from llmcost.reports.scope import scope
    from llmcost.views import pages

    def make(stamp: str) -> tuple[str, str]:
        with session.reading(path, timezone) as opened:
            document = pages.report(opened, scope(opened)) | {"stamp": stamp}
        return html.page(document, live=True), html.as_json(document)

    return server.Pages(lambda: _stamp(path), make)


def _stamp(path: Path) -> str:
    """Changes when the store's file does, or its log of changes not yet in it."""
    from llmcost.engine import store

    found = [file.stat() for file in store.files(path)]
    return "-".join(f"{stat.st_mtime_ns:x}.{stat.st_size:x}" for stat in found)
