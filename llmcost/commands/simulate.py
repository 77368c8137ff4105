"""`llmcost simulate`: what the logged traffic would have cost under what-ifs."""

from pathlib import Path
from typing import Annotated

import typer

from llmcost.commands import completion, options
from llmcost.reports.filters import NO_FILTERS, Filters


@options.filtered
@options.sourced
def simulate(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="With --list: a what-if.")] = None,
    what_if: Annotated[
        list[str] | None,
        typer.Option(
            "--what-if",
            metavar="NAME[:param=value,…]",
            help="A what-if with its parameters; repeat to stack them in order. all: each alone, then the best stack of"
            " those that leave answers as they are.",
            autocompletion=completion.what_ifs,
        ),
    ] = None,
    optimized: Annotated[
        bool,
        typer.Option(
            "--optimize",
            help="Search these what-ifs, or all that leave answers as they are, and their settings for the cheapest"
            " stack.",
        ),
    ] = False,
    changed_answers: Annotated[
        bool,
        typer.Option(
            "--allow-changed-answers",
            help="With all and --optimize: stack what may change answers too, such as other models and caps.",
        ),
    ] = False,
    limit: Annotated[
        list[str] | None,
        typer.Option(
            "--limit",
            metavar="NAME=VALUE",
            help="With --optimize: truncated=1% (of answers, at most), added-latency-ms=500 (at most), quality=0.95 (at"
            " least); repeatable.",
        ),
    ] = None,
    stacks: Annotated[
        int | None,
        typer.Option(
            "--stacks", metavar="N", min=1, help="With --optimize: try at most this many stacks. Default: 200."
        ),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by", metavar="KEY", help="Savings by a key, as for report --by.", autocompletion=completion.keys
        ),
    ] = None,
    since: options.Since = None,
    until: options.Until = None,
    filters: Filters = NO_FILTERS,
    sampled: Annotated[
        int | None,
        typer.Option(
            "--sample-hits",
            metavar="N",
            min=1,
            max=100_000,
            help="Write N pairs of prompts that semantic-caching would treat as one, to be labelled, as CSV.",
        ),
    ] = None,
    save: Annotated[
        str | None, typer.Option("--save", metavar="NAME", help="Save it as a scenario for report and compare.")
    ] = None,
    planned: Annotated[
        Path | None,
        typer.Option(
            "--plan",
            metavar="FILE",
            help="Also write a plan as Markdown: what to do first, what to set, at which risk.",
        ),
    ] = None,
    shown: Annotated[bool, typer.Option("--show-sql", help="Print the SQL instead of running it.")] = False,
    list_them: Annotated[
        bool, typer.Option("--list", help="List the what-ifs; --list NAME: its parameters and assumptions.")
    ] = False,
    timezone: options.Timezone = None,
    provenance_shown: options.Provenance = False,
    details: options.Details = False,
    result_format: options.PageResultFormat = options.PageFormat.table,
    output: options.Output = None,
    source: options.Source = options.STORE,
) -> None:
    """Replay the logged traffic under what-ifs, stacked in the order given."""
    from llmcost.errors import UsageError

    out = options.output(result_format, output, details=details)
    if list_them:
        from llmcost.engine import registry
        from llmcost.views.what_ifs import WhatIfsView

        known = registry.load("what_ifs")
        out.show(WhatIfsView([registry.find("what_ifs", name.replace("_", "-"))] if name else list(known.values())))
        return
    if name is not None:
        raise UsageError(f"{name} is not an option", hint=f"for example: llmcost simulate --what-if {name}")

    from llmcost.engine import access, store
    from llmcost.library.ask import simulate as ask
    from llmcost.render import terminal
    from llmcost.reports.scope import scope
    from llmcost.views import plan
    from llmcost.views.hit_sample import HitSampleView
    from llmcost.what_ifs import hit_sample, scenarios, show_sql
    from llmcost.what_ifs.engine.step import parse
    from llmcost.what_ifs.search import optimize, run_all

    words = what_if or []
    if not optimized and (limit or stacks):
        raise UsageError(f"{'--limit' if limit else '--stacks'} needs --optimize", hint="add --optimize")
    bounds = optimize.limits(limit or ())
    if not words and not optimized:
        raise UsageError("no what-if given", hint="add --what-if NAME; list them with: llmcost simulate --list")
    if changed_answers and not (optimized or run_all.WORD in words):
        raise UsageError(
            "--allow-changed-answers needs --optimize or --what-if all",
            hint="a stack may hold any what-if: leave it out",
        )
    takes_all = run_all.WORD in words and not optimized
    if (takes_all or optimized) and shown:
        raise UsageError("--show-sql needs one stack", hint="name its steps, each with --what-if")
    if sampled and (takes_all or optimized or shown or save):
        raise UsageError("--sample-hits needs one stack and nothing else", hint="leave the other option out")
    if planned is not None and (shown or sampled):
        raise UsageError("--plan needs a simulation", hint="leave out --show-sql and --sample-hits")
    plans = [options.output(options.Format.markdown, planned)] if planned is not None else []
    if save is not None:
        if source.lake is not None:
            raise UsageError("--save keeps a scenario in a store", hint="leave out --save or --lake")
        scenarios.check(save)
    space = optimize.space(words if optimized else (), changed_answers=changed_answers)
    asked = run_all.asked(words if takes_all else (), changed_answers=changed_answers)
    stack = [] if optimized or takes_all else [parse(word) for word in words]
    if optimized:
        every = [step for settings in space.techniques for step in settings]
    else:
        every = asked.steps if takes_all else stack
    whole = out.is_whole or bool(plans)  # a plan names each prompt's cheapest cache
    read = [file for step in every for file in step.files]
    with options.reading(source, out, also=read, timezone=timezone, others=plans, asked="simulate") as opened:
        covered = scope(opened, since, until, filters=filters)
        dimensions = options.words(by) or (("feature",) if result_format is options.PageFormat.html else ())
        if sampled:
            ask.prepared(opened, stack, dimensions)
            pairs = hit_sample.sample(opened, stack, covered, sampled)
        elif shown:
            ask.checked(opened, stack, dimensions)
            composed = show_sql.composed(opened, stack, covered)
        elif optimized:
            with terminal.step_progress("trying stacks") as advance:
                view: ask.Simulated = ask.optimize(
                    opened, space, covered, bounds, dimensions, stacks, advance,
                    whole=whole, shown=provenance_shown,
                )  # fmt: skip
        elif takes_all:
            view = ask.every(opened, asked, covered, dimensions, whole=whole, shown=provenance_shown)
        else:
            view = ask.simulate(opened, stack, covered, dimensions, whole=whole, shown=provenance_shown)
    if source.lake is None and not shown:
        ask.keep_vectors(store.locate(source.db), every)
    if sampled:
        options.output(options.Format.csv, output).show(HitSampleView(pairs))
        return
    if shown:
        out.write(composed + "\n")
        return
    if save is not None:
        with access.writing(store.locate(source.db)) as opened:
            scenarios.save(opened, save, [stage.what_if for stage in view.simulated.stages], covered)
    for written in plans:
        written.write(plan.markdown(view.simulated))
    out.show(view)
