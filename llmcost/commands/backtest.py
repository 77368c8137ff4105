"""`llmcost backtest`: how well the replays predict what the log recorded."""

from llmcost.commands import options


@options.sourced
def backtest(
    details: options.Details = False,
    result_format: options.ResultFormat = options.Format.table,
    output: options.Output = None,
    source: options.Source = options.STORE,
) -> None:
    """Compare what the replays predict with what the log recorded: predicted, range, actual and error."""
    from llmcost.library.ask import backtest as ask

    out = options.output(result_format, output, details=details)
    with options.reading(source, out, asked="backtest") as opened:
        view = ask.backtest(opened)
    out.show(view)
