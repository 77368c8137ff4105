"""`llmcost compare`: two scenarios side by side."""

from typing import Annotated

import typer

from llmcost.commands import options


def compare(
    scenarios: Annotated[
        list[str] | None,
        typer.Argument(metavar="[A [B]]", help="Scenarios kept with simulate --save; logged is the traffic as it was."),
    ] = None,
    by: Annotated[
        list[str] | None, typer.Option("--by", metavar="KEY", help="feature, unless said; or model …")
    ] = None,
    result_format: options.ResultFormat = options.Format.table,
    output: options.Output = None,
    db: options.Db = None,
) -> None:
    """Lay two scenarios side by side: one alone beside the log, none lists those there are."""
    from llmcost import session
    from llmcost.engine import store
    from llmcost.errors import UsageError
    from llmcost.render import terminal, text
    from llmcost.views import compare as screen
    from llmcost.what_ifs import scenarios as kept

    names = scenarios or []
    if len(names) > 2:
        raise UsageError("compare takes two scenarios", hint="like: llmcost compare logged cheap")
    with session.reading(store.locate(db)) as opened:
        if not names:
            terminal.show(screen.show_list(kept.listed(opened)), output)
            return
        first, second = names if len(names) == 2 else (kept.LOGGED, names[0])
        found = kept.compare(opened, first, second, options.words(by) or ("feature",))
    if result_format is options.Format.json:
        terminal.write(text.as_json(screen.document(found)), output)
    elif result_format is options.Format.table:
        terminal.show(screen.show(found), output)
    else:
        write = text.as_csv if result_format is options.Format.csv else text.as_markdown
        terminal.write(write(*screen.rows(found)), output)
