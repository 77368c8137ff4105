"""`llmcost metrics`: the store's counters for Prometheus."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llmcost.commands import options, reading

if TYPE_CHECKING:
    from llmcost.engine.store import Store
    from llmcost.metrics.serving import Endpoint


def metrics(
    port: Annotated[
        int, typer.Option("--port", metavar="PORT", min=0, max=65535, help="Port to listen on; 0 picks a free one.")
    ] = 9184,
    host: Annotated[
        str,
        typer.Option("--host", metavar="ADDRESS", help="Address to listen on; the default serves this machine only."),
    ] = "127.0.0.1",
    follow: Annotated[
        list[str] | None,
        typer.Option("--follow", metavar="PATH", help="Also ingest these logs as they grow; repeatable."),
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="Write the metrics once, for the node exporter's textfile collector.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="With --once: write to this file instead of standard output."
        ),
    ] = None,
    db: options.Db = None,
) -> None:
    """Serve requests, cost, tokens, cache hits, durations and budgets to Prometheus."""
    from llmcost.engine import store
    from llmcost.errors import StoreInUseError, UsageError
    from llmcost.ingest import follow as following
    from llmcost.ingest.run import Reading
    from llmcost.ingest.watch import Watch
    from llmcost.render import terminal

    following.check(follow or [])
    if once and follow:
        raise UsageError("--once and --follow cannot be combined", hint="run llmcost ingest first, then --once")
    if output and not once:
        raise UsageError("-o needs --once", hint="without --once, metrics are served on --port")
    path = store.locate(db)
    endpoint = _endpoint(path)
    if once:
        out = options.output("table", output)
        with options.reading(db, out) as opened:
            endpoint.take(opened)
        out.write(endpoint.text())
        return

    watch = Watch(follow or (), path)
    skipped = following.Skipped(terminal.status)

    def read() -> None:
        how = Reading(pipes=False, strict=not watch.has_read)
        try:
            account = reading.read(path, follow or [], reading=how, then=endpoint.take)
        except StoreInUseError:
            endpoint.missed()
            raise
        skipped.tell(account)

    def step() -> None:
        if not follow or (not watch.read(read) and path.exists()):
            endpoint.look()

    def first(look: Callable[[], None]) -> None:
        try:
            look()
        except StoreInUseError as error:  # an ingest is running: later, then
            terminal.status(error.message)

    if path.exists() or not follow:
        first(endpoint.look)
    address = endpoint.start(host, port)
    if follow:
        first(step)
    terminal.status(f"metrics at {address}, until interrupted")
    following.poll(step, terminal.status)


def _endpoint(path: Path) -> "Endpoint":
    from llmcost.errors import LlmcostError

    try:
        import prometheus_client  # noqa: F401
    except ImportError:
        raise LlmcostError(
            "metrics need the package prometheus-client", hint="pip install 'llmcost-cli[metrics]'"
        ) from None
    from llmcost import session
    from llmcost.metrics.serving import Endpoint
    from llmcost.reports import budgets

    def now(opened: "Store") -> list[dict[str, Any]]:
        session.set_clock(opened)
        return budgets.now(opened)

    return Endpoint(path, now)
