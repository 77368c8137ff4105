"""`llmcost backtest`: how the replays predict what the log recorded."""

from llmcost.commands import options


def backtest(
    result_format: options.ResultFormat = options.Format.table,
    output: options.Output = None,
    db: options.Db = None,
) -> None:
    """Hold every replay against the truth in the log: predicted, range, actual and error, in all and by model."""
    from llmcost.backtest import run
    from llmcost.views.backtest import BacktestView

    out = options.output(result_format, output)
    with options.reading(db, out) as opened:
        found = run.backtested(opened.arrow, "requests") or {}
    out.show(BacktestView(found))
