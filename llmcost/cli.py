"""The command line: registers every command and reports every error in one line."""

import errno
import os
import sys
from typing import Annotated

import typer

from llmcost import process
from llmcost.commands import bash
from llmcost.commands.audit import audit
from llmcost.commands.backtest import backtest
from llmcost.commands.bench_gpu import bench_gpu
from llmcost.commands.break_even import break_even
from llmcost.commands.budget import budget
from llmcost.commands.calibrate import calibrate
from llmcost.commands.compare import compare
from llmcost.commands.explain import explain
from llmcost.commands.export import export
from llmcost.commands.ingest import ingest
from llmcost.commands.judge import judge
from llmcost.commands.merge import merge
from llmcost.commands.metrics import metrics
from llmcost.commands.prices import prices
from llmcost.commands.probe import probe
from llmcost.commands.rejects import rejects
from llmcost.commands.repair import repair
from llmcost.commands.report import report
from llmcost.commands.serve import serve
from llmcost.commands.simulate import simulate
from llmcost.commands.verify import verify
from llmcost.errors import LlmcostError, UsageError

app = typer.Typer(
    name="llmcost",
    help="See where your LLM money goes and what would cut it, from the request logs you already have.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    ingest,
    merge,
    report,
    explain,
    serve,
    simulate,
    compare,
    verify,
    audit,
    budget,
    export,
    metrics,
    prices,
    probe,
    judge,
    rejects,
    repair,
    backtest,
    bench_gpu,
    calibrate,
    break_even,
):
    app.command()(command)


def _version(asked: bool) -> None:
    if asked:
        from llmcost import __version__

        typer.echo(f"llmcost {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None: ...


def _fail_usage(error: typer.TyperException) -> None:
    """Reports wrong usage like every other error."""
    from llmcost.render import terminal

    message = error.format_message().replace("Value error, ", "").rstrip(".")
    if message:  # none where the help was shown instead
        command = getattr(getattr(error, "ctx", None), "command_path", app.info.name)
        terminal.fail(message, f"see `{command} --help`")


def _fail_system(error: OSError) -> None:
    """Reports a file that cannot be read or written; standard output has no name."""
    from llmcost.render import terminal

    full = error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
    terminal.fail(
        f"{error.filename or 'standard output'}: {error.strerror or error}",
        "make room on the disk, or write to another disk" if full else "LLMCOST_DEBUG=1 shows the traceback",
    )
    try:
        sys.stdout.flush()
    except OSError:
        _give_up_stdout()


def _give_up_stdout() -> None:
    """Keeps Python from writing there again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main() -> None:
    """Runs the command line. Exit status: 0 done, 1 cannot be done, 2 wrong usage, 130 and 143 ended by a signal."""
    try:
        with process.ending_on_signals():
            with bash.completing():
                status = app(prog_name="llmcost", standalone_mode=False)
            sys.stdout.flush()  # an error in writing is reported here
        sys.exit(status)
    except LlmcostError as error:
        from llmcost.render import terminal

        terminal.fail(error.message, error.hint)
        sys.exit(2 if isinstance(error, UsageError) else 1)
    except typer.TyperException as error:
        _fail_usage(error)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        _give_up_stdout()  # the reader is gone: end quietly
        sys.exit(141)
    except OSError as error:
        if os.environ.get("LLMCOST_DEBUG"):
            raise
        _fail_system(error)
        sys.exit(1)
    except Exception as error:
        if os.environ.get("LLMCOST_DEBUG"):
            raise
        from llmcost.render import terminal

        line = str(error).strip().partition("\n")[0]
        terminal.fail(
            f"{type(error).__name__}: {line}",
            "this is a bug: please report it with the traceback that LLMCOST_DEBUG=1 shows",
        )
        sys.exit(1)
