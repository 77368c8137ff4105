"""Runs the command line inside the test's process: what it prints, and how it ends."""

import contextlib
import io
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from llmcost import cli


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
