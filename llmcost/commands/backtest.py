"""`llmcost backtest`: how the replays predict what the log recorded."""

from llmcost.commands import options


def backtest(
    result_format: options.ResultFormat = options.Format.table,
    output: options.Output = None,
    db: options.Db = None,
) -> None:
    """Hold every replay against the truth in the log: predicted, range, actual and error, in all and by model."""
    from llmcost import session
    from llmcost.backtest import run
    from llmcost.engine import store
    from llmcost.render import terminal, text
    from llmcost.views import backtest as screen

    with session.reading(store.locate(db)) as opened:
        found = run.backtested(opened.arrow, "requests") or {}
    if result_format is options.Format.json:
        terminal.write(text.as_json(found), output)
    elif result_format is options.Format.table:
        terminal.show(screen.show(found), output)
    else:
        rows = screen.rows(found)
        write = text.as_csv if result_format is options.Format.csv else text.as_markdown
        terminal.write(write(rows, screen.COLUMNS), output)
