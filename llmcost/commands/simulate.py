"""`llmcost simulate`: what the logged traffic would have cost under what-ifs."""

from typing import Annotated, Any

import typer

from llmcost.commands import options


def simulate(
    what_if: Annotated[
        list[str] | None,
        typer.Option(
            "--what-if",
            metavar="NAME[:param=value,…]",
            help="A what-if with its parameters; repeat it to stack them in the order given. all: each alone, then the"
            " best stack.",
        ),
    ] = None,
    optimized: Annotated[
        bool,
        typer.Option("--optimize", help="Search the settings of these what-ifs, or all, for the cheapest stack."),
    ] = False,
    limit: Annotated[
        list[str] | None,
        typer.Option(
            "--limit",
            metavar="NAME=VALUE",
            help="With --optimize: truncated=1% of answers or added-latency-ms=500 at most, quality=0.95 at least;"
            " repeatable.",
        ),
    ] = None,
    stacks: Annotated[
        int | None,
        typer.Option("--stacks", metavar="N", min=1, help="With --optimize: stacks to try at most, else 200."),
    ] = None,
    by: Annotated[list[str] | None, typer.Option("--by", metavar="KEY", help="Savings by feature, model …")] = None,
    since: options.Since = None,
    until: options.Until = None,
    features: options.Features = None,
    models: options.Models = None,
    save: Annotated[
        str | None, typer.Option("--save", metavar="NAME", help="Keep it as a scenario, for report and compare.")
    ] = None,
    shown: Annotated[bool, typer.Option("--show-sql", help="Print the composed query instead of running it.")] = False,
    list_them: Annotated[bool, typer.Option("--list", help="List the what-ifs and their parameters.")] = False,
    result_format: options.PageResultFormat = options.PageFormat.table,
    output: options.Output = None,
    db: options.Db = None,
) -> None:
    """Replay the logged traffic under what-ifs, stacked in the order given."""
    from llmcost.render import terminal, text
    from llmcost.views import optimize as search_screen
    from llmcost.views import projection as stack_screen
    from llmcost.views import run_all as all_screen

    if list_them:
        from llmcost.engine import registry

        terminal.show(stack_screen.listed(list(registry.load("what_ifs").values())), output)
        return

    from llmcost import session
    from llmcost.backtest import run as backtest
    from llmcost.engine import store
    from llmcost.errors import UsageError
    from llmcost.reports.scope import scope
    from llmcost.what_ifs import projection, scenarios, show_sql
    from llmcost.what_ifs.engine import names
    from llmcost.what_ifs.engine.step import parse
    from llmcost.what_ifs.search import optimize, run_all

    words = what_if or []
    if not optimized and (limit or stacks):
        raise UsageError(f"{'--limit' if limit else '--stacks'} goes with --optimize", hint="add --optimize")
    bounds = optimize.limits(limit or ())
    if not words and not optimized:
        raise UsageError("no --what-if given", hint="see them with: llmcost simulate --list")
    takes_all = run_all.WORD in words and not optimized
    if (takes_all or optimized) and shown:
        raise UsageError("--show-sql shows one stack", hint="name its steps, one --what-if each")
    if save is not None:
        scenarios.check_name(save)
    searched = optimize.techniques(words) if optimized else []
    stack = [] if optimized else run_all.steps(words) if takes_all else [parse(word) for word in words]
    screen: Any = search_screen if optimized else all_screen if takes_all else stack_screen
    result: Any
    with session.reading(store.locate(db)) as opened:
        covered = scope(opened, since, until, features=features or (), models=models or ())
        names.check(opened, [*stack, *(step for options_of in searched for step in options_of)])
        if shown:
            terminal.write(show_sql.composed(opened, stack, covered) + "\n", output)
            return
        dimensions = options.words(by) or (("feature",) if result_format is options.PageFormat.html else ())
        if optimized:
            most = stacks or optimize.MOST_STACKS
            with terminal.step_progress("trying stacks") as advance:
                result = optimize.simulate(opened, searched, covered, bounds, dimensions, most, advance)
        else:
            result = (run_all if takes_all else projection).simulate(opened, stack, covered, dimensions)
        backtest.check(opened, getattr(result, "projection", result))
    if save is not None:
        stages = getattr(result, "projection", result).stages
        with store.writing(store.locate(db)) as opened:
            scenarios.save(opened, save, [stage.what_if for stage in stages], covered)
    if result_format is options.PageFormat.html:
        from llmcost.page import html
        from llmcost.views import pages

        terminal.write(html.page(pages.simulation(result)), output)
    elif result_format is options.PageFormat.json:
        terminal.write(text.as_json(screen.document(result)), output)
    elif result_format is options.PageFormat.table:
        terminal.show(screen.show(result), output)
    else:
        rows, columns = screen.rows(result)
        write = text.as_csv if result_format is options.PageFormat.csv else text.as_markdown
        terminal.write(write(rows, columns), output)
