"""`llmcost calibrate`: iteration times of a GPU server, fitted to measurements."""

from pathlib import Path
from typing import Annotated

import typer

from llmcost.commands import options


def calibrate(
    run: Annotated[
        Path | None,
        typer.Argument(
            metavar="[RUN]", help="A server's own record of a run, one request a line. Default: what bench-gpu stored."
        ),
    ] = None,
    settings: Annotated[
        Path | None,
        typer.Option(
            "--settings", metavar="FILE", help="The run's server settings. Default: the JSON file next to it."
        ),
    ] = None,
    first: Annotated[
        int | None,
        typer.Option("--first", min=1, metavar="N", help="Fit to the first N requests of the run only."),
    ] = None,
    kv_blocks: Annotated[
        int | None,
        typer.Option(
            "--kv-blocks",
            min=2,
            metavar="N",
            help="Blocks of cache in each copy of the server. Default: as recorded, else by its GPU and model.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the calibration without writing llmcost.toml.")
    ] = False,
    result_format: options.ResultFormat = options.Format.table,
    output: options.Output = None,
    db: options.Db = None,
) -> None:
    """Fit the replay of self-hosting to measurements, show its errors, and save it in llmcost.toml."""
    from llmcost.errors import UsageError
    from llmcost.render import terminal
    from llmcost.reports import measurements
    from llmcost.self_hosting import calibrate as calibrate_run
    from llmcost.self_hosting import calibrations, catalogue, fitted, recorded
    from llmcost.views.calibrate import CalibrateView

    out = options.output(result_format, output)
    known = catalogue.load()
    if run is None:
        if settings is not None or first is not None or kv_blocks is not None:
            said = "--settings, --first and --kv-blocks need a recorded run"
            raise UsageError(said, hint="llmcost calibrate RUN …")
        with options.reading(db, out) as opened:
            rows = measurements.saved(opened)
        terminal.status("fitting to what bench-gpu stored …")
        found, refused = fitted.from_measurements(rows, known)
    else:
        server = settings or recorded.settings_next_to(run)
        out.spare([run, server])
        recording = recorded.read(run, server, kv_blocks)
        if recording.engine is None and (blocks := calibrate_run.kv_blocks_of(recording, known)):
            recording = recorded.read(run, server, blocks)
            terminal.status(
                f"the run does not say how many KV blocks its server had: {blocks:,} are computed from its GPU's memory"
                " and its weights"
            )
        terminal.status(f"fitting to {len(recording):,} recorded requests …")
        found, refused = [fitted.from_run(recording, known, first)], []
    kept = None
    if not dry_run:
        for one in found:
            kept = calibrations.save(one.calibration)
    out.show(CalibrateView(found, refused, kept))
