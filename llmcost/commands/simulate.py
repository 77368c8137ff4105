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
    show_sql: Annotated[
        bool, typer.Option("--show-sql", help="Print the composed query instead of running it.")
    ] = False,
    list_them: Annotated[bool, typer.Option("--list", help="List the what-ifs and their parameters.")] = False,
    result_format: options.PageResultFormat = options.PageFormat.table,
    output: options.Output = None,
    db: options.Db = None,
) -> None:
    """Replay the logged traffic under what-ifs, stacked in the order given."""
    from llmcost.render import terminal, text
    from llmcost.screens import everything as all_screen
    from llmcost.screens import optimize as search_screen
    from llmcost.screens import projection as stack_screen

    if list_them:
        from llmcost import registry

        terminal.show(stack_screen.listed(list(registry.load("what_ifs").values())), output)
        return

    from llmcost import price_book, reports, scenarios, store, what_ifs
    from llmcost.errors import UsageError
    from llmcost.what_ifs import everything, names, optimize, shown

    words = what_if or []
    if not optimized and (limit or stacks):
        raise UsageError(f"{'--limit' if limit else '--stacks'} goes with --optimize", hint="add --optimize")
    bounds = optimize.limits(limit or ())
    if not words and not optimized:
        raise UsageError("no --what-if given", hint="see them with: llmcost simulate --list")
    takes_all = everything.WORD in words and not optimized
    if (takes_all or optimized) and show_sql:
        raise UsageError("--show-sql shows one stack", hint="name its steps, one --what-if each")
    if save is not None:
        scenarios.check_name(save)
    searched = optimize.techniques(words) if optimized else []
    stack = [] if optimized else everything.steps(words) if takes_all else [what_ifs.parse(word) for word in words]
    screen: Any = search_screen if optimized else all_screen if takes_all else stack_screen
    result: Any
    with price_book.reading(store.locate(db)) as opened:
        covered = reports.scope(opened, since, until, features=features or (), models=models or ())
        names.check(opened, [*stack, *(step for options_of in searched for step in options_of)])
        if show_sql:
            terminal.write(shown.composed(opened, stack, covered) + "\n", output)
            return
        dimensions = options.words(by) or (("feature",) if result_format is options.PageFormat.html else ())
        if optimized:
            most = stacks or optimize.MOST_STACKS
            with terminal.step_progress("trying stacks") as advance:
                result = optimize.simulate(opened, searched, covered, bounds, dimensions, most, advance)
        else:
            result = (everything if takes_all else what_ifs).simulate(opened, stack, covered, dimensions)
    if save is not None:
        stages = getattr(result, "projection", result).stages
        with store.writing(store.locate(db)) as opened:
            scenarios.save(opened, save, [stage.what_if for stage in stages], covered)
    if result_format is options.PageFormat.html:
        from llmcost.render import page
        from llmcost.screens import page as pages

        terminal.write(page.page(pages.simulation(result)), output)
    elif result_format is options.PageFormat.json:
        terminal.write(text.as_json(screen.document(result)), output)
    elif result_format is options.PageFormat.table:
        terminal.show(screen.show(result), output)
    else:
        rows, columns = screen.rows(result)
        write = text.as_csv if result_format is options.PageFormat.csv else text.as_markdown
        terminal.write(write(rows, columns), output)
