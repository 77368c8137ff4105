"""Runs the command line inside the test's process: what it prints, and how it ends."""

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

from llmcost import cli
from llmcost.render.formats import Format
from llmcost.render.output import Output
from llmcost.render.view import View


@dataclass
class Done:
    """A finished command."""

    returncode: int
    stdout: str
    stderr: str


def llmcost(*words: str | Path, cwd: Path, stdin: str = "", **environment: str) -> Done:
    """Runs `llmcost WORDS…` in a folder, with $LLMCOST_DB unset unless given."""
    out, err = io.StringIO(), io.StringIO()
    settings = {name: value for name, value in os.environ.items() if name != "LLMCOST_DB"} | environment
    entered = io.TextIOWrapper(io.BytesIO(stdin.encode()))
    with (
        contextlib.chdir(cwd),
        mock.patch.dict(os.environ, settings, clear=True),
        mock.patch.object(sys, "argv", ["llmcost", *map(str, words)]),
        mock.patch.object(sys, "stdin", entered),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            cli.main()
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        else:
            status = 0
    return Done(status, out.getvalue(), err.getvalue())


_AS_NOBODY = (
    "import contextlib, os, shutil, sys; from llmcost import cli\n"
    "words = sys.argv\n"
    "if os.path.exists('llmcost.duckdb'):\n"
    "    shutil.copy('llmcost.duckdb', 'copy.duckdb')\n"
    "for db in ('nowhere/no.duckdb', 'copy.duckdb'):\n"
    "    sys.argv = [*words, '--db', db]\n"
    "    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(sys.stderr):\n"
    "        cli.main()  # imports what nobody else may be allowed to read\n"
    "print('\\n', file=sys.stderr)\n"
    "sys.argv = words\n"
    "os.setuid(65534); cli.main()"
)


def as_nobody(*words: str | Path, cwd: Path) -> Done:
    """Runs `llmcost WORDS…` as this user, and again in the same process as one without rights. What the second does.

    Only the superuser may. It has to be able to enter the folder.
    """
    command = [sys.executable, "-c", _AS_NOBODY, *map(str, words)]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)
    return Done(done.returncode, done.stdout, done.stderr.rpartition("\n\n")[2])


def in_formats(*words: str | Path, formats: tuple[str, ...], cwd: Path) -> tuple[Done, Mapping[str, str]]:
    """Runs `llmcost WORDS…` once, and what it prints in each of the formats; nothing where it fails.

    For options that do not depend on the format.
    """
    written: dict[str, str] = {}
    show = Output.show

    def each(self: Output, view: View) -> None:
        for name in formats:
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                show(replace(self, format=Format(name)), view)
            written[name] = out.getvalue()

    with mock.patch.object(Output, "show", each):
        return llmcost(*words, "--format", "json", cwd=cwd), written  # a table may leave out work that JSON shows
